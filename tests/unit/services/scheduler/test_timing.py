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


def test_what_came_due_while_the_server_ran_and_while_it_did_not() -> None:
    assert timing.overdue(BASE, START + 59) == []
    assert timing.overdue(BASE, START + 120) == [START + 60, START + 120]
    assert len(timing.overdue(BASE, START + 3600)) == 60
    assert timing.missed(BASE, START + 3600) == [START + 3600 - 60 * left for left in (4, 3, 2, 1, 0)]


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
