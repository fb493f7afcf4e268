"""Queues and their attributes."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.services.sqs.conftest import ARN

if TYPE_CHECKING:
    from tests.unit.services.sqs.conftest import World


async def attributes(world: World, url: str, *names: str) -> dict[str, str]:
    found = await world.call("GetQueueAttributes", QueueUrl=url, AttributeNames=list(names or ("All",)))
    return dict(found.get("Attributes", {}))


async def test_a_life(world: World) -> None:
    url = await world.queue("q", VisibilityTimeout="5")
    assert url == "http://h/000000000000/q"
    assert await world.queue("q", VisibilityTimeout="5") == url
    assert await world.refused("CreateQueue", QueueName="q", Attributes={"VisibilityTimeout": "6"}) == (
        "QueueNameExists",
        "A queue already exists with the same name and a different value for attribute VisibilityTimeout",
    )
    assert (await world.call("GetQueueUrl", QueueName="q"))["QueueUrl"] == url
    shown = await attributes(world, url)
    assert (shown["QueueArn"], shown["VisibilityTimeout"], shown["DelaySeconds"]) == (f"{ARN}q", "5", "0")
    assert await attributes(world, url, "MessageRetentionPeriod") == {"MessageRetentionPeriod": "345600"}
    await world.call("SetQueueAttributes", QueueUrl=url, Attributes={"DelaySeconds": "3"})
    assert (await attributes(world, url, "DelaySeconds", "FifoQueue")) == {"DelaySeconds": "3"}
    await world.call("DeleteQueue", QueueUrl=url)
    gone = ("QueueDoesNotExist", "The specified queue does not exist.")
    assert await world.refused("GetQueueUrl", QueueName="q") == gone
    assert await world.refused("SendMessage", QueueUrl=url, MessageBody="x") == gone
    assert await world.refused("DeleteQueue", QueueUrl=url) == gone


async def test_a_queue_of_the_same_name_has_none_of_the_others_messages(world: World) -> None:
    url = await world.queue()
    await world.send(url, "old")
    (held,) = await world.receive(url)
    await world.call("DeleteQueue", QueueUrl=url)
    await world.queue()
    assert await world.bodies(url) == []
    assert (await world.refused("DeleteMessage", QueueUrl=url, ReceiptHandle=held["ReceiptHandle"]))[0] == (
        "ReceiptHandleIsInvalid"
    )


async def test_a_fifo_queue_says_so(world: World) -> None:
    url = await world.queue("q.fifo", DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    shown = await attributes(world, url)
    names = ("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
    assert [shown[name] for name in names] == ["true", "false", "messageGroup", "perMessageGroupId"]
    assert await world.queue("q.fifo", FifoQueue="true") == url


async def test_listings(world: World) -> None:
    for name in ("a1", "a2", "a3", "b"):
        await world.queue(name)
    assert len((await world.call("ListQueues"))["QueueUrls"]) == 4
    first = await world.call("ListQueues", QueueNamePrefix="a", MaxResults=2)
    assert [url.rpartition("/")[2] for url in first["QueueUrls"]] == ["a1", "a2"]
    rest = await world.call("ListQueues", QueueNamePrefix="a", MaxResults=2, NextToken=first["NextToken"])
    assert [url.rpartition("/")[2] for url in rest["QueueUrls"]] == ["a3"]
    assert "NextToken" not in rest
    assert await world.call("ListQueues", QueueNamePrefix="c") == {}
    assert (await world.refused("ListQueues", NextToken="?"))[0] == "InvalidParameterValue"


async def test_tags(world: World) -> None:
    url = await world.queue()
    assert await world.call("ListQueueTags", QueueUrl=url) == {}
    await world.call("TagQueue", QueueUrl=url, Tags={"a": "1", "b": "2"})
    await world.call("UntagQueue", QueueUrl=url, TagKeys=["a"])
    assert await world.call("ListQueueTags", QueueUrl=url) == {"Tags": {"b": "2"}}
    many = {str(number): "x" for number in range(50)}
    assert (await world.refused("TagQueue", QueueUrl=url, Tags=many))[0] == "InvalidParameterValue"


async def test_purging(world: World) -> None:
    url = await world.queue()
    await world.send(url, "a", "b")
    await world.receive(url, 1)
    await world.call("PurgeQueue", QueueUrl=url)
    assert await world.counts(url) == (0, 0, 0)
    assert await world.refused("PurgeQueue", QueueUrl=url) == (
        "PurgeQueueInProgress",
        "Only one PurgeQueue operation on q is allowed every 60 seconds.",
    )
    world.clock.at += 60
    await world.call("PurgeQueue", QueueUrl=url)


async def test_dead_letter_queues(world: World) -> None:
    dead = await world.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": f"{ARN}dead", "maxReceiveCount": 2})
    url = await world.queue("q", RedrivePolicy=policy)
    assert (await world.call("ListDeadLetterSourceQueues", QueueUrl=dead))["queueUrls"] == [url]
    for target in (f"{ARN}none", f"{ARN}q", "arn:aws:sns:us-east-1:1:x"):
        bad = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 2})
        refused = await world.refused("SetQueueAttributes", QueueUrl=url, Attributes={"RedrivePolicy": bad})
        assert refused[0] == "InvalidAttributeValue"
    deny = json.dumps({"redrivePermission": "denyAll"})
    await world.call("SetQueueAttributes", QueueUrl=dead, Attributes={"RedriveAllowPolicy": deny})
    assert (await world.refused("CreateQueue", QueueName="r", Attributes={"RedrivePolicy": policy}))[0] == (
        "InvalidAttributeValue"
    )
    await world.call("SetQueueAttributes", QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert await world.call("ListDeadLetterSourceQueues", QueueUrl=dead) == {}


async def test_many_changes_at_once_all_stay(world: World) -> None:
    url = await world.queue()
    await asyncio.gather(*(world.call("TagQueue", QueueUrl=url, Tags={str(n): "x"}) for n in range(10)))
    assert len((await world.call("ListQueueTags", QueueUrl=url))["Tags"]) == 10


@pytest.mark.parametrize("size", [-1, 0, 1001, 2**63 - 1])
async def test_pages_hold_up_to_a_thousand(world: World, size: int) -> None:
    url = await world.queue()
    for name, more in (("ListQueues", {}), ("ListDeadLetterSourceQueues", {"QueueUrl": url})):
        assert await world.refused(name, **more, MaxResults=size) == (
            "InvalidParameterValue",
            f"Value {size} for parameter MaxResults is invalid. Reason: Must be between 1 and 1000, if provided.",
        )
