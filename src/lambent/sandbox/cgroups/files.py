"""Small file operations that both control group interfaces share."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

_PAUSE_SECONDS = 0.001
_LARGEST = 4096


def read(path: Path | str) -> str:
    """The text of a control file."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, 65536).decode()
    finally:
        os.close(fd)


def write(path: Path | str, text: str) -> None:
    """Write a control file, in one call as the kernel wants it."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


class Control:
    """A control file that is used often: opened at first use, then kept open. Read and write raise OSError."""

    __slots__ = ("_fd", "_flags", "_path")

    def __init__(self, path: Path | str, flags: int) -> None:
        self._path = path
        self._flags = flags | os.O_CLOEXEC
        self._fd = -1

    def read(self) -> bytes:
        """All of it, as it is now."""
        return os.pread(self._fd if self._fd >= 0 else self._open(), _LARGEST, 0)

    def write(self, text: bytes) -> None:
        """Write it, in one call as the kernel wants it."""
        os.pwrite(self._fd if self._fd >= 0 else self._open(), text, 0)

    def close(self) -> None:
        """Let go of the file. Idempotent; it may be used again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _open(self) -> int:
        self._fd = os.open(self._path, self._flags)
        return self._fd


def fields(path: Path | str) -> dict[str, int]:
    """A control file of lines `name number`."""
    pairs = (line.split() for line in read(path).splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Look again and again until `done` or the time is over. Blocks: for threads only."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


def remove(directory: Path | str) -> bool:
    """Remove an empty group; True when it is gone."""
    try:
        Path(directory).rmdir()
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno == errno.EBUSY:
            return False
        raise
    return True


def kill_members(procs: Path) -> None:
    """Send SIGKILL to every process that a cgroup.procs file names."""
    for text in read(procs).split():
        if text != "0":  # a process outside of our pid namespace
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(text), signal.SIGKILL)
