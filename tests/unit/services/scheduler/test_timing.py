from __future__ import annotations

import msgspec

from lambent.services.scheduler import timing
from lambent.services.scheduler.records import Schedule
from tests.unit.services.scheduler.conftest import ACCOUNT, QUEUE, REGION, START

BASE = Schedule(
    account=ACCOUNT,
    region=REGION,
    group="default",
    name="tick",
    expression="rate(1 minute)",
    zone="UTC",
    target={"Arn": QUEUE, "RetryPolicy": {"MaximumEventAgeInSeconds": 300}},
    created=START,
    modified=START,
    anchor=START,
    cursor=START,
    serial="0",
)


def test_everything_is_overdue_a_part_at_a_time() -> None:
    assert timing.overdue(BASE, START + 59) == []
    assert timing.overdue(BASE, START + 120) == [START + 60, START + 120]
    part = timing.overdue(BASE, START + 86_400 * 365)
    assert part == [START + 60 * number for number in range(1, timing.AT_ONCE + 1)]
    rest = timing.overdue(msgspec.structs.replace(BASE, cursor=part[-1]), START + 86_400 * 365)
    assert rest[0] == part[-1] + 60


def test_what_was_missed_is_of_the_last_event_age() -> None:
    assert timing.missed(BASE, START + 120) == [START + 60, START + 120]
    late = timing.missed(BASE, START + 86_400 * 365)
    assert late == [START + 86_400 * 365 - 60 * left for left in (4, 3, 2, 1, 0)]


def test_of_what_is_older_the_last_counts() -> None:
    hourly = msgspec.structs.replace(BASE, expression="cron(0 * * * ? *)")
    assert timing.missed(hourly, START + 86_400 + 600) == [START + 86_400]
    assert timing.missed(hourly, START + 3600 + 299) == [START + 3600]
    yearly = msgspec.structs.replace(BASE, expression="cron(0 13 28 11 ? *)")
    assert timing.missed(yearly, START + 86_400 * 300) == [START + 3600]
    never = msgspec.structs.replace(BASE, expression="cron(0 0 30 2 ? *)")
    assert timing.missed(never, START + 86_400 * 300) == []


def test_a_place_in_the_window_stays_the_same() -> None:
    wide = msgspec.structs.replace(BASE, window_minutes=15)
    places = {timing.offset(wide, START + 60 * number) for number in range(200)}
    assert len(places) > 50
    assert all(0 <= place < 900 for place in places)
    assert timing.offset(wide, START) == timing.offset(wide, START)
    assert timing.offset(BASE, START) == 0


def test_ids_tell_occurrences_and_schedules_apart() -> None:
    other = msgspec.structs.replace(BASE, serial="1")
    assert len({timing.execution_id(BASE, 1.0), timing.execution_id(BASE, 2.0), timing.execution_id(other, 1.0)}) == 3


def test_a_rate_with_a_start_waits_for_it() -> None:
    waiting = timing.begun(msgspec.structs.replace(BASE, start=START + 600), START)
    assert timing.due(waiting) == START + 600
    assert timing.due(timing.begun(BASE, START)) == START
    assert timing.due(msgspec.structs.replace(waiting, state="DISABLED")) is None
    assert timing.due(msgspec.structs.replace(waiting, end=START + 599)) is None


def test_a_change_keeps_the_anchor_of_the_same_rate() -> None:
    assert timing.due(timing.going_on(BASE, BASE, START + 90)) == START + 120
    faster = msgspec.structs.replace(BASE, expression="rate(2 minutes)")
    assert timing.due(timing.going_on(faster, BASE, START + 90)) == START + 90
