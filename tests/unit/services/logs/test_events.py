"""Events: what is taken, what is refused, what is told."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.logs import limits
from tests.unit.services.logs.conftest import World

DAY = limits.DAY_MS


async def test_what_is_too_old_or_too_new(world: World) -> None:
    await world.stream()
    await world.call("PutRetentionPolicy", logGroupName="g", retentionInDays=5)
    times = [world.now - 10 * DAY, world.now - 10 * DAY + 1]
    told = await world.call("PutLogEvents", **batch([(time, "x") for time in times]))
    assert told["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 2}
    told = await world.call("PutLogEvents", **batch([(world.now - 15 * DAY, "x"), (world.now - 15 * DAY, "y")]))
    assert told["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2, "expiredLogEventEndIndex": 2}
    told = await world.call("PutLogEvents", **batch([(world.now, "kept"), (world.now + 3 * limits.HOUR_MS, "new")]))
    assert told["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    assert await world.messages() == ["kept"]


def batch(events: list[tuple[int, str]], **more: Any) -> dict[str, Any]:
    entries = [{"timestamp": time, "message": message} for time, message in events]
    return {"logGroupName": "g", "logStreamName": "s", "logEvents": entries, **more}


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ([(5, "a"), (4, "b")], "Log events in a single PutLogEvents request must be in chronological order."),
        (
            [(0, "a"), (DAY + 1, "b")],
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ),
        ([(0, "é" * 600_000)], "Log event too large: 1200026 bytes exceeds limit of 1048576"),
        ([(0, "x" * 600_000), (0, "x" * 600_000)], "Upload too large: 1200052 bytes exceeds limit of 1048576"),
    ],
)
async def test_batches_that_are_refused(world: World, events: list[tuple[int, str]], text: str) -> None:
    await world.stream()
    assert await world.refused("PutLogEvents", **batch(events)) == ("InvalidParameterException", text)


async def test_where_there_is_nothing(world: World) -> None:
    assert await world.refused("PutLogEvents", **batch([(world.now, "x")])) == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
    await world.call("CreateLogGroup", logGroupName="g")
    none = ("ResourceNotFoundException", "The specified log stream does not exist.")
    assert await world.refused("PutLogEvents", **batch([(world.now, "x")])) == none
    assert await world.refused("GetLogEvents", logGroupName="g", logStreamName="s") == none
    assert await world.refused("FilterLogEvents", logGroupName="g", logStreamNames=["s"]) == none


async def test_batches_may_overlap_and_come_with_any_token(world: World) -> None:
    await world.stream()
    await world.call("PutLogEvents", **batch([(world.now - 10, "b"), (world.now, "d")]))
    told = await world.call("PutLogEvents", **batch([(world.now - 20, "a"), (world.now - 5, "c")], sequenceToken="1"))
    assert told["nextSequenceToken"]
    assert await world.messages("GetLogEvents", logStreamName="s") == ["a", "b", "c", "d"]
    assert await world.messages() == ["a", "b", "c", "d"]


async def test_a_disk_that_does_not_keep_up(world: World) -> None:
    await world.stream()
    world.store.capacity = 10
    assert await world.refused("PutLogEvents", **batch([(world.now, "x")])) == (
        "ServiceUnavailableException",
        "The service cannot complete the request.",
    )


async def test_pages_in_both_directions(world: World) -> None:
    await world.stream()
    await world.put(*(str(n) for n in range(10)))
    where = {"logGroupName": "g", "logStreamName": "s", "limit": 4}
    last = await world.call("GetLogEvents", **where)
    assert [each["message"] for each in last["events"]] == ["6", "7", "8", "9"]
    before = await world.call("GetLogEvents", **where, nextToken=last["nextBackwardToken"])
    assert [each["message"] for each in before["events"]] == ["2", "3", "4", "5"]
    first = await world.call("GetLogEvents", **where, nextToken=before["nextBackwardToken"])
    assert [each["message"] for each in first["events"]] == ["0", "1"]
    none = await world.call("GetLogEvents", **where, nextToken=first["nextBackwardToken"])
    assert (none["events"], none["nextBackwardToken"]) == ([], first["nextBackwardToken"])
    again = await world.call("GetLogEvents", **where, nextToken=none["nextForwardToken"])
    assert [each["message"] for each in again["events"]] == ["0", "1", "2", "3"]
    assert await world.refused("GetLogEvents", **where, nextToken="x") == (
        "InvalidParameterException",
        "The specified nextToken is invalid.",
    )


async def test_times(world: World) -> None:
    await world.stream()
    await world.put("0", "1", "2", "3")
    at = world.now
    assert await world.messages("GetLogEvents", logStreamName="s", startTime=at + 1, endTime=at + 3) == ["1", "2"]
    assert await world.messages(startTime=at + 1, endTime=at + 3) == ["1", "2", "3"]


async def test_filters(world: World) -> None:
    await world.stream()
    await world.call("CreateLogStream", logGroupName="g", logStreamName="other")
    await world.put("ERROR a", "INFO b")
    await world.put("ERROR c", stream="other", at=world.now + 5)
    assert await world.messages(filterPattern="ERROR") == ["ERROR a", "ERROR c"]
    assert await world.messages(filterPattern="ERROR", logStreamNamePrefix="o") == ["ERROR c"]
    assert await world.messages(logStreamNames=["s"]) == ["ERROR a", "INFO b"]
    assert await world.messages(startFromHead=False) == ["ERROR c", "INFO b", "ERROR a"]
    page = await world.call("FilterLogEvents", logGroupName="g", limit=2)
    assert page["events"][0] == {
        "timestamp": world.now,
        "message": "ERROR a",
        "ingestionTime": world.now,
        "logStreamName": "s",
        "eventId": page["events"][0]["eventId"],
    }
    assert len(page["events"][0]["eventId"]) == 56
    rest = await world.call("FilterLogEvents", logGroupName="g", limit=2, nextToken=page["nextToken"])
    assert len(rest["events"]) == 1 and "nextToken" not in rest
    assert await world.refused("FilterLogEvents", logGroupName="g", filterPattern="{ $.a }") == (
        "InvalidParameterException",
        "Invalid filter pattern: an operator is missing at character 7.",
    )
    both = await world.refused("FilterLogEvents", logGroupName="g", logStreamNames=["s"], logStreamNamePrefix="s")
    assert both[1] == "logStreamNames and logStreamNamePrefix are mutually exclusive parameters."


async def test_what_is_not_kept_any_more_is_not_told(world: World) -> None:
    await world.stream()
    await world.put("old", at=world.now - 2 * DAY)
    await world.put("new")
    assert await world.messages() == ["old", "new"]
    await world.call("PutRetentionPolicy", logGroupName="g", retentionInDays=1)
    assert await world.messages() == ["new"]
