"""Where topics and subscriptions are kept, with a cache of topics in front.

`ACCOUNT/REGION/sns/topic/NAME` is a topic, `.../sns/subscription/TOPIC/ID` one of its subscriptions,
`.../sns/endpoint/TOPIC/DIGEST` which of them an endpoint has, and `.../sns/owned/TOPIC'S ACCOUNT/TOPIC/ID` (in the
subscriber's account) whose it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from lambent.bus.base import Bus
from lambent.services.access import Place
from lambent.services.sns.names import SubscriptionName, TopicName, topic_of
from lambent.services.sns.records import Subscription, Topic
from lambent.store.base import ABSENT, Store, Write

TOPICS = "topics"
"""The bus topic on which ARNs of topics are told that have changed."""

SUBSCRIPTIONS = "subscriptions"
"""The same of subscriptions."""

_CACHED = 10_000
_CHUNK = 250


class KeptTopic(msgspec.Struct, frozen=True):
    """A topic as it was read, to be written back."""

    topic: Topic
    revision: int


class KeptSubscription(msgspec.Struct, frozen=True):
    """A subscription as it was read, to be written back."""

    subscription: Subscription
    revision: int


class Repository:
    """Topics and subscriptions of every account and region."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._cache: dict[str, Topic] = {}
        self._changes = 0
        bus.subscribe(TOPICS, self._forget)

    async def topic(self, name: TopicName) -> Topic | None:
        """A topic, from the cache where possible."""
        known = self._cache.get(name.arn)
        if known is not None:
            return known
        changes = self._changes
        kept = await self.kept_topic(name)
        if kept is None:
            return None
        if changes == self._changes:
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            self._cache[name.arn] = kept.topic
        return kept.topic

    async def kept_topic(self, name: TopicName) -> KeptTopic | None:
        """A topic read from the store."""
        record = await self._store.get(_topic_key(name))
        return None if record is None else KeptTopic(msgspec.msgpack.decode(record.value, type=Topic), record.revision)

    async def topics(self, at: Place, *, after: str, limit: int) -> list[Topic]:
        """Topics in the order of their names, from the one after `after`."""
        prefix = f"{_root(at)}/topic/"
        records = await self._store.list(prefix, after=prefix + after if after else "", limit=limit)
        return [msgspec.msgpack.decode(record.value, type=Topic) for record in records]

    async def put_topic(self, topic: Topic, kept: KeptTopic | None = None) -> None:
        """Write a new topic (`kept` None), or one back. Raises Conflict."""
        expect = ABSENT if kept is None else kept.revision
        await self._store.transact([Write(_topic_key(topic_of(topic.arn)), msgspec.msgpack.encode(topic), expect)])
        self._bus.publish(TOPICS, topic.arn)

    async def drop_topic(self, name: TopicName) -> None:
        """Delete a topic, if it is there, then its subscriptions."""
        await self._store.delete(_topic_key(name))
        self._bus.publish(TOPICS, name.arn)
        while found := await self.subscriptions(name, limit=_CHUNK):
            writes = [write for each in found for write in _writes(each, None, None)]
            await self._store.transact(writes)
            for each in found:
                self._bus.publish(SUBSCRIPTIONS, each.arn)

    async def subscription(self, name: SubscriptionName) -> KeptSubscription | None:
        """A subscription."""
        record = await self._store.get(_subscription_key(name))
        if record is None:
            return None
        return KeptSubscription(msgspec.msgpack.decode(record.value, type=Subscription), record.revision)

    async def subscribed(self, topic: TopicName, protocol: str, endpoint: str) -> KeptSubscription | None:
        """The subscription that an endpoint has to a topic."""
        record = await self._store.get(_endpoint_key(topic, protocol, endpoint))
        return None if record is None else await self.subscription(SubscriptionName(topic, record.value.decode()))

    async def subscriptions(self, topic: TopicName, *, after: str = "", limit: int) -> list[Subscription]:
        """Subscriptions of a topic in the order of their ids, from the one after `after`."""
        prefix = _subscription_key(SubscriptionName(topic, ""))
        records = await self._store.list(prefix, after=prefix + after if after else "", limit=limit)
        return [msgspec.msgpack.decode(record.value, type=Subscription) for record in records]

    async def owned(self, at: Place, *, after: str, limit: int) -> list[tuple[str, SubscriptionName]]:
        """Subscriptions of an account with their positions in this listing, from the one after `after`."""
        prefix = f"{_root(at)}/owned/"
        records = await self._store.list(prefix, after=prefix + after if after else "", limit=limit)
        found = []
        for record in records:
            position = record.key.removeprefix(prefix)
            account, topic, number = position.split("/")
            found.append((position, SubscriptionName(TopicName(Place(account, at.region), topic), number)))
        return found

    async def put_subscription(self, subscription: Subscription, kept: KeptSubscription | None = None) -> None:
        """Write a new subscription (`kept` None; its endpoint must have none yet), or one back. Raises Conflict."""
        expect = ABSENT if kept is None else kept.revision
        writes = _writes(subscription, msgspec.msgpack.encode(subscription), expect)
        await self._store.transact(writes if kept is None else writes[:1])
        self._bus.publish(SUBSCRIPTIONS, subscription.arn)

    async def drop_subscription(self, kept: KeptSubscription) -> None:
        """Delete a subscription. Raises Conflict."""
        await self._store.transact(_writes(kept.subscription, None, kept.revision))
        self._bus.publish(SUBSCRIPTIONS, kept.subscription.arn)

    def _forget(self, _: str, arn: str) -> None:
        self._changes += 1
        self._cache.pop(arn, None)


def _writes(subscription: Subscription, value: bytes | None, expect: int | None) -> Sequence[Write]:
    """The records of a subscription: itself, its endpoint's, its owner's."""
    topic = topic_of(subscription.topic)
    alone = ABSENT if expect == ABSENT else None
    owned = f"{_root(Place(subscription.owner, topic.place.region))}/owned/"
    gone = value is None
    return [
        Write(_subscription_key(SubscriptionName(topic, subscription.id)), value, expect),
        Write(
            _endpoint_key(topic, subscription.protocol, subscription.endpoint),
            None if gone else subscription.id.encode(),
            alone,
        ),
        Write(f"{owned}{topic.place.account}/{topic.name}/{subscription.id}", None if gone else b"", alone),
    ]


def _root(at: Place) -> str:
    return f"{at.account}/{at.region}/sns"


def _topic_key(name: TopicName) -> str:
    return f"{_root(name.place)}/topic/{name.name}"


def _subscription_key(name: SubscriptionName) -> str:
    return f"{_root(name.topic.place)}/subscription/{name.topic.name}/{name.id}"


def _endpoint_key(topic: TopicName, protocol: str, endpoint: str) -> str:
    digest = hashlib.sha256(f"{protocol} {endpoint}".encode()).hexdigest()
    return f"{_root(topic.place)}/endpoint/{topic.name}/{digest}"
