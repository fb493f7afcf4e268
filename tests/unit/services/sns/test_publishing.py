"""Publishing: what is refused, and what is answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import PlatformError
from tests.unit.services.sns.conftest import QUEUE, TOPIC

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World


async def test_sizes(world: World) -> None:
    topic = await world.topic()
    await world.publish(topic, "x" * 262_144)
    assert await world.refused("Publish", TopicArn=topic, Message="x" * 262_145) == (
        "InvalidParameter",
        "Invalid parameter: Message too long",
    )
    entries = [{"Id": str(number), "Message": "x" * 131_073} for number in range(2)]
    assert await world.refused("PublishBatch", TopicArn=topic, PublishBatchRequestEntries=entries) == (
        "BatchRequestTooLong",
        "The length of all the messages put together is more than the limit.",
    )


async def test_where_to(world: World) -> None:
    topic = await world.topic()
    assert "MessageId" in await world.call("Publish", TargetArn=topic, Message="m")
    for params, said in (
        ({}, "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"),
        (
            {"PhoneNumber": "+1"},
            "Invalid parameter: PhoneNumber Reason: not supported by Lambent: it sends no text messages",
        ),
        (
            {"TargetArn": "arn:aws:sns:us-east-1:1:endpoint/GCM/a/b"},
            "Invalid parameter: TargetArn Reason: not supported by Lambent: it pushes nothing to mobile devices",
        ),
        ({"TopicArn": TOPIC + "x"}, "Topic does not exist"),
    ):
        assert (await world.refused("Publish", Message="m", **params))[1] == said


@pytest.mark.parametrize(
    ("ids", "code", "said"),
    [
        ([], "EmptyBatchRequest", "The batch request doesn't contain any entries."),
        (list("abcdefghijk"), "TooManyEntriesInBatchRequest", "The batch request contains more entries than"),
        (["a", "a"], "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."),
        (["a" * 81], "InvalidBatchEntryId", "The Id of a batch entry in the batch request is too long: aaa"),
        (["a.b"], "InvalidBatchEntryId", "The Id of a batch entry in the batch request contains an impermissible"),
    ],
)
async def test_batches_that_make_no_sense(world: World, ids: list[str], code: str, said: str) -> None:
    entries = [{"Id": each, "Message": "m"} for each in ids]
    refused = await world.refused("PublishBatch", TopicArn=await world.topic(), PublishBatchRequestEntries=entries)
    assert (refused[0], refused[1][: len(said)]) == (code, said)


async def test_a_batch(world: World) -> None:
    topic = await world.topic()
    await world.subscribe(topic, QUEUE + "q")
    entries = [{"Id": each, "Message": each} for each in "ab"]
    told = await world.call("PublishBatch", TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [each["Id"] for each in told["Successful"]] == ["a", "b"]
    assert told["Failed"] == []
    await world.until(lambda: sorted(world.neighbours.messages("q")) == ["a", "b"])


async def test_a_fifo_message_is_taken_once_in_five_minutes(world: World) -> None:
    topic = await world.topic("t.fifo", ContentBasedDeduplication="true")
    await world.subscribe(topic, QUEUE + "q.fifo")
    told = await asyncio.gather(*(world.publish(topic, "m", MessageGroupId="g") for _ in range(3)))
    assert told[0] == told[1] == told[2]
    assert len(told[0]["SequenceNumber"]) == 20
    other = await world.publish(topic, "m", MessageGroupId="h", MessageDeduplicationId="d")
    assert int(other["SequenceNumber"]) > int(told[0]["SequenceNumber"])
    await world.until(lambda: len(world.neighbours.bodies("q.fifo")) == 2)
    await world.after(301)
    again = await world.publish(topic, "m", MessageGroupId="g")
    assert again["MessageId"] != told[0]["MessageId"]
    await world.until(lambda: len(world.neighbours.bodies("q.fifo")) == 3)


async def test_groups_may_have_sightings_of_their_own(world: World) -> None:
    topic = await world.topic("t.fifo", FifoThroughputScope="MessageGroup")
    told = [await world.publish(topic, MessageGroupId=group, MessageDeduplicationId="d") for group in "ghg"]
    assert told[0] == told[2] != told[1]


async def test_what_could_not_be_written_down_was_not_seen(world: World) -> None:
    topic = await world.topic("t.fifo")
    original = world.fanout.put

    async def fail(*_: object) -> None:
        raise PlatformError("disk full")

    world.fanout.put = fail  # type: ignore[method-assign,assignment]
    with pytest.raises(PlatformError):
        await world.publish(topic, MessageGroupId="g", MessageDeduplicationId="d")
    world.fanout.put = original  # type: ignore[method-assign]
    await world.subscribe(topic, QUEUE + "q.fifo")
    await world.publish(topic, MessageGroupId="g", MessageDeduplicationId="d")
    await world.until(lambda: len(world.neighbours.bodies("q.fifo")) == 1)
