"""CPU time from the scheduler's own accounting: steadier than any clock on a shared machine."""

from __future__ import annotations

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


def resident_mb(pid: int) -> float:
    """Resident memory of one process in MB, what it shares with others included."""
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) / 1024
    return 0.0
