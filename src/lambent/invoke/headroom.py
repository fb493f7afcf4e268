"""How much of the host's memory is left for functions, between two readings of it. Pure arithmetic.

Two marks, as a kernel has them: below `2 * reserve` idle environments are given up, below `reserve` none is started.
What was started since the last reading counts by what such an environment is known to need.
"""

from __future__ import annotations


class Headroom:
    """In bytes. Without a reading there is no limit."""

    __slots__ = ("_available", "_promised", "_reserve")

    def __init__(self) -> None:
        self._available: int | None = None
        self._reserve = 0
        self._promised = 0

    def read(self, available: int, reserve: int) -> None:
        """A new reading: what was promised before is in it."""
        self._available = available
        self._reserve = reserve
        self._promised = 0

    def promise(self, size: int) -> None:
        """Something of this size is being started."""
        self._promised += size

    def missing(self, size: int) -> int:
        """What has to be freed before something of this size may be started; 0 if it may."""
        if self._available is None:
            return 0
        return max(0, self._reserve + self._promised + size - self._available)

    def excess(self) -> int:
        """What idle environments should give back now."""
        if self._available is None:
            return 0
        return max(0, 2 * self._reserve + self._promised - self._available)
