"""Finding what an ARN means, and writing topics back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lambent.model.errors import ApiError
from lambent.services.sns.desk import Desk
from lambent.services.sns.records import Topic
from tests.unit.services.sns.conftest import OTHER, QUEUE, TOPIC

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World


async def test_topics(world: World) -> None:
    desk = Desk(world.repository)
    topic = await world.topic()
    assert (await desk.topic(world.ctx(), topic)).arn == topic
    with pytest.raises(ApiError, match="Topic does not exist"):
        await desk.topic(world.ctx(), TOPIC + "none")
    with pytest.raises(ApiError, match="Invalid parameter: TargetArn"):
        await desk.topic(world.ctx(), topic.replace("us-east-1", "eu-west-1"), "TargetArn")


async def test_a_change_that_others_come_before_is_made_anew(world: World) -> None:
    desk = Desk(world.repository)
    arn = await world.topic()

    rounds = 0

    async def interfere() -> None:
        await desk.change(world.ctx(), arn, lambda topic: msgspec.structs.replace(topic, tags={"theirs": "1"}))

    def change(topic: Topic) -> Topic:
        nonlocal rounds
        rounds += 1
        return msgspec.structs.replace(topic, tags={**topic.tags, "ours": "1"})

    original = world.repository.kept_topic

    async def kept_topic(name):  # type: ignore[no-untyped-def]
        found = await original(name)
        if not rounds:
            world.repository.kept_topic = original  # type: ignore[method-assign]
            await interfere()
        return found

    world.repository.kept_topic = kept_topic  # type: ignore[method-assign]
    await desk.change(world.ctx(), arn, change)
    assert (rounds, (await desk.topic(world.ctx(), arn)).tags) == (2, {"theirs": "1", "ours": "1"})
    with pytest.raises(ApiError, match="Topic does not exist"):
        await desk.change(world.ctx(), TOPIC + "none", change)


async def test_subscriptions_are_their_owners_and_their_topics(world: World) -> None:
    desk = Desk(world.repository)
    arn = await world.subscribe(await world.topic(), QUEUE + "q")
    assert (await desk.subscription(world.ctx(), arn, "X")).subscription.arn == arn
    with pytest.raises(ApiError, match="Not authorized to perform: SNS:X"):
        await desk.subscription(world.ctx(OTHER), arn, "X")
    with pytest.raises(ApiError, match="Subscription does not exist"):
        await desk.subscription(world.ctx(), TOPIC + "t:8a21d249-4329-4871-acc6-7be709c6ea7f", "X")
