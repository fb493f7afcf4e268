from __future__ import annotations

from lambent.services.scheduler import limits
from tests.unit.services.scheduler.conftest import ACCOUNT, REGION, START, World

ARN = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/jobs"


async def test_a_group_is_made_shown_and_listed(world: World) -> None:
    assert await world.call("CreateScheduleGroup", Name="jobs") == {"ScheduleGroupArn": ARN}
    shown = {
        "Arn": ARN,
        "Name": "jobs",
        "State": "ACTIVE",
        "CreationDate": START,
        "LastModificationDate": START,
    }
    assert await world.call("GetScheduleGroup", Name="jobs") == shown
    first = await world.call("ListScheduleGroups", MaxResults=1)
    assert [each["Name"] for each in first["ScheduleGroups"]] == ["default"]
    rest = await world.call("ListScheduleGroups", NextToken=first["NextToken"])
    assert rest == {"ScheduleGroups": [shown]}
    assert (await world.call("ListScheduleGroups", NamePrefix="x")) == {"ScheduleGroups": []}


async def test_tokens_make_a_group_once(world: World) -> None:
    await world.call("CreateScheduleGroup", Name="jobs", ClientToken="t")
    assert await world.call("CreateScheduleGroup", Name="jobs", ClientToken="t") == {"ScheduleGroupArn": ARN}
    exists = ("ConflictException", "Schedule group jobs already exists.")
    assert await world.refused("CreateScheduleGroup", Name="jobs") == exists
    assert (await world.refused("CreateScheduleGroup", Name="default"))[0] == "ConflictException"


async def test_a_group_takes_its_schedules_with_it(world: World) -> None:
    await world.call("CreateScheduleGroup", Name="jobs")
    await world.create("at(2026-11-28T12:30:00)", GroupName="jobs")
    await world.create("at(2026-11-28T12:30:00)")
    await world.call("DeleteScheduleGroup", Name="jobs")
    await world.move(1800)
    assert len(await world.sent(1)) == 1
    gone = ("ResourceNotFoundException", "Schedule group jobs does not exist.")
    assert await world.refused("GetScheduleGroup", Name="jobs") == gone
    assert await world.refused("DeleteScheduleGroup", Name="jobs") == gone


async def test_the_default_group_stays(world: World) -> None:
    assert await world.refused("DeleteScheduleGroup", Name="default") == (
        "ValidationException",
        "The default schedule group cannot be deleted.",
    )


async def test_tags(world: World) -> None:
    await world.call("CreateScheduleGroup", Name="jobs", Tags=[{"Key": "a", "Value": "1"}])
    await world.call("TagResource", ResourceArn=ARN, Tags=[{"Key": "b", "Value": "2"}])
    await world.call("UntagResource", ResourceArn=ARN, TagKeys=["a"])
    assert await world.call("ListTagsForResource", ResourceArn=ARN) == {"Tags": [{"Key": "b", "Value": "2"}]}
    many = [{"Key": str(number), "Value": ""} for number in range(limits.TAGS)]
    assert await world.refused("TagResource", ResourceArn=ARN, Tags=many) == (
        "ServiceQuotaExceededException",
        "The number of tags exceeds the quota of 50.",
    )
