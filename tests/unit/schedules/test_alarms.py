"""Alarms with a clock that is moved by hand."""

from __future__ import annotations

import asyncio

import pytest

from lambent.clock import MovableClock
from lambent.schedules.alarms import AGAIN_SECONDS, RINGS_AT_ONCE, Alarms


class Frozen(MovableClock):
    """Stands until it is moved."""

    def now(self) -> float:
        return self._offset


class World:
    def __init__(self) -> None:
        self.clock = Frozen()
        self.rung: list[tuple[str, float]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.faults: list[Exception] = []
        self.alarms = Alarms(self.ring, self.clock)

    async def ring(self, name: str) -> None:
        self.rung.append((name, self.clock.now()))
        await self.gate.wait()
        if self.faults:
            raise self.faults.pop()

    async def move(self, seconds: float) -> None:
        self.clock.move(seconds)
        for _ in range(20):
            await asyncio.sleep(0)


async def test_it_rings_when_it_is_time() -> None:
    world = World()
    async with world.alarms:
        world.alarms.set("late", 100.0)
        world.alarms.set("soon", 10.0)
        world.alarms.set("never", None)
        await world.move(9.0)
        assert world.rung == []
        await world.move(1.0)
        assert world.rung == [("soon", 10.0)]
        world.alarms.set("late", 20.0)  # earlier than it is waited for
        await world.move(10.0)
        assert world.rung[1:] == [("late", 20.0)]
        world.alarms.set("past", 1.0)
        await world.move(0.0)
        assert world.rung[2:] == [("past", 20.0)]


async def test_a_ring_that_fails_is_repeated(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.faults.append(RuntimeError("the store is away"))
    async with world.alarms:
        world.alarms.set("a", 1.0)
        await world.move(1.0)
        await world.move(AGAIN_SECONDS)
        assert world.rung == [("a", 1.0), ("a", 1.0 + AGAIN_SECONDS)]
    assert "what was due for a could not be done and is tried again" in caplog.text


async def test_a_name_rings_once_at_a_time() -> None:
    world = World()
    world.gate.clear()
    async with world.alarms:
        world.alarms.set("a", 1.0)
        await world.move(1.0)
        world.alarms.set("a", 1.0)
        await world.move(1.0)
        assert len(world.rung) == 1
        world.gate.set()
        await world.move(0.0)
        assert len(world.rung) == 2


async def test_many_ring_a_few_at_once() -> None:
    world = World()
    world.gate.clear()
    async with world.alarms:
        for number in range(3 * RINGS_AT_ONCE):
            world.alarms.set(str(number), 1.0)
        await world.move(1.0)
        assert len(world.rung) == RINGS_AT_ONCE
        world.gate.set()
        for _ in range(4):
            await world.move(0.0)
        assert len(world.rung) == 3 * RINGS_AT_ONCE


async def test_leaving_ends_what_rings() -> None:
    world = World()
    world.gate.clear()
    async with world.alarms:
        world.alarms.set("a", 1.0)
        await world.move(1.0)
    assert world.alarms._tasks == set()
