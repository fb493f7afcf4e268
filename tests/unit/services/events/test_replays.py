"""Replays, started and followed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.services.events.conftest import ARN, BUS, QUEUE

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World

GIVEN: dict[str, Any] = {
    "ReplayName": "again",
    "EventSourceArn": f"{ARN}archive/a",
    "EventStartTime": datetime(2026, 1, 1, tzinfo=UTC),
    "EventEndTime": datetime(2027, 1, 1, tzinfo=UTC),
    "Destination": {"Arn": BUS},
}


async def archived(world: World) -> None:
    await world.call("CreateArchive", ArchiveName="a", EventSourceArn=BUS)
    await world.rule("r", '{"source": ["shop"]}', {"Arn": QUEUE})
    for number in range(3):
        await world.put(detail=f'{{"n": {number}}}')
    world.town.calls.clear()


async def test_events_come_again_under_the_name_of_the_replay(world: World) -> None:
    await archived(world)
    started = await world.call("StartReplay", **GIVEN, Description="d")
    assert (started["ReplayArn"], started["State"]) == (f"{ARN}replay/again", "STARTING")
    await world.player.settled()
    await world.settle()
    assert [(body["detail"]["n"], body["replay-name"]) for body in world.town.bodies()] == [
        (0, "again"),
        (1, "again"),
        (2, "again"),
    ]
    shown = await world.call("DescribeReplay", ReplayName="again")
    assert (shown["State"], shown["Destination"], shown["EventLastReplayedTime"]) == (
        "COMPLETED",
        {"Arn": BUS},
        world.clock.now(),
    )
    assert (await world.call("DescribeArchive", ArchiveName="a"))["EventCount"] == 3
    listed = await world.call("ListReplays", State="COMPLETED", EventSourceArn=f"{ARN}archive/a")
    assert [each["ReplayName"] for each in listed["Replays"]] == ["again"]
    assert (await world.call("ListReplays", State="RUNNING"))["Replays"] == []


async def test_for_some_rules_and_some_time(world: World) -> None:
    await archived(world)
    await world.rule("s", '{"source": ["shop"]}', {"Arn": QUEUE, "Input": '"s"'})
    filtered = {"Destination": {"Arn": BUS, "FilterArns": [f"{ARN}rule/s"]}}
    await world.call("StartReplay", **GIVEN | filtered)
    earlier = {"ReplayName": "earlier", "EventEndTime": datetime(2026, 1, 2, tzinfo=UTC)}
    await world.call("StartReplay", **GIVEN | earlier)
    await world.player.settled()
    await world.settle()
    assert world.town.bodies() == ["s"] * 3


async def test_cancelled(world: World) -> None:
    await archived(world)
    await world.call("StartReplay", **GIVEN)
    assert (await world.call("CancelReplay", ReplayName="again"))["State"] == "CANCELLING"
    await world.player.settled()
    assert (await world.call("DescribeReplay", ReplayName="again"))["State"] == "CANCELLED"
    assert await world.refused("CancelReplay", ReplayName="again") == (
        "IllegalStatusException",
        "Replay again is not in a valid state for this operation.",
    )


async def test_names_are_free_again_after_ninety_days(world: World) -> None:
    await archived(world)
    await world.call("StartReplay", **GIVEN)
    await world.player.settled()
    assert (await world.refused("StartReplay", **GIVEN))[1] == "Replay again already exists."
    world.clock.at += 91 * 86_400
    await world.call("StartReplay", **GIVEN)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            {"EventEndTime": datetime(2025, 1, 1, tzinfo=UTC)},
            "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
        ),
        (
            {"Destination": {"Arn": QUEUE}},
            "Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.",
        ),
        ({"Destination": {"Arn": f"{ARN}event-bus/x"}}, "Event bus x does not exist."),
        (
            {"Destination": {"Arn": f"{ARN}event-bus/b"}},
            "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
        ),
        ({"EventSourceArn": BUS}, "Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN."),
        (
            {"EventSourceArn": f"{ARN}archive/x"},
            "Parameter EventSourceArn is not valid. Reason: Archive x does not exist.",
        ),
    ],
)
async def test_refusals(world: World, given: dict[str, Any], text: str) -> None:
    await world.call("CreateEventBus", Name="b")
    await world.call("CreateArchive", ArchiveName="a", EventSourceArn=BUS)
    assert (await world.refused("StartReplay", **GIVEN | given))[1] == text


async def test_what_is_not_there(world: World) -> None:
    for operation in ("DescribeReplay", "CancelReplay"):
        assert await world.refused(operation, ReplayName="x") == (
            "ResourceNotFoundException",
            "Replay x does not exist.",
        )
