"""CPU time from the scheduler's own accounting: steadier than any clock on a shared machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROC = Path("/proc")


def cpu_ns(pid: int) -> int:
    """Nanoseconds on a CPU of all threads of one process so far; 0 if it has gone."""
    total = 0
    for task in (PROC / str(pid) / "task").glob("*/schedstat"):
        try:
            total += int(task.read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


@contextmanager
def on_one_core(pids: Iterable[int]) -> Iterator[None]:
    """Keep this process and `pids` on one core meanwhile.

    With one caller, whether client and server share a core decides more than what they do: a wake-up across cores
    costs several times an echo. Here they always share one.
    """
    before = os.sched_getaffinity(0)
    pinned = [0, *pids]
    try:
        for pid in pinned:
            os.sched_setaffinity(pid, {max(before)})
        yield
    finally:
        for pid in pinned:
            os.sched_setaffinity(pid, before)


def resident_mb(pid: int) -> float:
    """Resident memory of one process in MB, what it shares with others included."""
    return _memory_mb(pid, "Rss:")


def proportional_mb(pid: int) -> float:
    """Resident memory of one process in MB, of what it shares only its part: these add up."""
    return _memory_mb(pid, "Pss:")


def private_mb(pid: int) -> float:
    """Memory of one process in MB that it shares with nobody."""
    return _memory_mb(pid, "Private_Clean:", "Private_Dirty:")


def children(pid: int) -> list[int]:
    """The processes that a process has forked itself and that still run, the oldest first."""
    tasks = (PROC / str(pid) / "task").iterdir()
    return sorted(int(child) for task in tasks for child in (task / "children").read_text().split())


def _memory_mb(pid: int, *fields: str) -> float:
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(fields)) / 1024
