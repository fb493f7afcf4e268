"""Deployment packages: the zip as a blob, and its unpacked tree, which becomes /var/task.

The blob is the truth; a tree can be made again from it at any time. Trees are never changed once they
are in place. Who refers to a package is the services' knowledge: this deletes only what it is told to.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Callable, Set
from pathlib import Path
from weakref import WeakValueDictionary

from lambent.model.errors import PlatformError
from lambent.model.function import CodePackage
from lambent.store.blobs import Blobs
from lambent.store.package import UNPACKED_LIMIT, inspect, open_package
from lambent.store.scratch import Scratch
from lambent.store.unpack import sync_file_system, unpack

_SMALL_BYTES = 64 * 1024
"""Up to here hashing (50 us) costs less than a turn of a thread."""

_REMEMBERED = 1000


Recoded = Callable[[bytes], bytes]
"""Seals a package, or opens one."""


class CodeStore:
    """Packages below the data directory `root`: `blobs/`, `code/<digest>/`, and scratch in `tmp/`.

    Of sealed ones the blob is encrypted, and the tree lies in `code/opened/` no longer than a server runs.

    A tree appears whole or not at all. All work on files and zips is done in threads.
    """

    def __init__(self, root: Path) -> None:
        self.blobs = Blobs(root / "blobs")
        self._trees = root / "code"
        self._opened = self._trees / "opened"
        self._scratch = Scratch(root / "tmp", "unpack-")
        self._unpacking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._added: set[str] = set()
        self._whole: dict[str, int] = {}

    async def inspect(self, data: bytes, *, limit: int = UNPACKED_LIMIT) -> int:
        """Bytes that the zip file unpacks to. Raises BadPackage; damage inside a file is not looked for."""
        return await asyncio.to_thread(_unpacked_size, data, limit)

    async def add(self, data: bytes, *, limit: int = UNPACKED_LIMIT) -> CodePackage:
        """Unpack and store a zip file that unpacks to at most `limit` bytes; durable on return.

        Raises BadPackage and PlatformError, after which nothing of it is left.
        """
        if (known := self._known(data, limit)) is not None:
            return known
        unpacked_size, digest, whole = await asyncio.to_thread(self._add_again, data, limit)
        if not whole:
            await self._ensure(self.tree(digest), digest, data, limit)
            try:
                await self.blobs.put(data)
            except PlatformError:
                if not await self.blobs.exists(digest):
                    await asyncio.to_thread(self._remove_tree, self.tree(digest))
                raise
        while len(self._whole) >= _REMEMBERED:
            del self._whole[next(iter(self._whole))]
        self._whole[digest] = unpacked_size
        return CodePackage(digest=digest, size=len(data), unpacked_size=unpacked_size)

    async def add_sealed(self, data: bytes, close: Recoded, *, limit: int = UNPACKED_LIMIT) -> tuple[CodePackage, str]:
        """The same of one that is to lie encrypted by `close`: the package, and the digest of its blob."""
        unpacked_size = await self.inspect(data, limit=limit)
        body = await asyncio.to_thread(close, data)
        digest, blob = await asyncio.to_thread(lambda: (_digest(data), _digest(body)))
        self._added.add(blob)
        await self._ensure(self.opened_tree(blob), blob, data, limit)
        try:
            await self.blobs.put(body)
        except PlatformError:
            await asyncio.to_thread(self._remove_tree, self.opened_tree(blob))
            raise
        return CodePackage(digest=digest, size=len(data), unpacked_size=unpacked_size), blob

    def _known(self, data: bytes, limit: int) -> CodePackage | None:
        """A small package that this store has examined and made durable before: no turn of a thread, no sync."""
        if len(data) > _SMALL_BYTES:
            return None
        digest = _digest(data)
        size = self._whole.get(digest)
        if size is None or size > limit or not (self.is_unpacked(digest) and self.blobs.is_here(digest)):
            return None
        return CodePackage(digest=digest, size=len(data), unpacked_size=size)

    def _add_again(self, data: bytes, limit: int) -> tuple[int, str, bool]:
        """Size and digest of a package, and whether it is here whole: then all was done in one turn of a thread."""
        unpacked_size, digest = _unpacked_size(data, limit), _digest(data)
        self._added.add(digest)
        whole = _is_directory(self.tree(digest)) and self.blobs.path(digest).is_file()
        if whole:
            self.blobs.put_now(data)
        return unpacked_size, digest, whole

    def is_unpacked(self, digest: str) -> bool:
        """Whether the tree is in place."""
        return os.path.isdir(f"{self._trees}/{digest}")  # noqa: PTH112 - a path of pathlib's costs more than the look

    def tree(self, digest: str) -> Path:
        """Where the unpacked package is, or would be. Raises ValueError for what is no digest."""
        return self._trees / self.blobs.path(digest).name

    async def ensure_tree(self, digest: str, *, limit: int = UNPACKED_LIMIT) -> Path:
        """The unpacked package, made again from its blob if it is missing. Raises BadPackage and PlatformError."""
        return await self._ensure(self.tree(digest), digest, None, limit)

    def is_opened(self, blob: str) -> bool:
        """Whether the tree of a sealed package is in place."""
        return _is_directory(self.opened_tree(blob))

    def opened_tree(self, blob: str) -> Path:
        """Where the tree of a sealed package is, or would be."""
        return self._opened / self.blobs.path(blob).name

    async def ensure_opened(self, blob: str, opened: Recoded, *, limit: int = UNPACKED_LIMIT) -> Path:
        """`ensure_tree` of a sealed package, which `opened` opens."""
        return await self._ensure(self.opened_tree(blob), blob, None, limit, opened)

    async def shut(self) -> None:
        """Remove what lies open of sealed packages. Only while no environment runs."""
        await asyncio.to_thread(shutil.rmtree, self._opened, ignore_errors=True)

    async def remove(self, digest: str) -> None:
        """Delete a package. Never while an environment has its tree as /var/task, or a record names it."""
        self._added.discard(digest)
        self._whole.pop(digest, None)
        await self.blobs.delete(digest)
        await asyncio.to_thread(self._remove_tree, self.tree(digest))

    async def sweep(self, live: Set[str]) -> set[str]:
        """Delete every package whose digest is not in `live`, and what a killed process left half-made.

        Packages added since this store was made stay: their record may not be written yet. Returns the
        digests that were deleted.
        """
        present = {*await self.blobs.digests(), *await asyncio.to_thread(self._tree_names)}
        dead = present - live - self._added
        for digest in dead:
            await self.remove(digest)
        await self.blobs.discard_incoming()
        await asyncio.to_thread(self._scratch.clear)
        return dead

    async def _ensure(
        self, tree: Path, digest: str, data: bytes | None, limit: int, opened: Recoded | None = None
    ) -> Path:
        if _is_directory(tree):
            return tree
        async with self._unpacking.setdefault(digest, asyncio.Lock()):
            if not _is_directory(tree):
                if data is None:
                    data = await self.blobs.read(digest)
                    data = data if opened is None else await asyncio.to_thread(opened, data)
                await asyncio.to_thread(self._unpack, data, tree, limit)
        return tree

    def _unpack(self, data: bytes, tree: Path, limit: int) -> None:
        try:
            with self._scratch.place() as place, open_package(data) as archive:
                place.mkdir()
                unpack(archive, inspect(archive, limit), place)
                # After a power failure a tree that is in place must be whole.
                sync_file_system(place)
                tree.parent.mkdir(parents=True, exist_ok=True)
                _put_in_place(place, tree)
        except OSError as error:
            raise PlatformError(f"cannot unpack package {tree.name}: {error}") from error

    def _remove_tree(self, tree: Path) -> None:
        try:
            # Moved away first: half a tree must never be found in its place.
            with self._scratch.place() as place:
                tree.rename(place)
        except FileNotFoundError:
            return
        except OSError as error:
            raise PlatformError(f"cannot remove package {tree.name}: {error}") from error

    def _tree_names(self) -> list[str]:
        return [path.name for path in self._trees.glob("?" * 64)]


def _unpacked_size(data: bytes, limit: int) -> int:
    with open_package(data) as archive:
        return inspect(archive, limit).size


def _put_in_place(made: Path, tree: Path) -> None:
    try:
        made.rename(tree)
    except OSError:
        if not tree.is_dir():  # else another made the same tree, and was faster
            raise


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _is_directory(path: Path) -> bool:
    return path.is_dir()
