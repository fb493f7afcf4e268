"""How much memory this machine, or the container around us, can still give, as the kernel tells. Decides nothing."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from lambent.invoke.events import Memory

MEBIBYTE = 1024 * 1024
LEAST_RESERVE = 256 * MEBIBYTE
RESERVE_SHARE = 20
"""One part in so many is never given to functions, unless told otherwise."""

_FIELD = re.compile(rb"^(MemTotal|MemAvailable):\s+(\d+) kB", re.MULTILINE)
_INACTIVE = re.compile(rb"^(?:total_)?inactive_file (\d+)$", re.MULTILINE)
_GROUP_FILES = (
    ("memory.max", "memory.current", "memory.stat"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
)


class Reading(msgspec.Struct, frozen=True):
    """Bytes: all there is, and what can be had without swapping."""

    total: int
    available: int

    def memory(self, reserve_mb: int | None) -> Memory:
        """As the pool is told it; `reserve_mb` None: a share of all there is."""
        if reserve_mb is not None:
            return Memory(self.available, reserve_mb * MEBIBYTE)
        return Memory(self.available, max(LEAST_RESERVE, self.total // RESERVE_SHARE))


def read_memory(meminfo: Path = Path("/proc/meminfo"), groups: Path = Path("/sys/fs/cgroup")) -> Reading | None:
    """The reading now, about ten microseconds; None where the kernel does not say."""
    try:
        fields = dict(_FIELD.findall(meminfo.read_bytes()))
        machine = Reading(int(fields[b"MemTotal"]) * 1024, int(fields[b"MemAvailable"]) * 1024)
    except (OSError, KeyError):
        return None
    for names in _GROUP_FILES:
        group = _group(*(groups / name for name in names), below=machine.total)
        if group is not None:
            return Reading(group.total, min(group.available, machine.available))
    return machine


def _group(limit: Path, usage: Path, statistics: Path, *, below: int) -> Reading | None:
    """The limit of the container's group, if it is `below` so many bytes; what it caches counts as available."""
    try:
        total = int(limit.read_bytes())
        if total >= below:  # the statistics of a machine with a thousand groups take a while
            return None
        used = int(usage.read_bytes())
        cached = _INACTIVE.findall(statistics.read_bytes())
    except (OSError, ValueError):  # no such group, or no limit: `max`
        return None
    return Reading(total, max(0, total - used + (int(cached[-1]) if cached else 0)))
