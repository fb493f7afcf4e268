"""Coarse time."""

from __future__ import annotations

import asyncio
from math import inf

from lambent.http.limits import Limits
from lambent.http.pace import Pace


class Counted:
    """Is asked, and says when it was asked often enough."""

    def __init__(self, enough: int) -> None:
        self.left = enough
        self.enough = asyncio.Event()

    def check(self, tick: int) -> None:
        self.left -= 1
        if self.left == 0:
            self.enough.set()


def test_a_tick_is_a_fraction_of_the_shortest_limit_within_bounds() -> None:
    assert Pace(Limits(linger_seconds=4.0), lambda: 0).seconds == 0.5
    assert Pace(Limits(), lambda: 0).seconds <= 1.0
    assert Pace(Limits(write_seconds=0.001), lambda: 0).seconds == 0.01
    endless = Limits(header_seconds=inf, idle_seconds=inf, body_seconds=inf, write_seconds=inf, linger_seconds=inf)
    assert Pace(endless, lambda: 0).seconds == 1.0


def test_seconds_become_at_least_as_many_ticks() -> None:
    pace = Pace(Limits(linger_seconds=4.0), lambda: 0)
    assert pace.ticks(4.0) == 8
    assert pace.ticks(4.1) == 9
    assert pace.ticks(inf) == inf


async def test_it_asks_at_each_tick_and_stops_with_the_last_one() -> None:
    pace = Pace(Limits(linger_seconds=0.01), lambda: 0)
    counted = Counted(3)
    pace.add(counted)
    assert len(pace) == 1
    await asyncio.wait_for(counted.enough.wait(), 5)
    pace.remove(counted)
    assert len(pace) == 0
    asked, tick = counted.left, pace.tick
    await asyncio.sleep(0.05)
    assert (counted.left, pace.tick) == (asked, tick)


async def test_the_date_follows_the_clock_it_is_given() -> None:
    now = 0.0
    pace = Pace(Limits(linger_seconds=0.01), lambda: now)
    assert pace.date == "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    now = 86_400.5
    counted = Counted(1)
    pace.add(counted)
    assert pace.date == "date: Fri, 02 Jan 1970 00:00:00 GMT\r\n"
    now += 1
    await asyncio.wait_for(counted.enough.wait(), 5)
    assert pace.date == "date: Fri, 02 Jan 1970 00:00:01 GMT\r\n"
    pace.remove(counted)
    pace.remove(counted)
