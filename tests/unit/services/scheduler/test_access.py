from __future__ import annotations

from typing import Any

import pytest

from lambent.services.access import UNGUARDED, Need, Place
from tests.unit.services.scheduler.conftest import ACCOUNT, REGION, ROLE, World, asked

AT = Place(ACCOUNT, REGION)
PREFIX = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:"


@pytest.mark.parametrize(
    ("operation", "params", "resource"),
    [
        ("GetSchedule", {"Name": "tick"}, "schedule/default/tick"),
        ("DeleteSchedule", {"Name": "tick", "GroupName": "jobs"}, "schedule/jobs/tick"),
        ("GetScheduleGroup", {"Name": "jobs"}, "schedule-group/jobs"),
        ("UntagResource", {"ResourceArn": PREFIX + "schedule-group/jobs"}, "schedule-group/jobs"),
    ],
)
async def test_needs(world: World, operation: str, params: dict[str, Any], resource: str) -> None:
    (need,) = await world.access.needs(operation, AT, params)
    assert (need.action, need.resource) == (f"scheduler:{operation}", PREFIX + resource)


async def test_listings_are_of_everything(world: World) -> None:
    assert (await world.access.needs("ListSchedules", AT, {}))[0].resource == "*"


async def test_a_role_is_passed(world: World) -> None:
    _, passing = await world.access.needs("CreateSchedule", AT, asked("rate(1 hour)"))
    assert passing == Need("iam:PassRole", ROLE, ACCOUNT, {"iam:passedtoservice": ("scheduler.amazonaws.com",)})


async def test_tags_count_in_conditions(world: World) -> None:
    tags = [{"Key": "Team", "Value": "red"}]
    (need,) = await world.access.needs("CreateScheduleGroup", AT, {"Name": "jobs", "Tags": tags})
    assert need.keys == {"aws:requesttag/team": ("red",), "aws:tagkeys": ["Team"]}
    await world.call("CreateScheduleGroup", Name="jobs", Tags=tags)
    for resource in ("schedule-group/jobs", "schedule/jobs/tick"):
        assert (await world.access.guard(Need("", PREFIX + resource, ACCOUNT))).tags == {"Team": "red"}
    assert await world.access.guard(Need("", "*", ACCOUNT)) is UNGUARDED
