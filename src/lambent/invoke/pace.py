"""How many invocations may begin in a second: so many for each that may run at once. Pure arithmetic.

AWS allows ten. What short invocations do not use is not saved up: a second's worth may begin at once, and no more.
"""

from __future__ import annotations

from collections.abc import Callable


class Bucket:
    """What is left for one function, or for one account's functions without a reservation; filled at first use."""

    __slots__ = ("at", "left")

    def __init__(self) -> None:
        self.left: float | None = None
        self.at = 0.0


class Pace:
    """`factor` a second for each concurrent invocation; `monotonic` gives seconds."""

    __slots__ = ("_factor", "_monotonic")

    def __init__(self, factor: float, monotonic: Callable[[], float]) -> None:
        self._factor = factor
        self._monotonic = monotonic

    def take(self, bucket: Bucket, concurrency: int) -> bool:
        """Whether one more may begin now, where so many may run at once."""
        now, most = self._monotonic(), concurrency * self._factor
        left = most if bucket.left is None else min(most, bucket.left + (now - bucket.at) * most)
        bucket.at = now
        if left < 1.0:
            bucket.left = left
            return False
        bucket.left = left - 1.0
        return True
