"""What keeps a process from being captured: whatever lives in the kernel, or in others, rather than in its memory.
Of what it has open `descriptors` knows.

Looks at the process that runs it. Each reason is the end of a sentence about the function, for its log.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal

from . import machine_code, mappings
from .image import Unfit

_ALLOCATORS = (b"jemalloc", b"mimalloc", b"tcmalloc", b"rpmalloc")
"""They give memory back in a way that makes it zero, unless it comes out of an image."""

_OURS = ("/usr/", "/lib", "/var/lang/", "/var/runtime/")
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_c = ctypes.PyDLL(None)
"""The C library, called as it is: no other thread of Python's runs meanwhile."""


def check() -> None:
    """Raise Unfit if there is anything but memory and open files."""
    if platform.machine() not in machine_code.SERVED:
        raise Unfit("runs on a processor of another kind than " + ", ".join(machine_code.SERVED))
    if _count_threads() > 1:
        _announce_a_fork()
    if (threads := _count_threads()) > 1:
        raise Unfit("runs %d threads" % threads)
    if _has_children():
        raise Unfit("has started processes that it has not waited for")
    if any(signal.getitimer(which)[0] for which in _TIMERS) or _has_timers():
        raise Unfit("has set a timer")
    for path in sorted({each.path for each in mappings.read() if each.is_file}):
        if not path.startswith(_OURS) and _brings_allocator(path):
            raise Unfit("uses a library with a memory allocator of its own, " + os.path.basename(path))


def _count_threads() -> int:
    return len(os.listdir("/proc/self/task"))


def _announce_a_fork() -> None:
    """Fork a child that ends at once: libraries that keep threads for their own use (OpenBLAS, and so NumPy) end them
    before the C library forks, and start them again when they are needed."""
    pid = _c.fork()
    if pid == 0:
        os._exit(0)
    if pid > 0:
        os.waitpid(pid, 0)


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _has_timers() -> bool:
    try:
        with open("/proc/self/timers") as file:
            return bool(file.read(1))
    except OSError:
        return False


def _brings_allocator(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return False
    return any(name in content for name in _ALLOCATORS)
