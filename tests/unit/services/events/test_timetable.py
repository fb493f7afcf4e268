"""Rules on a schedule, with a clock that is moved by hand: made, changed, switched off, over restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from lambent.bus.memory import MemoryBus
from lambent.clock import MovableClock
from lambent.schedules.alarms import Alarms
from lambent.services.access import Place
from lambent.services.events.records import Rule
from lambent.services.events.repository import Repository, drop_rule, put_rule
from lambent.services.events.timetable import Timetable
from lambent.store.memory import MemoryStore

AT = Place("000000000000", "us-east-1")
START = datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0


class Frozen(MovableClock):
    """Stands until it is moved."""

    def now(self) -> float:
        return START + self._offset


class World:
    """Rules, and for which times they were fired."""

    def __init__(self) -> None:
        self.clock, self.wire, self.store = Frozen(), MemoryBus(), MemoryStore()
        self.repository = Repository(self.store, self.wire)
        self.fired: list[tuple[str, str]] = []
        self.faults: list[Exception] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A server, from its start to its end."""
        timetable = Timetable(self.repository, self.fire, self.clock)
        alarms = Alarms(lambda name: timetable.ring(name, alarms), self.clock)
        await timetable.load(alarms, self.wire)
        async with alarms:
            await self.move(0)
            yield

    async def fire(self, rule: Rule, time: float) -> None:
        if self.faults:
            raise self.faults.pop()
        self.fired.append((rule.name, f"{datetime.fromtimestamp(time, UTC):%d %H:%M}"))

    async def put(self, schedule: str | None, name: str = "r", **more: Any) -> None:
        kept = await self.repository.kept_rule(AT, "default", name)
        rule = Rule(
            name=name,
            bus="default",
            account=AT.account,
            region=AT.region,
            created_by=AT.account,
            schedule=schedule,
            **({"changed": self.clock.now()} | more),
        )
        await self.repository.commit(*put_rule(rule, kept))
        await self.move(0)

    async def move(self, seconds: float) -> None:
        self.clock.move(seconds)
        for _ in range(40):
            await asyncio.sleep(0)


@pytest.fixture
def world() -> World:
    return World()


async def test_a_rate_counts_from_when_the_rule_was_made(world: World) -> None:
    async with world.running():
        await world.move(90)
        await world.put("rate(5 minutes)")
        await world.move(299)
        assert world.fired == []
        await world.move(1)
        assert world.fired == [("r", "28 12:06")]
        await world.move(600)
        assert world.fired[1:] == [("r", "28 12:11"), ("r", "28 12:16")]


async def test_cron_is_in_utc(world: World) -> None:
    async with world.running():
        await world.put("cron(0 9 ? * MON-FRI *)")
        await world.move(3 * 24 * HOUR)
    assert world.fired == [("r", "30 09:00"), ("r", "01 09:00")]


async def test_what_changes_counts_at_once(world: World) -> None:
    async with world.running():
        await world.put("rate(1 hour)")
        await world.move(1800)
        await world.put("rate(1 minute)")
        await world.move(60)
        assert world.fired == [("r", "28 12:31")]
        await world.put("rate(1 minute)", enabled=False)
        await world.move(HOUR)
        assert len(world.fired) == 1
        await world.put("rate(1 minute)")
        await world.move(60)
        assert world.fired[1:] == [("r", "28 13:32")]
        kept = await world.repository.kept_rule(AT, "default", "r")
        assert kept is not None
        await world.repository.commit(*drop_rule(kept))
        await world.move(HOUR)
        assert len(world.fired) == 2
        assert await world.repository.fired(kept.value) == 0.0


async def test_targets_that_change_do_not_make_it_fire_again(world: World) -> None:
    async with world.running():
        await world.put("rate(1 hour)")
        await world.move(HOUR)
        kept = await world.repository.kept_rule(AT, "default", "r")
        assert kept is not None
        await world.repository.commit(*put_rule(msgspec.structs.replace(kept.value, description="d"), kept))
        await world.move(0)
        assert world.fired == [("r", "28 13:00")]


async def test_a_restart_makes_up_for_a_day(world: World) -> None:
    async with world.running():
        await world.put("rate(6 hours)")
        await world.put("cron(0 13 28 11 ? 2026)", "once")
        await world.move(6 * HOUR)
        world.fired.clear()
    await world.move(48 * HOUR)
    async with world.running():
        assert world.fired == [("r", f"{time}:00") for time in ("29 18", "30 00", "30 06", "30 12", "30 18")][1:]
        await world.move(6 * HOUR)
        assert world.fired[4:] == [("r", "01 00:00")]


async def test_what_happens_once_is_not_lost(world: World) -> None:
    await world.put("cron(0 13 28 11 ? 2026)")
    await world.move(72 * HOUR)
    async with world.running():
        assert world.fired == [("r", "28 13:00")]
    async with world.running():
        assert len(world.fired) == 1


async def test_what_could_not_be_fired_is_fired_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with world.running():
        await world.put("rate(1 hour)")
        world.faults.append(RuntimeError("the disk is full"))
        await world.move(HOUR)
        assert world.fired == []
        await world.move(5)
        assert world.fired == [("r", "28 13:00")]
    assert "could not be done and is tried again" in caplog.text
