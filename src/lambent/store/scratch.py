"""Places for half-made files and trees, so that what a killed process left can be told from what is in use."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_numbers = itertools.count()


class Scratch:
    """Names below `root` that begin with `prefix`. Synchronous; safe to use from several threads.

    One process at a time uses a directory (the platform's lock on its data sees to that).
    """

    def __init__(self, root: Path, prefix: str) -> None:
        self._root = root
        self._prefix = prefix
        self._used: set[str] = set()

    @contextmanager
    def place(self) -> Iterator[Path]:
        """A path where nothing is; what is there at the end, if it was not moved away, is removed."""
        name = f"{self._prefix}{os.getpid()}-{next(_numbers)}"
        path = self._root / name
        self._used.add(name)
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            _remove(path)
            yield path
        finally:
            _remove(path)
            self._used.discard(name)

    def clear(self) -> None:
        """Remove what earlier processes left."""
        for path in self._root.glob(self._prefix + "*"):
            if path.name not in self._used:
                _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
