"""Receiving, deleting, holding."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from lambent.services.sqs import limits
from tests.unit.services.sqs.conftest import ARN

if TYPE_CHECKING:
    from tests.unit.services.sqs.conftest import World


async def delete(world: World, url: str, message: Any) -> None:
    await world.call("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


async def test_a_message_is_received_until_it_is_deleted(world: World) -> None:
    url = await world.queue("q", VisibilityTimeout="10")
    await world.send(url, "a")
    (first,) = await world.receive(url)
    assert await world.receive(url) == []
    assert await world.counts(url) == (0, 1, 0)
    world.clock.at += 10
    (second,) = await world.receive(url, AttributeNames=["All"])
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    sent = int(world.clock.at * 1000) - 10_000
    assert second["Attributes"]["ApproximateFirstReceiveTimestamp"] == str(sent)
    await delete(world, url, first)  # an old handle deletes nothing
    assert await world.counts(url) == (0, 1, 0)
    await delete(world, url, second)
    await delete(world, url, second)
    assert await world.counts(url) == (0, 0, 0)


async def test_what_is_asked_for_is_shown(world: World) -> None:
    url = await world.queue()
    attributes = {
        "a.b": {"DataType": "String", "StringValue": "1"},
        "a.c": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"},
        "z": {"DataType": "Number", "StringValue": "2"},
    }
    for _ in range(4):
        await world.send(url, "x", MessageAttributes=attributes)
    (plain,) = await world.receive(url, 1)
    assert set(plain) == {"MessageId", "ReceiptHandle", "MD5OfBody", "Body"}
    (some,) = await world.receive(url, 1, MessageAttributeNames=["a.*"], MessageSystemAttributeNames=["SenderId"])
    assert some["MessageAttributes"] == {name: attributes[name] for name in ("a.b", "a.c")}
    assert some["Attributes"] == {"SenderId": "000000000000"}
    (every,) = await world.receive(url, 1, MessageAttributeNames=["All"])
    assert every["MessageAttributes"] == attributes
    assert every["MD5OfMessageAttributes"] != some["MD5OfMessageAttributes"]


async def test_who_waits_is_woken(world: World) -> None:
    url = await world.queue()
    waiting = asyncio.ensure_future(world.call("ReceiveMessage", world.ctx(), QueueUrl=url, WaitTimeSeconds=20))
    world.clock.sleep = lambda seconds: asyncio.Event().wait()  # type: ignore[method-assign,assignment,return-value]
    while not world.post._waiting:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await world.send(url, "a")
    assert [each["Body"] for each in (await waiting)["Messages"]] == ["a"]
    assert world.post._waiting == {}


async def test_who_waits_in_vain_gets_nothing(world: World) -> None:
    url = await world.queue("q", ReceiveMessageWaitTimeSeconds="7")
    began = world.clock.at
    assert await world.receive(url) == []
    assert world.clock.at == began + 7


async def test_who_waits_gets_what_becomes_visible(world: World) -> None:
    url = await world.queue()
    await world.send(url, "late", DelaySeconds=3)
    assert await world.bodies(url, WaitTimeSeconds=20) == ["late"]


async def test_holding_longer_shorter_and_not_at_all(world: World) -> None:
    url = await world.queue()
    await world.send(url, "a")
    (held,) = await world.receive(url, VisibilityTimeout=5)
    handle = {"QueueUrl": url, "ReceiptHandle": held["ReceiptHandle"]}
    await world.call("ChangeMessageVisibility", **handle, VisibilityTimeout=60)
    world.clock.at += 59
    assert await world.receive(url) == []
    await world.call("ChangeMessageVisibility", **handle, VisibilityTimeout=0)
    (again,) = await world.receive(url, VisibilityTimeout=0)
    assert again["Body"] == "a"
    entries = [{"Id": "1", "ReceiptHandle": held["ReceiptHandle"]}]
    (failed,) = (await world.call("ChangeMessageVisibilityBatch", QueueUrl=url, Entries=entries))["Failed"]
    assert (failed["Code"], failed["Message"]) == (
        "MissingParameter",
        "The request must contain the parameter VisibilityTimeout.",
    )
    code, text = await world.refused("ChangeMessageVisibility", **handle, VisibilityTimeout=1)
    assert code == "InvalidParameterValue"
    assert text.endswith("Message does not exist or is not available for visibility timeout change.")
    assert (await world.refused("ChangeMessageVisibility", **handle, VisibilityTimeout=43_201))[0] == (
        "InvalidParameterValue"
    )


async def test_dead_letters(world: World) -> None:
    dead = await world.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": f"{ARN}dead", "maxReceiveCount": 2})
    url = await world.queue("q", RedrivePolicy=policy, VisibilityTimeout="0")
    await world.send(url, "poison", "good")
    for _ in range(2):
        (poison,) = [each for each in await world.receive(url) if each["Body"] == "poison"]
    good = list(await world.receive(url))
    assert good == []  # both were received twice
    assert sorted(await world.bodies(dead, VisibilityTimeout=0)) == ["good", "poison"]
    (letter, _) = await world.receive(dead, AttributeNames=["DeadLetterQueueSourceArn", "ApproximateReceiveCount"])
    assert letter["Attributes"] == {"DeadLetterQueueSourceArn": f"{ARN}q", "ApproximateReceiveCount": "4"}
    assert letter["MessageId"] == poison["MessageId"] or letter["Body"] == "good"


async def test_messages_that_are_too_old_are_gone(world: World) -> None:
    url = await world.queue("q", MessageRetentionPeriod="60")
    await world.send(url, "a")
    world.clock.at += 60
    assert await world.bodies(url) == []
    assert await world.counts(url) == (0, 0, 0)


async def test_batches(world: World) -> None:
    url = await world.queue()
    await world.send(url, "a", "b")
    one, two = await world.receive(url)
    handles = [{"Id": "1", "ReceiptHandle": one["ReceiptHandle"]}, {"Id": "2", "ReceiptHandle": "?"}]
    changes = [{**each, "VisibilityTimeout": 0} for each in handles]
    result = await world.call("ChangeMessageVisibilityBatch", QueueUrl=url, Entries=changes)
    assert [each["Id"] for each in result["Successful"]] == ["1"]
    assert result["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"
    handles[1]["ReceiptHandle"] = two["ReceiptHandle"]
    (again,) = await world.receive(url)
    handles[0]["ReceiptHandle"] = again["ReceiptHandle"]
    result = await world.call("DeleteMessageBatch", QueueUrl=url, Entries=handles)
    assert "Failed" not in result
    assert await world.counts(url) == (0, 0, 0)


@pytest.mark.parametrize(
    "params",
    [
        {"MaxNumberOfMessages": 0},
        {"MaxNumberOfMessages": 11},
        {"VisibilityTimeout": 43_201},
        {"WaitTimeSeconds": 21},
    ],
)
async def test_what_is_refused(world: World, params: dict[str, int]) -> None:
    url = await world.queue()
    assert (await world.refused("ReceiveMessage", QueueUrl=url, **params))[0] == "InvalidParameterValue"


async def test_too_many_in_flight(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IN_FLIGHT", 2)
    url = await world.queue()
    await world.send(url, "a", "b", "c")
    await world.receive(url, 2)
    assert await world.refused("ReceiveMessage", QueueUrl=url) == (
        "OverLimit",
        "Too many messages in flight for queue q.",
    )


async def test_a_group_waits_for_its_first_message_and_others_do_not(world: World) -> None:
    url = await world.queue("q.fifo", ContentBasedDeduplication="true")
    for body in ("a1", "b1", "a2", "b2", "a3"):
        await world.send(url, body, MessageGroupId=body[0])
    (first,) = await world.receive(url, 1, AttributeNames=["All"])
    assert (first["Body"], first["Attributes"]["MessageGroupId"]) == ("a1", "a")
    assert await world.bodies(url) == ["b1", "b2"]
    await delete(world, url, first)
    rest = await world.receive(url)
    assert [each["Body"] for each in rest] == ["a2", "a3"]
    assert await world.bodies(url) == []


async def test_a_fifo_message_that_is_visible_again_cannot_be_deleted(world: World) -> None:
    url = await world.queue("q.fifo", ContentBasedDeduplication="true")
    await world.send(url, "a", MessageGroupId="g")
    (held,) = await world.receive(url, VisibilityTimeout=1)
    world.clock.at += 1
    code, text = await world.refused("DeleteMessage", QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    assert code == "InvalidParameterValue"
    assert text.endswith("Reason: The receipt handle has expired.")
    assert await world.bodies(url) == ["a"]
