"""The desk: finds the topic or subscription that an ARN means, and writes topics back though others write, too."""

from __future__ import annotations

from collections.abc import Callable

from lambent.context import Context
from lambent.services.sns import errors
from lambent.services.sns.names import TopicName, subscription_of, topic_of
from lambent.services.sns.records import Topic
from lambent.services.sns.repository import KeptSubscription, Repository
from lambent.store.base import Conflict

_ATTEMPTS = 20


class Desk:
    """What the operations share."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    async def topic(self, ctx: Context, arn: str, parameter: str = "TopicArn") -> Topic:
        """The topic of an ARN. Raises ApiError."""
        name = self._named(ctx, arn, parameter)
        found = await self.repository.topic(name)
        if found is None:
            raise errors.no_such_topic()
        return found

    async def change(self, ctx: Context, arn: str, change: Callable[[Topic], Topic]) -> None:
        """Write a topic back changed. Raises ApiError."""
        name = self._named(ctx, arn, "TopicArn")
        for _ in range(_ATTEMPTS):
            kept = await self.repository.kept_topic(name)
            if kept is None:
                raise errors.no_such_topic()
            try:
                await self.repository.put_topic(change(kept.topic), kept)
                return
            except Conflict:
                continue
        raise errors.too_many_changes()

    async def subscription(self, ctx: Context, arn: str, operation: str) -> KeptSubscription:
        """The subscription of an ARN, which the caller or the topic's account must own. Raises ApiError."""
        kept = await self.repository.subscription(subscription_of(arn))
        if kept is None or not kept.subscription.shown_at(ctx.clock.now()):
            raise errors.no_such_subscription()
        if ctx.principal.account not in (kept.subscription.owner, kept.subscription.topic.split(":")[4]):
            raise errors.not_yours(operation)
        return kept

    @staticmethod
    def _named(ctx: Context, arn: str, parameter: str) -> TopicName:
        name = topic_of(arn, parameter)
        if name.place.region != ctx.region:
            raise errors.invalid(parameter)
        return name
