"""A deadline that moves from invocation to invocation."""

from __future__ import annotations

import asyncio
import time

import pytest

from lambent.invoke.deadline import Deadline


class Watched:
    def __init__(self) -> None:
        self.expired: list[float] = []
        self.deadline = Deadline(time.monotonic, lambda: self.expired.append(time.monotonic()))

    def set(self, seconds: float) -> float:
        due = time.monotonic() + seconds
        self.deadline.set(due)
        return due


async def test_it_expires_once_and_never_early() -> None:
    watched = Watched()
    due = watched.set(0.02)
    async with asyncio.timeout(10):
        for _ in iter(lambda: bool(watched.expired), True):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.02)
    (at,) = watched.expired
    assert at >= due


async def test_what_was_cleared_in_time_does_not_expire() -> None:
    watched = Watched()
    watched.set(0.01)
    watched.deadline.clear()
    await asyncio.sleep(0.03)
    assert watched.expired == []


@pytest.mark.parametrize("seconds", [0.03, 0.01])
async def test_the_next_one_counts_whether_it_ends_later_or_sooner_than_the_timer_was_set_for(seconds: float) -> None:
    watched = Watched()
    watched.set(0.02)
    watched.deadline.clear()
    due = watched.set(seconds)
    await asyncio.sleep(0.07)
    (at,) = watched.expired
    assert 0 <= at - due < 0.03


async def test_time_that_is_over_already_expires_at_once() -> None:
    watched = Watched()
    watched.set(-1)
    await asyncio.sleep(0.01)
    assert len(watched.expired) == 1


async def test_one_after_the_other_shares_one_timer(monkeypatch) -> None:
    watched, made = Watched(), []
    loop = asyncio.get_running_loop()
    call_later = loop.call_later

    def counted(*args: object) -> object:
        made.append(args)
        return call_later(*args)

    monkeypatch.setattr(asyncio, "get_running_loop", lambda: type("Loop", (), {"call_later": staticmethod(counted)}))
    for _ in range(100):
        watched.set(0.5)
        watched.deadline.clear()
    assert len(made) == 1
    watched.deadline.cancel()


async def test_cancelled_it_is_gone() -> None:
    watched = Watched()
    watched.set(0.01)
    watched.deadline.cancel()
    watched.deadline.cancel()
    await asyncio.sleep(0.03)
    assert watched.expired == []
