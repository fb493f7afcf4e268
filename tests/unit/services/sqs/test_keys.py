"""Messages under keys of KMS: whose key, asked by whom, how often, and what is said when KMS refuses."""

from __future__ import annotations

import pytest

from lambent.services.access import Place
from lambent.services.sqs.keys import PREFIX
from lambent.services.sqs.peek import ENCRYPTED, Peek
from lambent.services.sqs.post import box
from tests.unit.services.sqs.conftest import ACCOUNT, ARN, REGION, World

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KEY = {"KmsMasterKeyId": "alias/mine", "KmsDataKeyReusePeriodSeconds": "60"}


async def received(world: World, url: str) -> list[str]:
    told = await world.call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in told.get("Messages", ())]


async def test_there_and_back_and_nothing_readable_in_between(world: World) -> None:
    url = await world.queue(**KEY)
    await world.send(url, "one", "two")
    entries = [{"Id": "a", "MessageBody": "three"}]
    await world.call("SendMessageBatch", QueueUrl=url, Entries=entries)
    queue = await world.post.queue(world.ctx(), url)
    lying = await world.mailbox.lying(box(queue), now=world.clock.at, limit=10)
    assert all(each.content.startswith(PREFIX) and b"one" not in each.content for each in lying)
    assert await received(world, url) == ["one", "two", "three"]
    assert world.kms.asked == [(ROOT, "GenerateDataKey", f"{ARN}q"), (ROOT, "Decrypt", f"{ARN}q")]


async def test_kms_is_asked_again_after_the_time_that_the_queue_says(world: World) -> None:
    url = await world.queue(**KEY)
    await world.send(url, "one")
    await received(world, url)
    world.clock.at += 61
    await world.send(url, "two")
    assert await received(world, url) == ["one", "two"]
    operations = [operation for _, operation, _ in world.kms.asked]
    assert operations == ["GenerateDataKey", "Decrypt"] * 2


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("AccessDeniedException", "KmsAccessDenied"),
        ("DisabledException", "KmsDisabled"),
        ("NotFoundException", "KmsNotFound"),
        ("KMSInvalidStateException", "KmsInvalidState"),
    ],
)
async def test_what_kms_refuses_is_neither_sent_nor_received(world: World, code: str, told: str) -> None:
    url = await world.queue(**KEY)
    await world.send(url, "one")
    world.clock.at += 61
    world.kms.refuse = code
    assert await world.refused("SendMessage", QueueUrl=url, MessageBody="two") == (told, "no")
    assert (await world.refused("ReceiveMessage", QueueUrl=url, VisibilityTimeout=0))[0] == told
    world.kms.refuse = None
    assert await received(world, url) == ["one"]


async def test_duplicates_are_known_by_their_first(world: World) -> None:
    url = await world.queue("q.fifo", **KEY)
    ids = {
        (await world.send(url, "one", MessageGroupId="g", MessageDeduplicationId="d"))[0]["MessageId"] for _ in range(2)
    }
    assert len(ids) == 1


async def test_the_servers_own_key_asks_nobody(world: World) -> None:
    for name in ("alias/aws/sqs", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/sqs"):
        url = await world.queue(f"q{len(name)}", KmsMasterKeyId=name)
        await world.send(url, "one")
        assert await received(world, url) == ["one"]
    assert world.kms.asked == []


async def test_what_a_queue_says_of_its_encryption(world: World) -> None:
    async def told(url: str) -> dict[str, str]:
        wanted = ["SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"]
        answer = await world.call("GetQueueAttributes", QueueUrl=url, AttributeNames=wanted)
        return dict(answer["Attributes"])

    url = await world.queue(KmsMasterKeyId="alias/mine")
    assert await told(url) == {
        "SqsManagedSseEnabled": "false",
        "KmsMasterKeyId": "alias/mine",
        "KmsDataKeyReusePeriodSeconds": "300",
    }
    await world.call("SetQueueAttributes", QueueUrl=url, Attributes={"KmsMasterKeyId": ""})
    assert await told(url) == {"SqsManagedSseEnabled": "true"}


async def test_a_look_into_the_queue_shows_that_it_is_encrypted(world: World) -> None:
    url = await world.queue(**KEY)
    (sent,) = await world.send(url, "one")
    (seen,) = await Peek(world.post, world.clock)(Place(ACCOUNT, REGION), "q", 5)
    assert (seen.message_id, seen.body) == (sent["MessageId"], ENCRYPTED)
