"""The clock that can be moved, and the ids. No test here waits for real time to pass."""

from __future__ import annotations

import asyncio
import re
import time
import uuid

import pytest

from lambent.clock import MovableClock, RandomIds
from lambent.context import Clock, Ids

HOUR = 3600.0


async def turns(count: int = 5) -> None:
    """Let every task that can run do so."""
    for _ in range(count):
        await asyncio.sleep(0)


async def sleeping(clock: MovableClock, seconds: float) -> asyncio.Task[None]:
    """A task that sleeps on the clock, and has begun to."""
    task = asyncio.create_task(clock.sleep(seconds))
    await turns()
    return task


def test_the_clock_is_the_machines_until_it_is_moved() -> None:
    clock: Clock = MovableClock()
    before = time.time()
    assert before <= clock.now() <= time.time()


def test_moves_add_up_both_ways() -> None:
    clock = MovableClock()
    clock.move(6 * HOUR)
    clock.move(-2 * HOUR)
    before = time.time()
    assert before + 4 * HOUR <= clock.now() <= time.time() + 4 * HOUR


def test_durations_are_never_moved() -> None:
    clock = MovableClock()
    before = clock.monotonic()
    clock.move(HOUR)
    assert 0 <= clock.monotonic() - before < HOUR / 2


async def test_a_move_wakes_whoever_has_slept_long_enough() -> None:
    clock = MovableClock()
    short, long = await sleeping(clock, HOUR), await sleeping(clock, 3 * HOUR)
    clock.move(2 * HOUR)
    await asyncio.wait_for(short, 5)
    await turns()
    assert not long.done()
    clock.move(2 * HOUR)
    await asyncio.wait_for(long, 5)


async def test_a_move_wakes_every_sleeper() -> None:
    clock = MovableClock()
    sleepers = [await sleeping(clock, HOUR + n) for n in range(10)]
    clock.move(2 * HOUR)
    await asyncio.wait_for(asyncio.gather(*sleepers), 5)


async def test_small_moves_add_up_for_a_sleeper() -> None:
    clock = MovableClock()
    sleeper = await sleeping(clock, 2.5 * HOUR)
    for _ in range(2):
        clock.move(HOUR)
        await turns()
        assert not sleeper.done()
    clock.move(HOUR)
    await asyncio.wait_for(sleeper, 5)


async def test_a_sleeper_looks_once_a_move_and_not_all_the_time() -> None:
    class Counted(MovableClock):
        looked = 0

        def now(self) -> float:
            self.looked += 1
            return super().now()

    clock = Counted()
    sleeper = await sleeping(clock, 10 * HOUR)
    clock.move(HOUR)
    await turns()
    looked = clock.looked
    await turns(50)
    assert clock.looked == looked
    clock.move(10 * HOUR)
    await asyncio.wait_for(sleeper, 5)


async def test_moving_back_makes_a_sleep_longer() -> None:
    clock = MovableClock()
    sleeper = await sleeping(clock, HOUR)
    clock.move(-5 * HOUR)
    clock.move(5.5 * HOUR)
    await turns()
    assert not sleeper.done()
    clock.move(HOUR)
    await asyncio.wait_for(sleeper, 5)


async def test_who_goes_to_sleep_after_a_move_is_not_woken_by_it() -> None:
    clock = MovableClock()
    clock.move(10 * HOUR)
    sleeper = await sleeping(clock, HOUR)
    assert not sleeper.done()
    clock.move(2 * HOUR)
    await asyncio.wait_for(sleeper, 5)


@pytest.mark.parametrize("seconds", [0.0, -1.0])
async def test_no_time_is_no_sleep(seconds: float) -> None:
    await asyncio.wait_for(MovableClock().sleep(seconds), 5)


async def test_without_a_move_real_time_ends_a_sleep() -> None:
    clock = MovableClock()
    started = time.monotonic()
    await clock.sleep(0.01)
    assert time.monotonic() - started >= 0.009


async def test_a_sleeper_can_be_cancelled() -> None:
    clock = MovableClock()
    sleeper = await sleeping(clock, HOUR)
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
    clock.move(2 * HOUR)


async def test_a_sleeper_cancelled_as_the_clock_moves_is_cancelled() -> None:
    clock = MovableClock()
    sleeper = await sleeping(clock, 5 * HOUR)
    clock.move(HOUR)
    sleeper.cancel()
    await turns()
    assert sleeper.cancelled()


def test_request_ids_are_random_uuids() -> None:
    ids: Ids = RandomIds()
    made = {ids.request_id() for _ in range(600)}
    assert len(made) == 600
    for request_id in made:
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", request_id)
        assert str(uuid.UUID(request_id)) == request_id


@pytest.mark.parametrize("digits", [0, 1, 7, 32])
def test_hex_has_the_digits_asked_for(digits: int) -> None:
    ids = RandomIds()
    assert re.fullmatch(f"[0-9a-f]{{{digits}}}", ids.hex(digits))
    assert digits < 7 or ids.hex(digits) != ids.hex(digits)


def test_fractions_can_be_repeated_with_a_seed() -> None:
    first, second = RandomIds(7), RandomIds(7)
    drawn = [first.fraction() for _ in range(100)]
    assert drawn == [second.fraction() for _ in range(100)]
    assert all(0 <= fraction < 1 for fraction in drawn)
    assert len(set(drawn)) > 90


def test_a_seed_does_not_make_ids_repeat() -> None:
    assert RandomIds(7).request_id() != RandomIds(7).request_id()
