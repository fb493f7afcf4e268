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


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, in no particular order."""
    children: dict[int, list[int]] = {}
    for status in PROC.glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found: list[int] = []
    queue = [pid]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def resident_mb(pid: int) -> float:
    """Proportional memory of one process in MB (shared pages divided among those that share them)."""
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
