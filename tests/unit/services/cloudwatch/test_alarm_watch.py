"""Alarms that change by themselves as values come and time goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lambent.clock import MovableClock
from lambent.observe.metrics.store import MetricStore
from lambent.services.cloudwatch.records import AlarmState
from tests.unit.services.cloudwatch.conftest import AT, TOPIC, World, until


class TickingWorld(World):
    """Time is moved by `advance`, which also lets everything happen that is due."""

    clock: MovableClock  # type: ignore[assignment]

    async def advance(self, seconds: float) -> None:
        self.clock.move(seconds)

    async def until(self, holds: Callable[[dict[str, str]], bool]) -> None:
        async def held() -> bool:
            return holds(await self.states())

        await until(held)


async def opened(path: Path, test: Callable[[TickingWorld], object]) -> None:
    clock = MovableClock()
    async with MetricStore(path / "m.db", clock) as store:
        world = TickingWorld(store, clock)  # type: ignore[arg-type]
        async with world.actions.outbox, world.watch:
            await test(world)  # type: ignore[misc]


async def test_it_goes_off_tells_and_comes_back(tmp_path: Path) -> None:
    async def test(world: TickingWorld) -> None:
        await world.alarm(OKActions=[TOPIC], TreatMissingData="notBreaching")
        await world.until(lambda states: states == {"a": "OK"})
        await world.put("Cpu", 9.0)
        await world.advance(60)
        await world.until(lambda states: states == {"a": "ALARM"})
        await world.advance(600)
        await world.until(lambda states: states == {"a": "OK"})

        async def told() -> bool:
            return len(world.neighbours.calls) == 3

        await until(told)
        assert {call[:3] for call in world.neighbours.calls} == {("cloudwatch.amazonaws.com", "sns", "Publish")}
        subjects = [call[3]["Subject"] for call in world.neighbours.calls]
        assert subjects == [f'{state}: "a" in US East (N. Virginia)' for state in ("OK", "ALARM", "OK")]

    await opened(tmp_path, test)


async def test_composites_follow_what_they_look_at(tmp_path: Path) -> None:
    async def test(world: TickingWorld) -> None:
        await world.alarm("a")
        await world.alarm("b")
        await world.call("PutCompositeAlarm", AlarmName="both", AlarmRule="ALARM(a) AND ALARM(b)")
        await world.call("PutCompositeAlarm", AlarmName="top", AlarmRule="ALARM(both)", AlarmActions=[TOPIC])
        await world.until(lambda states: states["top"] == "OK")
        await world.call("SetAlarmState", AlarmName="a", StateValue="ALARM", StateReason="x")
        await world.call("SetAlarmState", AlarmName="b", StateValue="ALARM", StateReason="x")
        await world.until(lambda states: states["top"] == states["both"] == "ALARM")

    await opened(tmp_path, test)


async def test_alarms_are_watched_again_after_a_start(world: World) -> None:
    await world.alarm()
    await world.put("Cpu", 9.0, at=world.clock.at - 60)

    async def off() -> bool:
        return await world.states() == {"a": "ALARM"}

    async with world.watch:
        await until(off)


async def test_setting_what_it_is_already_changes_only_the_reason(world: World) -> None:
    await world.alarm()
    (alarm,) = await world.repository.alarms(AT)
    await world.watch.set(alarm, AlarmState.INSUFFICIENT, "because")
    (after,) = await world.repository.alarms(AT)
    assert (after.reason, after.updated) == ("because", alarm.updated)
    await world.call("DeleteAlarms", AlarmNames=["a"])
    await world.watch.set(alarm, AlarmState.ALARM, "because")  # it is gone: nothing happens
    assert await world.states() == {}
