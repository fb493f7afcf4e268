"""How fast a streamed answer may leave: a burst at any speed, then a steady rate. Pure; time is an input."""

from __future__ import annotations


class Bandwidth:
    """One answer's. `burst` in bytes, `rate` in bytes a second, `now` and all times in seconds of one clock.

    What was not used is saved up again, to `burst` at most.
    """

    def __init__(self, burst: int, rate: float, now: float) -> None:
        self._burst = float(burst)
        self._rate = rate
        self._left = float(burst)
        self._at = now

    def take(self, size: int, now: float) -> float:
        """`size` more bytes are to leave: the seconds that they have to wait first."""
        self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now
        self._left -= size
        return max(0.0, -self._left / self._rate)
