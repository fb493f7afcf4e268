"""Coarse time for many connections: one timer for a whole server instead of several for each request.

A tick is a fraction of the shortest limit. Connections are asked at each tick whether they are late; the Date line
is made once a second. The timer runs only while there are connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import ceil, inf
from typing import Protocol

from lambent.http.head import date_line
from lambent.http.limits import Limits

_LONGEST_TICK = 1.0
_SHORTEST_TICK = 0.01
_TICKS_IN_A_LIMIT = 8


class Timed(Protocol):
    """What is asked at each tick."""

    def check(self, tick: int) -> None:
        """Cut off a client that is late. Must not raise."""
        ...


class Pace:
    """Ticks, the limits in ticks, and the Date line in `date`. `now` gives seconds since the epoch."""

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        finite = [
            seconds
            for seconds in (
                limits.header_seconds,
                limits.idle_seconds,
                limits.body_seconds,
                limits.write_seconds,
                limits.linger_seconds,
            )
            if seconds < inf
        ]
        shortest = min(finite, default=inf) / _TICKS_IN_A_LIMIT
        self.seconds = min(max(shortest, _SHORTEST_TICK), _LONGEST_TICK)
        self.header_ticks = self.ticks(limits.header_seconds)
        self.idle_ticks = self.ticks(limits.idle_seconds)
        self.body_ticks = self.ticks(limits.body_seconds)
        self.write_ticks = self.ticks(limits.write_seconds)
        self.linger_ticks = self.ticks(limits.linger_seconds)
        self.tick = 0
        self.date = date_line(now())
        self._now = now
        self._second = 0
        self._timed: set[Timed] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._timed)

    def ticks(self, seconds: float) -> float:
        """How many ticks make at least `seconds`; infinite when they are."""
        return seconds if seconds == inf else ceil(seconds / self.seconds)

    def add(self, timed: Timed) -> None:
        """Ask `timed` at each tick from now on."""
        self._timed.add(timed)
        if self._timer is None:
            self._read_clock()
            self._arm()

    def remove(self, timed: Timed) -> None:
        """Stop asking. The last one stops the timer."""
        self._timed.discard(timed)
        if not self._timed and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self.seconds, self._beat)

    def _beat(self) -> None:
        self._arm()
        self.tick += 1
        self._read_clock()
        for timed in tuple(self._timed):
            timed.check(self.tick)

    def _read_clock(self) -> None:
        now = self._now()
        if int(now) != self._second:
            self._second = int(now)
            self.date = date_line(now)
