"""Four calls of a queue, in somebody's name, and what becomes of those that fail."""

from __future__ import annotations

from lambent.sources.sqs_queue import SqsQueue
from tests.unit.sources.conftest import Scene


def queue(scene: Scene, arn: str | None = None) -> SqsQueue:
    return SqsQueue(scene.queues, lambda: scene.context(scene.mapping), arn or scene.mapping.source_arn)


async def test_calls_are_in_the_roles_name_and_the_queues_region() -> None:
    scene = Scene(visibility=45)
    assert await queue(scene).visibility_seconds() == 45
    elsewhere = scene.mapping.source_arn.replace("us-east-1", "eu-west-1")
    await queue(scene, elsewhere).visibility_seconds()
    assert [(ctx.region, ctx.principal.role) for ctx in scene.queues.callers] == [
        ("us-east-1", "r"),
        ("eu-west-1", "r"),
    ]


async def test_deletes_come_in_tens_and_are_tried_again() -> None:
    scene = Scene()
    scene.queues.send("work", *(str(number) for number in range(25)))
    one = queue(scene)
    messages = [message for _ in range(3) for message in await one.receive(10, 0)]
    scene.queues.fail("DeleteMessageBatch", "InternalError", "ServiceUnavailable")
    assert await one.delete(messages) == 0
    assert scene.queues.left("work") == []
    assert scene.queues.calls["DeleteMessageBatch"] == 5


async def test_what_cannot_be_deleted_is_counted() -> None:
    scene = Scene()
    scene.queues.send("work", "a")
    messages = await queue(scene).receive(10, 0)
    scene.queues.fail("DeleteMessageBatch", *["AccessDenied"] * 3)
    assert await queue(scene).delete(messages) == 1


async def test_releasing_is_worth_one_attempt() -> None:
    scene = Scene()
    scene.queues.send("work", "a")
    one = queue(scene)
    messages = await one.receive(10, 0)
    scene.queues.fail("ChangeMessageVisibilityBatch", "AccessDenied")
    await one.release(messages)
    assert await one.receive(10, 0) == ()
    await one.release(messages)
    assert len(await one.receive(10, 0)) == 1
