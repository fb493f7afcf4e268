from __future__ import annotations

import pytest

from lambent.services.scheduler.records import Schedule
from lambent.services.scheduler.repository import Kept
from tests.unit.services.scheduler.conftest import ACCOUNT, QUEUE, REGION, ROLE, START, World, asked

ARN = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/tick"


async def test_a_schedule_is_shown_as_it_was_made(world: World) -> None:
    assert await world.create("rate(1 hour)", State="DISABLED", Description="d") == {"ScheduleArn": ARN}
    assert await world.call("GetSchedule", Name="tick") == {
        "Arn": ARN,
        "GroupName": "default",
        "Name": "tick",
        "ScheduleExpression": "rate(1 hour)",
        "ScheduleExpressionTimezone": "UTC",
        "State": "DISABLED",
        "Description": "d",
        "CreationDate": START,
        "LastModificationDate": START,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "NONE",
        "Target": {
            "Arn": QUEUE,
            "RoleArn": ROLE,
            "Input": "<aws.scheduler.scheduled-time>",
            "RetryPolicy": {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185},
        },
    }


async def test_the_same_token_makes_the_same_schedule(world: World) -> None:
    await world.create("rate(1 hour)", ClientToken="t")
    assert await world.create("rate(1 hour)", ClientToken="t") == {"ScheduleArn": ARN}
    exists = ("ConflictException", "Schedule tick already exists.")
    assert await world.refused("CreateSchedule", **asked("rate(2 hours)", ClientToken="t")) == exists
    assert await world.refused("CreateSchedule", **asked("rate(1 hour)", ClientToken="u")) == exists


async def test_an_update_replaces_everything(world: World) -> None:
    await world.create("rate(1 hour)", Description="old")
    await world.move(60)
    await world.call("UpdateSchedule", **asked("cron(0 9 * * ? *)"))
    shown = await world.call("GetSchedule", Name="tick")
    assert (shown["CreationDate"], shown["LastModificationDate"]) == (START, START + 60)
    assert "Description" not in shown


async def test_what_is_not_there(world: World) -> None:
    absent = ("ResourceNotFoundException", "Schedule tick does not exist.")
    assert await world.refused("GetSchedule", Name="tick") == absent
    assert await world.refused("DeleteSchedule", Name="tick") == absent
    assert await world.refused("UpdateSchedule", **asked("rate(1 hour)")) == absent
    group = ("ResourceNotFoundException", "Schedule group jobs does not exist.")
    assert await world.refused("CreateSchedule", **asked("rate(1 hour)", GroupName="jobs")) == group
    assert await world.refused("ListSchedules", GroupName="jobs") == group


async def test_a_deleted_schedule_is_silent(world: World) -> None:
    await world.create("at(2026-11-28T12:30:00)")
    await world.call("DeleteSchedule", Name="tick")
    await world.move(3600)
    assert world.bodies() == []


async def test_pages_of_schedules(world: World) -> None:
    await world.call("CreateScheduleGroup", Name="jobs")
    for group in ("default", "jobs"):
        for number in range(3):
            state = "DISABLED" if number == 2 else "ENABLED"
            await world.create("at(2027-01-01T00:00:00)", f"s{number}", GroupName=group, State=state)
    first = await world.call("ListSchedules", MaxResults=4)
    assert [(each["GroupName"], each["Name"]) for each in first["Schedules"]] == [
        *(("default", f"s{number}") for number in range(3)),
        ("jobs", "s0"),
    ]
    rest = await world.call("ListSchedules", MaxResults=4, NextToken=first["NextToken"])
    assert [each["Name"] for each in rest["Schedules"]] == ["s1", "s2"]
    assert "NextToken" not in rest
    disabled = await world.call("ListSchedules", GroupName="jobs", State="DISABLED", NamePrefix="s")
    assert [each["Arn"].rpartition("schedule/")[2] for each in disabled["Schedules"]] == ["jobs/s2"]
    assert disabled["Schedules"][0]["Target"] == {"Arn": QUEUE}
    assert await world.refused("ListSchedules", NextToken="%") == ("ValidationException", "Invalid NextToken.")


async def test_a_group_that_goes_while_a_schedule_comes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.call("CreateScheduleGroup", Name="jobs")
    put = world.repository.put

    async def gone_then_put(schedule: Schedule, kept: Kept | None = None) -> None:
        monkeypatch.undo()
        await world.call("DeleteScheduleGroup", Name="jobs")
        await put(schedule, kept)

    monkeypatch.setattr(world.repository, "put", gone_then_put)
    assert await world.refused("CreateSchedule", **asked("rate(1 hour)", GroupName="jobs")) == (
        "ResourceNotFoundException",
        "Schedule group jobs does not exist.",
    )
    assert (await world.call("ListSchedules"))["Schedules"] == []
