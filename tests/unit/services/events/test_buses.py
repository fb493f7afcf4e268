"""Event buses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.services.events.conftest import ACCOUNT, ARN, BUS, DEAD, OTHER

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World


async def test_the_default_bus_is_there(world: World) -> None:
    assert await world.call("ListEventBuses") == {"EventBuses": [{"Name": "default", "Arn": BUS}]}
    assert await world.call("DescribeEventBus") == {"Name": "default", "Arn": BUS}
    assert await world.refused("DeleteEventBus", Name="default") == (
        "ValidationException",
        "Cannot delete event bus default.",
    )


async def test_one_of_ones_own(world: World) -> None:
    made = await world.call("CreateEventBus", Name="b", Description="d", DeadLetterConfig={"Arn": DEAD})
    assert made == {"EventBusArn": f"{ARN}event-bus/b", "Description": "d", "DeadLetterConfig": {"Arn": DEAD}}
    assert await world.refused("CreateEventBus", Name="b") == (
        "ResourceAlreadyExistsException",
        "Event bus b already exists.",
    )
    changed = await world.call("UpdateEventBus", Name="b", Description="e")
    assert changed == {"Arn": f"{ARN}event-bus/b", "Name": "b", "Description": "e", "DeadLetterConfig": {"Arn": DEAD}}
    shown = await world.call("DescribeEventBus", Name=f"{ARN}event-bus/b")
    assert (shown["Description"], shown["CreationTime"]) == ("e", world.clock.now())
    await world.call("DeleteEventBus", Name="b")
    await world.call("DeleteEventBus", Name="b")
    assert await world.refused("DescribeEventBus", Name="b") == (
        "ResourceNotFoundException",
        "Event bus b does not exist.",
    )
    assert (await world.refused("UpdateEventBus", Name="b"))[0] == "ResourceNotFoundException"


async def test_listing_by_pages_and_prefix(world: World) -> None:
    for name in ("dear", "cat"):
        await world.call("CreateEventBus", Name=name)
    first = await world.call("ListEventBuses", Limit=2)
    assert [bus["Name"] for bus in first["EventBuses"]] == ["cat", "dear"]
    second = await world.call("ListEventBuses", Limit=2, NextToken=first["NextToken"])
    assert [bus["Name"] for bus in second["EventBuses"]] == ["default"]
    found = await world.call("ListEventBuses", NamePrefix="de")
    assert [bus["Name"] for bus in found["EventBuses"]] == ["dear", "default"]


async def test_a_bus_with_rules_stays(world: World) -> None:
    await world.call("CreateEventBus", Name="b")
    await world.rule("r", '{"source": ["x"]}', bus="b")
    assert await world.refused("DeleteEventBus", Name="b") == (
        "ValidationException",
        "Event bus has rules associated.",
    )


async def test_accounts_do_not_see_each_other(world: World) -> None:
    await world.call("CreateEventBus", Name="b")
    assert len((await world.call("ListEventBuses", world.ctx(OTHER)))["EventBuses"]) == 1
    assert ACCOUNT != OTHER


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"Name": "default"}, "Event bus default already exists."),
        ({"Name": "a/b"}, "Event bus name must not contain '/'."),
        (
            {"Name": "b", "EventSourceName": "aws.partner/x/y"},
            "EventSourceName is not supported by Lambent: there are no partner event sources.",
        ),
        (
            {"Name": "b", "KmsKeyIdentifier": "k"},
            "KmsKeyIdentifier is not supported by Lambent: what lies on disk is not encrypted with keys of KMS.",
        ),
        (
            {"Name": "b", "LogConfig": {"Level": "INFO"}},
            "LogConfig.Level is not supported by Lambent: buses write no logs; lambent events tail --bus NAME shows"
            " what happens to their events.",
        ),
        (
            {"Name": "b", "DeadLetterConfig": {"Arn": f"{DEAD}.fifo"}},
            "Parameter DeadLetterConfig.Arn is not valid. Reason: It must be the ARN of a standard queue of SQS.",
        ),
    ],
)
async def test_refusals(world: World, given: dict[str, Any], text: str) -> None:
    assert (await world.refused("CreateEventBus", **given))[1] == text
