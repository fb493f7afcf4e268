"""What becomes /opt: the trees of several layers laid over each other, made once for each combination.

A combination is a sequence of packages of the code store, later ones over earlier ones. Its tree shares the
bytes of theirs (hard links), is never changed once it is in place, and can be made again at any time.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from weakref import WeakValueDictionary

from lambent.model.errors import PlatformError
from lambent.model.function import FunctionVersion
from lambent.store.code import CodeStore
from lambent.store.scratch import Scratch
from lambent.store.unpack import sync_file_system


class LayerTrees:
    """Trees below `root`/layers, and scratch in `root`/tmp. All work on files is done in threads."""

    def __init__(self, root: Path, code: CodeStore) -> None:
        self._code = code
        self._trees = root / "layers"
        self._scratch = Scratch(root / "tmp", "merge-")
        self._merging: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def tree_of(self, function: FunctionVersion) -> Path | None:
        """What is to be a function's /opt; None if it has no layers. Raises BadPackage and PlatformError."""
        digests = [layer.code.digest for layer in function.layers if not layer.built_in]
        return await self.ensure_tree(digests) if digests else None

    async def ensure_tree(self, digests: Sequence[str]) -> Path:
        """The tree of a combination of one or more packages. Raises BadPackage and PlatformError."""
        if len(digests) == 1:
            return await self._code.ensure_tree(digests[0])
        tree = self._trees / combination(digests)
        if tree.is_dir():
            return tree
        async with self._merging.setdefault(tree.name, asyncio.Lock()):
            if not tree.is_dir():
                parts = [await self._code.ensure_tree(digest) for digest in digests]
                await asyncio.to_thread(self._merge, parts, tree)
        return tree

    async def sweep(self, live: Collection[Sequence[str]]) -> None:
        """Delete the trees of all other combinations, and what a killed process left half-made.

        Never while an environment has one of them as /opt.
        """
        await asyncio.to_thread(self._sweep, {combination(digests) for digests in live})

    def _merge(self, parts: Sequence[Path], tree: Path) -> None:
        try:
            with self._scratch.place() as place:
                merge(parts, place)
                # After a power failure a tree that is in place must be whole.
                sync_file_system(place)
                tree.parent.mkdir(parents=True, exist_ok=True)
                place.rename(tree)
        except OSError as error:
            raise PlatformError(f"cannot merge layers into {tree.name}: {error}") from error

    def _sweep(self, live: set[str]) -> None:
        try:
            for tree in self._trees.glob("?" * 64):
                if tree.name not in live:
                    # Moved away first: half a tree must never be found in its place.
                    with self._scratch.place() as place:
                        tree.rename(place)
        except OSError as error:
            raise PlatformError(f"cannot remove merged layers: {error}") from error
        self._scratch.clear()


def combination(digests: Sequence[str]) -> str:
    """The name of a combination: 64 hex digits; the order counts."""
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def merge(parts: Sequence[Path], into: Path) -> None:
    """Make the directory `into`: `parts` over each other, the last uppermost. Raises OSError.

    Only directories are merged. Anything else replaces what was in its place, and no link is ever followed:
    a layer cannot write through one that another brought.
    """
    into.mkdir()
    into.chmod(0o755)
    for part in parts:
        _lay_over(part, into)


def _lay_over(part: Path, into: Path) -> None:
    with os.scandir(part) as entries:
        for entry in entries:
            place = into / entry.name
            if not entry.is_dir(follow_symlinks=False):
                _clear(place)
                _share(entry, place)
                continue
            if place.is_symlink() or not place.is_dir():
                _clear(place)
                place.mkdir()
                place.chmod(0o755)
            _lay_over(Path(entry.path), place)


def _clear(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _share(entry: os.DirEntry[str], place: Path) -> None:
    try:
        os.link(entry.path, place, follow_symlinks=False)
    except OSError:
        # Another file system, or more links than this one keeps for one file.
        shutil.copy2(entry.path, place, follow_symlinks=False)
