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
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) / 1024
    return 0.0
