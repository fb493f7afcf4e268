"""What an environment has used and holds now, read from outside, through /proc: network, /tmp, tasks, descriptors.

Short file operations, fit for the event loop. Nothing here asks a process of the function, which could answer anything.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lambent.sandbox.cgroups import files

PROCESSES = 256
"""Of so many processes descriptors are counted: looking at all of a thousand would hold up others."""

DESCRIPTORS = 20_000
"""Once so many are counted no further process is looked at: older kernels list them one by one."""

_LOOPBACK = "lo"
_THREADS = 17
"""Where /proc/PID/stat tells the number of threads, after the program's name."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Processor time in nanoseconds (`cpu_ns` is exact, by mode it is what the kernel has sampled) and bytes over the
    network since the start (the loopback is none); the size of /tmp and what of it is free, in bytes; threads and open
    descriptors now, and how many a process may open.

    None: the machine cannot tell, or there is nothing (any more) that could have it.
    """

    cpu_ns: int | None = None
    user_ns: int | None = None
    system_ns: int | None = None
    received: int | None = None
    sent: int | None = None
    tmp_size: int | None = None
    tmp_free: int | None = None
    threads: int | None = None
    descriptors: int | None = None
    most_descriptors: int | None = None


def pid_of(pidfd: int) -> int:
    """The process that a pidfd is of; 0 or less where it has ended. Raises OSError."""
    for line in files.read(f"/proc/self/fdinfo/{pidfd}").splitlines():
        if line.startswith("Pid:"):
            return int(line.removeprefix("Pid:"))
    return 0


def network(pid: int) -> tuple[int, int]:
    """Bytes received and sent in a process's network. Raises OSError."""
    received = sent = 0
    for line in files.read(f"/proc/{pid}/net/dev").splitlines()[2:]:
        name, _, counts = line.partition(":")
        if name.strip() != _LOOPBACK:
            numbers = counts.split()
            received += int(numbers[0])
            sent += int(numbers[8])
    return received, sent


def tmp(pid: int) -> tuple[int, int]:
    """Size of a process's /tmp, and what of it is free, in bytes. Raises OSError."""
    found = os.statvfs(Path("/proc", str(pid), "root", "tmp"))
    return found.f_blocks * found.f_frsize, found.f_bfree * found.f_frsize


def threads(pid: int) -> int:
    """How many threads a process has. Raises OSError."""
    return int(files.read(f"/proc/{pid}/stat").rpartition(")")[2].split()[_THREADS])


def descriptors(pids: Iterable[int]) -> tuple[int, int] | None:
    """How many files some processes have open together, and how many the last of them may open; None if none lives."""
    count, counted = 0, []
    for pid in list(pids)[:PROCESSES]:
        if count >= DESCRIPTORS:
            break
        try:
            count += _open_files(f"/proc/{pid}/fd")
        except OSError:  # it has ended meanwhile
            continue
        counted.append(pid)
    for pid in reversed(counted):
        with contextlib.suppress(OSError):
            return count, _most_files(pid)
    return None


def _open_files(directory: str) -> int:
    """Since Linux 6.2 the directory's size tells."""
    return os.stat(directory).st_size or len(os.listdir(directory))  # noqa: PTH116, PTH208 - much faster than a Path's


def _most_files(pid: int) -> int:
    for line in files.read(f"/proc/{pid}/limits").splitlines():
        if line.startswith("Max open files"):
            return int(line.split()[3])
    return 0
