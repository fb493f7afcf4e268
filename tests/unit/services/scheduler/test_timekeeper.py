"""Schedules on time: clocks that are moved, servers that were down, and the copies that a crash leaves."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from lambent.services.access import Place
from lambent.services.scheduler import timing
from lambent.services.scheduler.waiting import Execution, closed
from tests.unit.services.scheduler.conftest import ACCOUNT, REGION, START, World, asked

AT = Place(ACCOUNT, REGION)
HOUR = 3600.0


async def test_a_rate_begins_at_once_and_goes_on(world: World) -> None:
    await world.create("rate(5 minutes)")
    assert await world.sent(1) == ["2026-11-28T12:00:00Z"]
    await world.move(299)
    assert len(world.bodies()) == 1
    await world.move(1)
    assert (await world.sent(2))[1:] == ["2026-11-28T12:05:00Z"]


async def test_every_occurrence_that_the_clock_jumps_over_is_executed(world: World) -> None:
    await world.create("rate(10 minutes)")
    await world.sent(1)
    await world.move(HOUR)
    assert sorted((await world.sent(7))[1:]) == [
        *(f"2026-11-28T12:{minute}:00Z" for minute in (10, 20, 30, 40, 50)),
        "2026-11-28T13:00:00Z",
    ]


async def test_once_is_once(world: World) -> None:
    await world.create("at(2026-11-28T12:30:00)")
    await world.move(2 * HOUR)
    assert await world.sent(1) == ["2026-11-28T12:30:00Z"]
    await world.restart(after=HOUR)
    await world.rest()
    assert len(world.bodies()) == 1
    assert (await world.call("GetSchedule", Name="tick"))["State"] == "ENABLED"


async def test_what_is_past_never_happens(world: World) -> None:
    await world.create("at(2026-11-28T11:59:59)")
    await world.move(HOUR)
    assert world.bodies() == []


async def test_cron_in_berlin_over_the_end_of_summer(world: World) -> None:
    await world.create("cron(0 9 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")
    world.clock.move(datetime(2027, 3, 27, 7, tzinfo=UTC).timestamp() - START)
    await world.rest()
    before = len(world.bodies())
    await world.move(HOUR)
    await world.move(23 * HOUR)
    assert (await world.sent(before + 2))[before:] == ["2027-03-27T08:00:00Z", "2027-03-28T07:00:00Z"]


async def test_what_came_due_while_the_server_was_down(world: World) -> None:
    await world.create("cron(0/30 * * * ? *)")
    await world.create("at(2026-11-28T13:15:00)", "once")
    await world.restart(after=2 * HOUR)
    assert sorted(await world.sent(5)) == [
        "2026-11-28T12:30:00Z",
        "2026-11-28T13:00:00Z",
        "2026-11-28T13:15:00Z",
        "2026-11-28T13:30:00Z",
        "2026-11-28T14:00:00Z",
    ]


async def test_what_is_older_than_an_event_may_be_counts_once(world: World) -> None:
    age = {"RetryPolicy": {"MaximumEventAgeInSeconds": 60}}
    await world.create("cron(0/5 * * * ? *)", Target=age)
    await world.create("at(2026-11-28T12:01:00)", "once", Target=age)
    await world.restart(after=HOUR + 150)
    assert sorted(await world.sent(2)) == ["2026-11-28T12:01:00Z", "2026-11-28T13:00:00Z"]


async def test_a_crash_between_the_two_writes_doubles_nothing(world: World) -> None:
    await world.create("at(2026-11-28T12:30:00)")
    kept = await world.repository.schedule(AT, "default", "tick")
    assert kept is not None
    await world.close()
    occurrence = START + 1800
    left = Execution(
        id=timing.execution_id(kept.schedule, occurrence),
        copy="before",
        arn=kept.schedule.arn,
        occurrence=occurrence,
        target=kept.schedule.target,
        serial=kept.schedule.serial,
    )
    await world.queue.put(kept.schedule.arn, [closed(world.seal, left)], now=occurrence)
    world.clock.move(1801)
    await world.open()
    assert await world.sent(1) == ["2026-11-28T12:30:00Z"]
    assert await world.queue.names() == []


async def test_dates_bound_recurring_schedules_only(world: World) -> None:
    start, end = (datetime.fromtimestamp(START + seconds, UTC) for seconds in (600, 1200))
    await world.create("rate(5 minutes)", StartDate=start, EndDate=end)
    await world.create("at(2026-11-28T12:01:00)", "once", StartDate=start, EndDate=end)
    await world.move(HOUR)
    assert sorted(await world.sent(4)) == [f"2026-11-28T12:{minute}:00Z" for minute in ("01", "10", "15", "20")]


async def test_a_disabled_schedule_rests_and_is_not_made_up_for(world: World) -> None:
    await world.create("cron(0 * * * ? *)", State="DISABLED")
    await world.move(3 * HOUR)
    await world.restart()
    assert world.bodies() == []
    await world.call("UpdateSchedule", **asked("cron(0 * * * ? *)"))
    await world.move(HOUR)
    assert await world.sent(1) == ["2026-11-28T16:00:00Z"]


async def test_a_change_keeps_the_beat_unless_it_is_the_beats(world: World) -> None:
    await world.create("rate(1 hour)")
    await world.sent(1)
    await world.move(1800)
    await world.call("UpdateSchedule", **asked("rate(1 hour)"))
    await world.move(1800)
    assert (await world.sent(2))[1:] == ["2026-11-28T13:00:00Z"]
    await world.move(60)
    await world.call("UpdateSchedule", **asked("rate(2 hours)"))
    assert (await world.sent(3))[2:] == ["2026-11-28T13:01:00Z"]


async def test_a_schedule_goes_with_its_last_execution(world: World) -> None:
    await world.create("at(2026-11-28T12:30:00)", ActionAfterCompletion="DELETE")
    await world.move(1800)
    await world.sent(1)
    assert await world.refused("GetSchedule", Name="tick") == (
        "ResourceNotFoundException",
        "Schedule tick does not exist.",
    )


async def test_a_flexible_window(world: World) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    await world.create("at(2026-11-28T12:30:00)", FlexibleTimeWindow=window)
    kept = await world.repository.schedule(AT, "default", "tick")
    assert kept is not None
    wait = timing.offset(kept.schedule, START + 1800)
    assert 0 <= wait < 900
    await world.move(1800 + wait - 0.5)
    assert world.bodies() == []
    await world.move(0.5)
    assert await world.sent(1) == ["2026-11-28T12:30:00Z"]


async def test_many_schedules_need_one_wait(world: World) -> None:
    await world.close()
    kept = await _stored(world, 300)
    await world.open()
    assert len(world.alarms._tasks) == 1
    assert not any(world.outbox.holds(arn) for arn in kept)
    await world.move(60)
    assert len(await world.sent(300)) == 300


async def _stored(world: World, count: int) -> list[str]:
    await world.open()
    await world.create("at(2026-11-28T12:01:00)", "pattern")
    kept = await world.repository.schedule(AT, "default", "pattern")
    assert kept is not None
    await world.close()
    await world.repository.drop([kept.schedule])
    arns = []
    for number in range(count):
        schedule = msgspec.structs.replace(kept.schedule, name=f"s{number}", serial=f"{number:016x}")
        await world.repository.put(schedule)
        arns.append(schedule.arn)
    return arns
