"""One timer for an environment's invocations, one after the other: armed once and moved by arithmetic.

Making and cancelling a timer for each would cost a tenth of a warm invocation. It fires to the millisecond nonetheless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls `expire` when the time that was set is over, unless it was cleared. `monotonic`: the clock's seconds."""

    __slots__ = ("_due", "_expire", "_fires", "_monotonic", "_timer")

    def __init__(self, monotonic: Callable[[], float], expire: Callable[[], None]) -> None:
        self._monotonic = monotonic
        self._expire = expire
        self._due: float | None = None
        self._fires = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def set(self, due: float) -> None:
        """It is over at `due`, in the clock's monotonic seconds; replaces what was set before."""
        self._due = due
        if self._timer is None or self._fires > due:
            self._arm(due)

    def clear(self) -> None:
        """It did not matter; the timer may stay."""
        self._due = None

    def cancel(self) -> None:
        """Nothing is left of it."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._fires = due
        self._timer = asyncio.get_running_loop().call_later(max(0.0, due - self._monotonic()), self._fired)

    def _fired(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._due > self._monotonic():  # moved meanwhile, or the loop's clock is the coarser one
            self._arm(self._due)
            return
        self._due = None
        self._expire()
