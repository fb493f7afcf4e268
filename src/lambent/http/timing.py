"""When a client is too slow: decided from what is seen at each tick, without a clock of its own.

Pure state: `Waiting` for something that must be over in time (a request head, the next request), `Progress` for
something that must keep moving (a body coming in, an answer going out).
"""

from __future__ import annotations


class Waiting:
    """One wait at a time, told apart by an identity; late after a number of ticks."""

    __slots__ = ("_since", "_what")

    def __init__(self) -> None:
        self._what: object = None
        self._since = 0

    def late(self, tick: int, what: object, ticks: float) -> bool:
        """True once `what` (None: nothing) has been waited for during `ticks` ticks without a change."""
        if what is None or what is not self._what:
            self._what = what
            self._since = tick
            return False
        return tick - self._since >= ticks


class Progress:
    """A flow that must move at least `least` bytes in each window of `ticks` ticks while it is awaited."""

    __slots__ = ("_least", "_mark", "_since", "_ticks")

    def __init__(self, ticks: float, least: float) -> None:
        self._ticks = ticks
        self._least = least
        self._since: int | None = None
        self._mark = 0

    def late(self, tick: int, moved: int | None) -> bool:
        """True when a window brought too little. `moved`: bytes so far; None while nothing is awaited."""
        if moved is None:
            self._since = None
            return False
        if self._since is None:
            self._since, self._mark = tick, moved
            return False
        if tick - self._since < self._ticks:
            return False
        if moved - self._mark < self._least:
            return True
        self._since, self._mark = tick, moved
        return False
