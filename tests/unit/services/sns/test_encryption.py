"""Messages under keys of KMS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError
from tests.unit.services.sns.conftest import QUEUE

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World


async def test_a_message_lies_encrypted_and_is_delivered(world: World) -> None:
    topic = await world.topic(KmsMasterKeyId="alias/mine")
    await world.subscribe(topic, QUEUE + "q")
    await world.publish(topic, "a")
    await world.publish(topic, "b")
    await world.until(lambda: sorted(world.neighbours.messages("q")) == ["a", "b"])
    me = world.ctx().principal.arn
    context = {"aws:sns:topicArn": topic}
    assert world.neighbours.keys == [("GenerateDataKey", me, context), ("Decrypt", me, context)]
    world.clock.move(301)
    await world.publish(topic, "c")
    assert len(world.neighbours.keys) == 4


async def test_what_waits_is_not_readable_without_the_key(world: World) -> None:
    topic = await world.topic("t.fifo", KmsMasterKeyId="k")
    for number in range(2):
        await world.subscribe(topic, f"{QUEUE}{number}.fifo")
        world.neighbours.refusals[f"{number}.fifo"] = [ApiError("ServiceUnavailable", "later", status=503)] * 4
    await world.publish(topic, "in the clear", MessageGroupId="g", MessageDeduplicationId="d")
    await world.until(lambda: not any(world.neighbours.refusals.values()))
    letter = world.ledger._database.look_up(
        lambda connection: connection.execute("SELECT body FROM letters").fetchone()
    )
    assert letter is not None
    opened = world.fanout._seal.open(letter[0], b"sns")
    assert (opened[:1], b"in the clear" in opened) == (b"\1", False)
    world.clock.move(301)  # the data key is forgotten, and KMS asked again
    await world.until(lambda: world.neighbours.messages("0.fifo") == ["in the clear"])
    assert world.neighbours.keys[-1][0] == "Decrypt"


@pytest.mark.parametrize(
    ("code", "operation", "told"),
    [
        ("AccessDeniedException", "GenerateDataKey", "KMSAccessDenied"),
        ("AccessDeniedException", "Decrypt", "KMSAccessDenied"),
        ("NotFoundException", "GenerateDataKey", "KMSNotFound"),
        ("DisabledException", "GenerateDataKey", "KMSDisabled"),
        ("KMSInvalidStateException", "GenerateDataKey", "KMSInvalidState"),
        ("ThrottlingException", "GenerateDataKey", "KMSThrottling"),
    ],
)
async def test_what_kms_refuses_is_not_published(world: World, code: str, operation: str, told: str) -> None:
    topic = await world.topic(KmsMasterKeyId="k")
    world.neighbours.refusals[operation] = [ApiError(code, "why")]
    assert await world.refused("Publish", TopicArn=topic, Message="m") == (told, "why")
    assert await world.waiting() == 0


async def test_what_kms_does_not_open_any_more_waits(world: World) -> None:
    topic = await world.topic(KmsMasterKeyId="k")
    await world.subscribe(topic, QUEUE + "q")
    await world.standard.__aexit__()  # nothing is tried before the key is forgotten
    await world.publish(topic, "m")
    world.clock.move(301)
    world.neighbours.refusals["Decrypt"] = [ApiError("DisabledException", "why")] * 2
    world.standard._closed = False
    await world.standard.__aenter__()
    await world.until(lambda: len(world.neighbours.refusals["Decrypt"]) == 1)
    await world.after(1.1)
    await world.after(2.1)
    await world.until(lambda: world.neighbours.messages("q") == ["m"])


async def test_the_key_of_aws_is_the_servers_own(world: World) -> None:
    for name, key in (("t", "alias/aws/sns"), ("u", "arn:aws:kms:us-east-1:000000000000:alias/aws/sns")):
        await world.publish(await world.topic(name, KmsMasterKeyId=key))
    assert world.neighbours.keys == []
