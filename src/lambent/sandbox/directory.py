"""What a sandbox keeps in the data directory: a lock, its own scratch, and the name that its leftovers carry."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from pathlib import Path

from lambent.model.errors import PlatformError

_REMEMBERED = 1024
"""Trees whose places are remembered: they are made once, by us, and never moved."""


class Directory:
    """`data`/tmp and its lock. `instance` names this data directory in places outside of it (control groups)."""

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self.scratch = self.data / "tmp"
        self.code = self.data / "code"
        self.layers = self.data / "layers"
        self.root = self.scratch / "root"
        self.instance = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        self._lock = -1
        self._inner: dict[Path, str] = {}

    def open(self) -> None:
        """Make the directories and take the lock. Raises PlatformError when another sandbox has it."""
        for directory in (self.scratch, self.code, self.layers, self.root):
            directory.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.scratch / "sandbox.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise PlatformError(f"{self.data} is in use by another Lambent") from None
        for leftover in self.scratch.glob("env-*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def close(self) -> None:
        """Give up the lock. Idempotent."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def inner(self, path: Path) -> str:
        """`code/...` or `layers/...` for a tree of this data directory. Raises PlatformError for any other path."""
        known = self._inner.get(path)
        if known is not None:
            return known
        whole = os.path.realpath(path)
        for tree in (self.code, self.layers):
            above = f"{tree}{os.sep}"
            if whole.startswith(above):
                if len(self._inner) >= _REMEMBERED:
                    self._inner.clear()
                self._inner[path] = inner = f"{tree.name}/{whole.removeprefix(above)}"
                return inner
        raise PlatformError(f"{path} is not below {self.code} or {self.layers}")
