"""Sending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.services.sqs.limits import MESSAGE_BYTES

if TYPE_CHECKING:
    from tests.unit.services.sqs.conftest import World


def text(value: str, kind: str = "String") -> dict[str, str]:
    return {"DataType": kind, "StringValue": value}


async def test_what_the_sender_is_told(world: World) -> None:
    url = await world.queue()
    attributes = {"City": text("Any City"), "Population": text("1250800", "Number")}
    trace = {"AWSTraceHeader": text("Root=1")}
    (told,) = await world.send(url, "hello", MessageAttributes=attributes, MessageSystemAttributes=trace)
    assert told["MD5OfMessageBody"] == "5d41402abc4b2a76b9719d911017c592"
    assert len(told["MD5OfMessageAttributes"]) == len(told["MD5OfMessageSystemAttributes"]) == 32
    assert "SequenceNumber" not in told


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"MessageBody": ""}, "MissingParameter", "The request must contain the parameter MessageBody."),
        ({"MessageBody": "\x00"}, "InvalidMessageContents", "Invalid characters found."),
        ({"MessageBody": "x" * (MESSAGE_BYTES + 1)}, "InvalidParameterValue", "One or more parameters are invalid."),
        ({"DelaySeconds": 901}, "InvalidParameterValue", "Value 901 for parameter DelaySeconds is invalid."),
        ({"MessageDeduplicationId": "x"}, "InvalidParameterValue", "Value for parameter MessageDeduplicationId"),
        ({"MessageGroupId": "a b"}, "InvalidParameterValue", "Value a b for parameter MessageGroupId is invalid."),
        (
            {"MessageAttributes": {f"a{n}": text("x") for n in range(11)}},
            "InvalidParameterValue",
            "Number of message attributes [11] exceeds the allowed maximum [10].",
        ),
        ({"MessageAttributes": {"AWS.x": text("x")}}, "InvalidParameterValue", "Message (user) attribute name"),
        ({"MessageAttributes": {"a..b": text("x")}}, "InvalidParameterValue", "Message (user) attribute name"),
        ({"MessageAttributes": {"a": text("x", "Text")}}, "InvalidParameterValue", "The type of message (user)"),
        ({"MessageAttributes": {"a": text("")}}, "InvalidParameterValue", "Message (user) attribute 'a' must contain"),
        ({"MessageAttributes": {"a": text("x", "Number")}}, "InvalidParameterValue", "Can't cast the value"),
    ],
)
async def test_what_is_refused(world: World, params: dict[str, Any], code: str, message: str) -> None:
    url = await world.queue()
    said = await world.refused("SendMessage", **{"QueueUrl": url, "MessageBody": "x", **params})
    assert (said[0], said[1][: len(message)]) == (code, message)
    assert await world.counts(url) == (0, 0, 0)


async def test_a_megabyte_just_fits_attributes_counted(world: World) -> None:
    url = await world.queue()
    await world.send(url, "x" * MESSAGE_BYTES)
    small = await world.queue("small", MaximumMessageSize="1024")
    attributes = {"name": text("value")}
    fits = "x" * (1024 - len("name" + "String" + "value"))
    await world.send(small, fits, MessageAttributes=attributes)
    said = await world.refused("SendMessage", QueueUrl=small, MessageBody=fits + "x", MessageAttributes=attributes)
    assert said[1] == "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."


async def test_delays(world: World) -> None:
    url = await world.queue("q", DelaySeconds="5")
    await world.send(url, "queue's")
    await world.send(url, "own", DelaySeconds=2)
    await world.send(url, "none", DelaySeconds=0)
    assert await world.counts(url) == (1, 0, 2)
    assert await world.bodies(url) == ["none"]
    world.clock.at += 2
    assert await world.bodies(url) == ["own"]
    world.clock.at += 3
    assert await world.bodies(url) == ["queue's"]


async def test_a_batch(world: World) -> None:
    url = await world.queue()
    entries = [{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": ""}, {"Id": "c", "MessageBody": "3"}]
    result = await world.call("SendMessageBatch", QueueUrl=url, Entries=entries)
    assert [each["Id"] for each in result["Successful"]] == ["a", "c"]
    assert result["Failed"] == [
        {
            "Id": "b",
            "SenderFault": True,
            "Code": "MissingParameter",
            "Message": "The request must contain the parameter MessageBody.",
        }
    ]
    assert sorted(await world.bodies(url)) == ["1", "3"]
    big = [{"Id": str(n), "MessageBody": "x" * 600_000} for n in range(2)]
    assert (await world.refused("SendMessageBatch", QueueUrl=url, Entries=big))[0] == "BatchRequestTooLong"


async def test_duplicates(world: World) -> None:
    url = await world.queue("q.fifo", ContentBasedDeduplication="true")
    first, again = await world.send(url, "same", "same", MessageGroupId="g")
    assert first == again
    (other,) = await world.send(url, "same", MessageGroupId="g", MessageDeduplicationId="another")
    assert other["MessageId"] != first["MessageId"]
    assert other["SequenceNumber"] > first["SequenceNumber"]
    world.clock.at += 300
    (later,) = await world.send(url, "same", MessageGroupId="g")
    assert later["MessageId"] != first["MessageId"]
    assert await world.counts(url) == (3, 0, 0)


async def test_duplicates_are_remembered_when_they_are_deleted(world: World) -> None:
    url = await world.queue("q.fifo", ContentBasedDeduplication="true")
    await world.send(url, "same", MessageGroupId="g")
    (held,) = await world.receive(url)
    await world.call("DeleteMessage", QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    await world.send(url, "same", MessageGroupId="g")
    assert await world.bodies(url) == []


async def test_the_scope_of_duplicates(world: World) -> None:
    for name, scope, count in (("q.fifo", "queue", 1), ("g.fifo", "messageGroup", 2)):
        url = await world.queue(name, ContentBasedDeduplication="true", DeduplicationScope=scope)
        for group in ("a", "b"):
            await world.send(url, "same", MessageGroupId=group)
        assert await world.counts(url) == (count, 0, 0)


async def test_what_fifo_needs(world: World) -> None:
    url = await world.queue("q.fifo")
    assert await world.refused("SendMessage", QueueUrl=url, MessageBody="x") == (
        "MissingParameter",
        "The request must contain the parameter MessageGroupId.",
    )
    assert await world.refused("SendMessage", QueueUrl=url, MessageBody="x", MessageGroupId="g") == (
        "InvalidParameterValue",
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    )
    given = {"MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 1}
    assert (await world.refused("SendMessage", QueueUrl=url, MessageBody="x", **given))[1].startswith(
        "Value for parameter DelaySeconds is invalid."
    )


@pytest.mark.parametrize(
    ("trace", "text"),
    [
        (
            {"DataType": "Number", "StringValue": "1"},
            "The type of message (system) attribute 'AWSTraceHeader' is invalid. You must use String.",
        ),
        (
            {"DataType": "String"},
            "Message (system) attribute 'AWSTraceHeader' must contain a non-empty value of type 'String'.",
        ),
    ],
)
async def test_a_trace_header_is_a_string(world: World, trace: dict[str, str], text: str) -> None:
    url = await world.queue()
    given = {"QueueUrl": url, "MessageBody": "x", "MessageSystemAttributes": {"AWSTraceHeader": trace}}
    assert await world.refused("SendMessage", **given) == ("InvalidParameterValue", text)
