"""The seam over the kernel's two control group interfaces.

`Groups` makes groups for one Lambent instance; `Group` is one environment's. All calls are short file operations, fit
for the event loop, but for those marked *slow*, which may wait for the kernel or for processes: they want a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lambent.sandbox.base import Feature, Usage

MB = 1024 * 1024
PERIOD_US = 100_000
LEAST_QUOTA_US = 1_000
MEMORY_PER_CPU_MB = 1769


def cpus_for(memory_mb: int) -> float:
    """How many processors' worth of time Lambda gives to that much memory."""
    return memory_mb / MEMORY_PER_CPU_MB


def quota_us(cpus: float) -> int:
    """Microseconds of processor time in each PERIOD_US."""
    return max(LEAST_QUOTA_US, round(cpus * PERIOD_US))


def most_processes(kernel: Path = Path("/proc/sys/kernel")) -> int:
    """How many processes and threads all environments of an instance may have together: three quarters of what the
    machine can number, so that it can still start a shell (and we a launcher) when functions have taken theirs."""
    return min(int((kernel / name).read_text()) for name in ("pid_max", "threads-max")) * 3 // 4


@dataclass(frozen=True, slots=True)
class Thawing:
    """How everything of an instance is thawed from outside the platform: in each directory below `directory` the file
    `name` gets `text`."""

    directory: Path
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """`memory` in bytes, `processes` a count of processes and threads. Processor time is set apart, by `set_cpu`."""

    memory: int
    processes: int = 1024


class Group(Protocol):
    """One environment's group. Methods raise OSError where the kernel refuses."""

    def open(self) -> list[int]:
        """Descriptors of cgroup.procs files: whoever writes `0` into each is in the group. The caller closes them."""
        ...

    def set_memory(self, memory: int) -> None:
        """Lower the limit of memory, in bytes."""
        ...

    def set_cpu(self, cpus: float | None) -> None:
        """Change the processor share, in processors; None, as in a new group, is no limit."""
        ...

    def freeze(self) -> bool:
        """Tell every process to stop; True when all stand still, False while some do not: call it again.

        Never waits: a hostile process can put standing still off for ever.
        """
        ...

    def thaw(self) -> None:
        """Let them run again: microseconds, so that the next request need not wait for a thread."""
        ...

    def usage(self) -> Usage:
        """Memory peak since `take_peak`, processor time since the start."""
        ...

    def cpu_times(self) -> tuple[int, int]:
        """Processor time since the start in user mode and in the kernel, in nanoseconds: perhaps sampled."""
        ...

    def members(self) -> list[int]:
        """The processes of the group."""
        ...

    def tasks(self) -> int:
        """How many processes and threads there are."""
        ...

    def take_peak(self) -> int:
        """The memory peak in bytes; a new one begins."""
        ...

    def memory(self) -> int:
        """Bytes in use now."""
        ...

    def oom_kills(self) -> int:
        """How many processes of the group the kernel has killed for lack of memory."""
        ...

    def kill(self) -> None:
        """Kill every process, frozen or not. *Slow*."""
        ...

    def remove(self) -> bool:
        """Remove the group; False while processes are still leaving it. Idempotent."""
        ...


class Groups(Protocol):
    """All groups of one instance."""

    def create(self, name: str, limits: Limits) -> Group:
        """Make a group with limits. Raises OSError. *Slow*."""
        ...

    def sweep(self) -> int:
        """End and remove what an earlier run of this instance left; returns how many groups. *Slow*."""
        ...

    def thawing(self) -> Thawing | None:
        """How a launcher lets frozen environments die when the platform was killed; None: nothing freezes."""
        ...

    def close(self) -> None:
        """Remove the instance's own directory, once no group is left."""
        ...

    def features(self) -> list[Feature]:
        """What is limited and counted here."""
        ...
