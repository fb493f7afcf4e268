"""The audience: who listens to a topic, with compiled filters, kept in memory from the first message on.

A change of a subscription makes one entry stale, not the whole topic: ten thousand can come one after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cached_property

import msgspec

from lambent.bus.base import Bus
from lambent.services.sns import delivery_policies, filters
from lambent.services.sns.delivery_policies import OfSubscription
from lambent.services.sns.filters import Filter
from lambent.services.sns.names import SubscriptionName, topic_of
from lambent.services.sns.records import HTTP, Notice, Subscription
from lambent.services.sns.repository import SUBSCRIPTIONS, TOPICS, Repository

_PAGE = 1000


class Member:
    """A subscription, ready for messages."""

    def __init__(self, subscription: Subscription) -> None:
        attributes = subscription.attributes
        scope = attributes.get("FilterPolicyScope", filters.ATTRIBUTES)
        self.subscription = subscription
        self.raw = subscription.says("RawMessageDelivery")
        self.addressed = subscription.protocol in HTTP
        self._filter: Filter | None = filters.compiled(attributes.get("FilterPolicy"), scope)

    def wants(self, notice: Notice) -> bool:
        """Whether a message goes there. Filters of bodies see what is delivered."""
        subscription = self.subscription
        if not subscription.confirmed:
            return False
        return self._filter is None or self._filter.passes(notice.text(subscription.protocol), notice.attributes)

    @cached_property
    def dead_letters(self) -> str | None:
        """The ARN of the queue for what cannot be delivered."""
        policy = self.subscription.attributes.get("RedrivePolicy")
        target: str | None = msgspec.json.decode(policy)["deadLetterTargetArn"] if policy else None
        return target

    def delivery(self, topic_policy: str | None) -> OfSubscription:
        """The effective delivery policy."""
        return delivery_policies.effective(topic_policy, self.subscription.attributes.get("DeliveryPolicy"))


class _Crowd:
    """The members of one topic, and those that changed since they were read."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.stale: set[str] = set()
        self.loaded = False
        self.reading = asyncio.Lock()


class Audience:
    """The members of every topic that was published to."""

    def __init__(self, repository: Repository, bus: Bus) -> None:
        self._repository = repository
        self._crowds: dict[str, _Crowd] = {}
        bus.subscribe(SUBSCRIPTIONS, self._changed)
        bus.subscribe(TOPICS, self._gone)

    async def of(self, topic: str) -> Mapping[str, Member]:
        """The members of a topic (by ARN), by their ids. Not to be kept over an await."""
        crowd = self._crowds.setdefault(topic, _Crowd())
        if not crowd.loaded or crowd.stale:
            async with crowd.reading:
                await self._read(topic, crowd)
        return crowd.members

    async def _read(self, arn: str, crowd: _Crowd) -> None:
        topic, after = topic_of(arn), ""
        while not crowd.loaded:
            page = await self._repository.subscriptions(topic, after=after, limit=_PAGE)
            crowd.members |= {each.id: Member(each) for each in page}
            after = page[-1].id if page else ""
            crowd.loaded = len(page) < _PAGE
        while crowd.stale:
            changed = crowd.stale.pop()
            kept = await self._repository.subscription(SubscriptionName(topic, changed))
            if kept is None:
                crowd.members.pop(changed, None)
            else:
                crowd.members[changed] = Member(kept.subscription)

    def _changed(self, _: str, arn: str) -> None:
        topic, _, number = arn.rpartition(":")
        crowd = self._crowds.get(topic)
        if crowd is not None:
            crowd.stale.add(number)

    def _gone(self, _: str, arn: str) -> None:
        """A topic changed, or went: its members are read anew if anybody asks."""
        self._crowds.pop(arn, None)
