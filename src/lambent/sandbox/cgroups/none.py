"""No control groups: nothing is limited, counted or frozen, and that is said."""

from __future__ import annotations

from lambent.sandbox.base import Feature, Usage
from lambent.sandbox.cgroups.base import Limits

_UNKNOWN = "there are no control groups"


class NoGroup:
    """A group that holds nothing."""

    def open(self) -> list[int]:
        """Nothing to move into."""
        return []

    def set_memory(self, memory: int) -> None:
        """No limit can be set."""

    def set_cpu(self, cpus: float | None) -> None:
        """No share can be set."""

    def freeze(self) -> bool:
        """Nothing can be frozen: as if all stood still."""
        return True

    def thaw(self) -> None:
        """Nothing was frozen."""

    def usage(self) -> Usage:
        """Zeros: unknown."""
        return Usage(memory_peak=0, cpu_ns=0)

    def cpu_times(self) -> tuple[int, int]:
        """Nothing is counted. Raises OSError."""
        raise OSError(_UNKNOWN)

    def members(self) -> list[int]:
        """Nobody is. Raises OSError."""
        raise OSError(_UNKNOWN)

    def tasks(self) -> int:
        """Nothing is counted. Raises OSError."""
        raise OSError(_UNKNOWN)

    def take_peak(self) -> int:
        """Zero: unknown."""
        return 0

    def memory(self) -> int:
        """Nothing is counted."""
        return 0

    def oom_kills(self) -> int:
        """No kill is counted."""
        return 0

    def kill(self) -> None:
        """Processes are ended by other means."""

    def remove(self) -> bool:
        """Nothing to remove."""
        return True


class NoGroups:
    """`reason` says why this machine has none for us."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def create(self, name: str, limits: Limits) -> NoGroup:
        """A group that holds nothing."""
        return NoGroup()

    def sweep(self) -> int:
        """Nothing can be left."""
        return 0

    def thawing(self) -> None:
        """Nothing freezes."""

    def close(self) -> None:
        """Nothing to remove."""

    def features(self) -> list[Feature]:
        """Nothing works, and why."""
        names = ("memory limit", "processor share", "process limit", "freeze when idle")
        return [Feature(name, False, self._reason) for name in names]
