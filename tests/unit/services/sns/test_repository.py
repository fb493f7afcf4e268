"""Where topics and subscriptions are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lambent.services.access import Place
from lambent.services.sns.names import TopicName, subscription_of, topic_of
from lambent.services.sns.records import Subscription, Topic
from lambent.store.base import Conflict
from tests.unit.services.sns.conftest import ACCOUNT, OTHER, REGION, TOPIC

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World

AT = Place(ACCOUNT, REGION)
NAME = TopicName(AT, "t")
SUBSCRIPTION = Subscription(
    id="8a21d249-4329-4871-acc6-7be709c6ea7f",
    topic=TOPIC + "t",
    owner=OTHER,
    protocol="sqs",
    endpoint="q",
    state="confirmed",
)


async def test_topics(world: World) -> None:
    repository = world.repository
    topic = Topic(name="t", account=ACCOUNT, region=REGION, created=1.0)
    assert await repository.topic(NAME) is None
    await repository.put_topic(topic)
    with pytest.raises(Conflict):
        await repository.put_topic(topic)
    assert await repository.topic(NAME) is await repository.topic(NAME)
    kept = await repository.kept_topic(NAME)
    assert kept is not None
    changed = msgspec.structs.replace(topic, tags={"a": "b"})
    await repository.put_topic(changed, kept)
    assert await repository.topic(NAME) == changed
    with pytest.raises(Conflict):
        await repository.put_topic(topic, kept)


async def test_an_endpoint_is_subscribed_once(world: World) -> None:
    repository = world.repository
    await repository.put_subscription(SUBSCRIPTION)
    with pytest.raises(Conflict):
        await repository.put_subscription(
            msgspec.structs.replace(SUBSCRIPTION, id="8a21d249-0000-4871-acc6-000000000000")
        )
    kept = await repository.subscribed(NAME, "sqs", "q")
    assert kept is not None
    assert kept.subscription == SUBSCRIPTION
    assert await repository.subscribed(NAME, "lambda", "q") is None
    await repository.put_subscription(msgspec.structs.replace(SUBSCRIPTION, state="cancelled"), kept)
    ((position, name),) = await repository.owned(Place(OTHER, REGION), after="", limit=9)
    assert (name, await repository.owned(AT, after="", limit=9)) == (subscription_of(SUBSCRIPTION.arn), [])
    assert await repository.owned(Place(OTHER, REGION), after=position, limit=9) == []
    kept = await repository.subscription(name)
    assert kept is not None
    await repository.drop_subscription(kept)
    assert await repository.subscribed(NAME, "sqs", "q") is None
    assert await repository.owned(Place(OTHER, REGION), after="", limit=9) == []


async def test_a_topic_goes_with_its_subscriptions_and_no_others(world: World) -> None:
    repository = world.repository
    for number in range(600):
        await repository.put_subscription(
            msgspec.structs.replace(SUBSCRIPTION, id=f"8a21d249-4329-4871-acc6-{number:012}", endpoint=str(number))
        )
    await repository.put_subscription(msgspec.structs.replace(SUBSCRIPTION, topic=TOPIC + "t2"))
    await repository.drop_topic(NAME)
    assert await repository.subscriptions(NAME, limit=9) == []
    assert len(await repository.subscriptions(topic_of(TOPIC + "t2"), limit=9)) == 1
    assert len(await repository.owned(Place(OTHER, REGION), after="", limit=9)) == 1
