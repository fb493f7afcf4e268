"""Redrive tasks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.services.sqs.conftest import ARN

if TYPE_CHECKING:
    from tests.unit.services.sqs.conftest import World


@pytest.fixture
async def world(world: World) -> World:
    """With three dead letters of `q` in `dead`."""
    dead = await world.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": f"{ARN}dead", "maxReceiveCount": 1})
    url = await world.queue("q", RedrivePolicy=policy, VisibilityTimeout="0")
    await world.send(url, "a", "b", "c")
    await world.receive(url)
    assert await world.receive(url) == []
    assert await world.counts(dead) == (3, 0, 0)
    return world


async def finished(world: World) -> Any:
    task = world.moves._tasks[f"{ARN}dead"][0]
    assert task.work is not None
    await task.work
    return (await world.call("ListMessageMoveTasks", SourceArn=f"{ARN}dead"))["Results"][0]


async def test_back_to_where_they_came_from(world: World) -> None:
    await world.call("StartMessageMoveTask", SourceArn=f"{ARN}dead")
    told = await finished(world)
    assert (told["Status"], told["ApproximateNumberOfMessagesMoved"], told["ApproximateNumberOfMessagesToMove"]) == (
        "COMPLETED",
        3,
        3,
    )
    found = await world.receive("q", AttributeNames=["All"])
    assert sorted(each["Body"] for each in found) == ["a", "b", "c"]
    assert {each["Attributes"]["ApproximateReceiveCount"] for each in found} == {"1"}


async def test_elsewhere_and_at_a_rate(world: World) -> None:
    other = await world.queue("other")
    began = world.clock.at
    await world.call(
        "StartMessageMoveTask", SourceArn=f"{ARN}dead", DestinationArn=f"{ARN}other", MaxNumberOfMessagesPerSecond=1
    )
    told = await finished(world)
    assert (told["DestinationArn"], told["MaxNumberOfMessagesPerSecond"]) == (f"{ARN}other", 1)
    assert world.clock.at == began + 3
    assert await world.counts(other) == (3, 0, 0)


async def test_cancelling(world: World) -> None:
    handle = (await world.call("StartMessageMoveTask", SourceArn=f"{ARN}dead"))["TaskHandle"]
    assert (await world.refused("StartMessageMoveTask", SourceArn=f"{ARN}dead"))[1].startswith("There is already a")
    await world.call("CancelMessageMoveTask", TaskHandle=handle)
    assert (await world.call("ListMessageMoveTasks", SourceArn=f"{ARN}dead"))["Results"][0]["Status"] == "CANCELLED"
    assert await world.refused("CancelMessageMoveTask", TaskHandle=handle) == (
        "ResourceNotFoundException",
        "Task does not exist.",
    )


async def test_what_is_refused(world: World) -> None:
    asked = "StartMessageMoveTask"
    assert (await world.refused(asked, SourceArn=f"{ARN}none"))[0] == "ResourceNotFoundException"
    assert await world.refused(asked, SourceArn=f"{ARN}q") == (
        "InvalidParameterValue",
        "Source queue must be configured as a Dead Letter Queue.",
    )
    dead = f"{ARN}dead"
    assert (await world.refused(asked, SourceArn=dead, DestinationArn=f"{ARN}none"))[0] == "ResourceNotFoundException"
    assert (await world.refused(asked, SourceArn=dead, MaxNumberOfMessagesPerSecond=501))[0] == "InvalidParameterValue"
    assert (await world.refused("ListMessageMoveTasks", SourceArn=f"{ARN}none"))[0] == "ResourceNotFoundException"
