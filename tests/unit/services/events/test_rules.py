"""Rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.services.events.conftest import ACCOUNT, ARN, AT, BUS, QUEUE

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World

PATTERN = '{"source": ["x"]}'


async def test_from_making_to_deleting(world: World) -> None:
    made = await world.call("PutRule", Name="r", EventPattern=PATTERN, Tags=[{"Key": "k", "Value": "v"}])
    assert made == {"RuleArn": f"{ARN}rule/r"}
    await world.call("PutTargets", Rule="r", Targets=[{"Id": "1", "Arn": QUEUE}])
    await world.call("PutRule", Name="r", EventPattern='{"source": ["y"]}', State="DISABLED", Description="d")
    assert await world.call("DescribeRule", Name="r") == {
        "Name": "r",
        "Arn": f"{ARN}rule/r",
        "EventPattern": '{"source": ["y"]}',
        "State": "DISABLED",
        "Description": "d",
        "EventBusName": "default",
        "CreatedBy": ACCOUNT,
    }
    tags = await world.call("ListTagsForResource", ResourceARN=f"{ARN}rule/r")
    assert tags == {"Tags": [{"Key": "k", "Value": "v"}]}
    assert await world.refused("DeleteRule", Name="r") == (
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    )
    await world.call("RemoveTargets", Rule="r", Ids=["1"])
    await world.call("DeleteRule", Name="r")
    await world.call("DeleteRule", Name="r")
    assert await world.refused("DescribeRule", Name="r") == (
        "ResourceNotFoundException",
        "Rule r does not exist on EventBus default.",
    )


async def test_on_and_off(world: World) -> None:
    await world.rule("r", PATTERN)
    await world.call("DisableRule", Name="r")
    assert (await world.call("DescribeRule", Name="r"))["State"] == "DISABLED"
    await world.call("EnableRule", Name="r")
    assert (await world.call("DescribeRule", Name="r"))["State"] == "ENABLED"


async def test_listings(world: World) -> None:
    await world.call("CreateEventBus", Name="b")
    await world.rule("r1", PATTERN, {"Arn": QUEUE})
    await world.rule("r2", PATTERN)
    await world.rule("s", PATTERN, {"Arn": QUEUE})
    await world.rule("elsewhere", PATTERN, {"Arn": QUEUE}, bus="b")
    assert [rule["Name"] for rule in (await world.call("ListRules", NamePrefix="r"))["Rules"]] == ["r1", "r2"]
    on_b = await world.call("ListRules", EventBusName=f"{ARN}event-bus/b")
    assert [rule["Arn"] for rule in on_b["Rules"]] == [f"{ARN}rule/b/elsewhere"]
    first = await world.call("ListRuleNamesByTarget", TargetArn=QUEUE, Limit=1)
    assert first["RuleNames"] == ["r1"]
    rest = await world.call("ListRuleNamesByTarget", TargetArn=QUEUE, NextToken=first["NextToken"])
    assert rest == {"RuleNames": ["s"]}


async def test_schedules_are_kept_for_whoever_keeps_time(world: World) -> None:
    await world.call("PutRule", Name="r", ScheduleExpression="rate(5 minutes)")
    since = world.clock.now()
    world.clock.at += 60
    await world.call("PutRule", Name="r", ScheduleExpression="rate(5 minutes)", Description="d")
    assert [(rule.name, rule.changed) async for rule in world.repository.scheduled()] == [("r", since)]
    await world.call("DisableRule", Name="r")
    assert [(rule.enabled, rule.changed) async for rule in world.repository.scheduled()] == [(False, since + 60)]
    await world.call("PutRule", Name="r", EventPattern=PATTERN)
    assert [rule async for rule in world.repository.scheduled()] == []


async def test_what_a_service_made_is_its_own(world: World) -> None:
    await world.call("CreateArchive", ArchiveName="a", EventSourceArn=BUS)
    said = "Rule Events-Archive-a is managed by prod.vhs.events.aws.internal and cannot be changed."
    for operation in ("DisableRule", "DeleteRule"):
        assert await world.refused(operation, Name="Events-Archive-a") == ("ManagedRuleException", said)
    found = await world.repository.kept_rule(AT, "default", "Events-Archive-a")
    assert found is not None
    await world.call("RemoveTargets", Rule="Events-Archive-a", Ids=["Events-Archive-a"], Force=True)
    await world.call("DeleteRule", Name="Events-Archive-a", Force=True)
    assert await world.repository.kept_rule(AT, "default", "Events-Archive-a") is None


@pytest.mark.parametrize(
    ("given", "code", "text"),
    [
        ({}, "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified."),
        ({"EventPattern": PATTERN, "EventBusName": "b"}, "ResourceNotFoundException", "Event bus b does not exist."),
        (
            {"EventPattern": '{"a": "b"}'},
            "InvalidEventPatternException",
            'Event pattern is not valid. Reason: "a" must be an object or an array\n at [Source: (String)"{"a": "b"}";'
            " line: 1, column: 8]",
        ),
        (
            {"ScheduleExpression": "rate(1 minutes)"},
            "ValidationException",
            "Parameter ScheduleExpression is not valid.",
        ),
        (
            {"EventPattern": PATTERN, "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"},
            "ValidationException",
            "State=ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS is not supported by Lambent: there are no management"
            " events of CloudTrail.",
        ),
    ],
)
async def test_refusals(world: World, given: dict[str, Any], code: str, text: str) -> None:
    assert await world.refused("PutRule", Name="r", **given) == (code, text)


async def test_schedules_are_the_default_buss(world: World) -> None:
    await world.call("CreateEventBus", Name="b")
    assert await world.refused("PutRule", Name="r", EventBusName="b", ScheduleExpression="rate(1 minute)") == (
        "ValidationException",
        "ScheduleExpression is supported only on the default event bus.",
    )
