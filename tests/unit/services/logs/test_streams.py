"""Streams: made, listed by name and by time, deleted."""

from __future__ import annotations

from typing import Any

from tests.unit.services.logs.conftest import ACCOUNT, REGION, World


async def listed(world: World, **params: Any) -> list[str]:
    found = await world.call("DescribeLogStreams", logGroupName="g", **params)
    return [each["logStreamName"] for each in found["logStreams"]]


async def test_streams(world: World) -> None:
    await world.stream(stream="b")
    for name in ("a", "c"):
        await world.call("CreateLogStream", logGroupName="g", logStreamName=name)
    await world.put("x", stream="a", at=world.now - 5000)
    await world.put("y", "z", stream="b")
    assert await listed(world) == ["a", "b", "c"]
    assert await listed(world, orderBy="LastEventTime", descending=True) == ["b", "a", "c"]
    assert await listed(world, logStreamNamePrefix="b") == ["b"]
    page = await world.call("DescribeLogStreams", logGroupName="g", limit=2)
    assert await listed(world, limit=2, nextToken=page["nextToken"]) == ["c"]
    assert await world.refused(
        "DescribeLogStreams", logGroupName="g", orderBy="LastEventTime", logStreamNamePrefix="b"
    ) == ("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")


async def test_what_is_told(world: World) -> None:
    await world.stream()
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g:log-stream:s"
    empty = {"logStreamName": "s", "creationTime": world.now, "arn": arn, "storedBytes": 0}
    assert (await world.call("DescribeLogStreams", logGroupName="g"))["logStreams"] == [empty]
    await world.put("x", "y", at=world.now - 1000)
    (shown,) = (await world.call("DescribeLogStreams", logGroupName="g"))["logStreams"]
    assert (shown["firstEventTimestamp"], shown["lastEventTimestamp"], shown["lastIngestionTime"]) == (
        world.now - 1000,
        world.now - 999,
        world.now,
    )
    assert shown["creationTime"] == world.now


async def test_made_once_and_deleted_once(world: World) -> None:
    await world.stream()
    again = {"logGroupName": "g", "logStreamName": "s"}
    assert await world.refused("CreateLogStream", **again) == (
        "ResourceAlreadyExistsException",
        "The specified log stream already exists",
    )
    await world.call("DeleteLogStream", **again)
    assert await world.refused("DeleteLogStream", **again) == (
        "ResourceNotFoundException",
        "The specified log stream does not exist.",
    )
    long = "é" * 500
    await world.call("CreateLogStream", logGroupName="g", logStreamName=long)
    assert await listed(world) == [long]
