"""The clock can be moved, sleepers notice, durations do not; ids have AWS's forms."""

from __future__ import annotations

import asyncio
import re
import time

from lambent.clock import MovableClock, RandomIds


def test_moving_changes_the_time_and_no_duration() -> None:
    clock = MovableClock()
    before = clock.monotonic()
    clock.move(21_600)
    assert 21_599 < clock.now() - time.time() < 21_601
    assert clock.monotonic() - before < 60


async def test_a_sleeper_wakes_when_time_is_moved_far_enough() -> None:
    clock = MovableClock()
    sleeper = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.move(1800)
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.move(1801)
    await asyncio.wait_for(sleeper, 5)


async def test_no_time_is_no_sleep() -> None:
    await asyncio.wait_for(MovableClock().sleep(0), 1)


def test_ids() -> None:
    ids = RandomIds()
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", ids.request_id())
    assert ids.request_id() != ids.request_id()
    assert re.fullmatch(r"[0-9a-f]{7}", ids.hex(7))


def test_fractions_repeat_with_the_seed() -> None:
    first, second = RandomIds(seed=7), RandomIds(seed=7)
    drawn = [first.fraction() for _ in range(5)]
    assert drawn == [second.fraction() for _ in range(5)]
    assert all(0 <= value < 1 for value in drawn)
