"""The image of an initialized runtime, from which environments of the same function continue.

A sealed file in memory. The platform never reads it: it was written by a function, and only processes of that function
get to see it.
"""

from __future__ import annotations

import fcntl
import os
from typing import Protocol

from lambent.model.errors import PlatformError
from lambent.sandbox.inside import image

_SEALED = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
_BLOCK = 512
_SPARE_BYTES = 64 * 1024 * 1024


class Origin(Protocol):
    """The launcher whose forks an image fits."""

    @property
    def alive(self) -> bool: ...


def blank() -> int:
    """A descriptor of a file for an image: it has its full length and no content."""
    file = os.memfd_create("snapshot", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(file, image.SIZE)
    fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
    return file


class Snapshot:
    """Owns the `file` of an image that nobody writes to any more, made by a fork of `origin`.

    Raises PlatformError if somebody still could.
    """

    def __init__(self, file: int, origin: Origin) -> None:
        self._file = file
        self._origin = origin
        try:
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, _SEALED)
        except OSError as error:
            os.close(file)
            raise PlatformError(f"the image of a function cannot be sealed: {error}") from error
        self._most = 2 * self.size + _SPARE_BYTES

    @property
    def usable(self) -> bool:
        """False once it is closed, or nothing is left that it fits, or it has grown.

        Nobody can write, but who looks at a hole of the file through a mapping fills it, and a hostile function may
        look at many: what it takes up so stays when its environment has gone.
        """
        return self._file >= 0 and self._origin.alive and self.size <= self._most

    @property
    def size(self) -> int:
        """The memory that it takes up, in bytes."""
        return os.fstat(self._file).st_blocks * _BLOCK if self._file >= 0 else 0

    def lend(self, origin: Origin | None) -> int:
        """The file, still ours, for a process forked by `origin`. Raises PlatformError if it does not fit."""
        if not self.usable or origin is not self._origin:
            raise PlatformError("the snapshot of this function is lost")
        return self._file

    def close(self) -> None:
        """Give the memory back, once nobody continues from it any more. Idempotent."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)
