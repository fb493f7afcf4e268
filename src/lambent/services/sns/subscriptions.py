"""Subscriptions: made, confirmed, changed, listed, ended."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.sns import errors, limits, subscription_attributes
from lambent.services.sns.desk import Desk
from lambent.services.sns.names import SubscriptionName, page_token, position_of, subscription_of, topic_of
from lambent.services.sns.records import HTTP, Confirmation, Subscription, Topic
from lambent.services.sns.repository import KeptSubscription
from lambent.store.base import Conflict

_ATTEMPTS = 20
_TOKEN_DIGITS = 256
_IN_CALL = "Attributes Reason: "

Ask = Callable[[Subscription, Confirmation], Awaitable[None]]
"""Puts a confirmation on its way; it is durable when this returns."""


class Subscriptions:
    """Subscribe, ConfirmSubscription, Unsubscribe, ListSubscriptions, ListSubscriptionsByTopic,
    GetSubscriptionAttributes, SetSubscriptionAttributes."""

    def __init__(self, desk: Desk, ask: Ask) -> None:
        self._desk = desk
        self._repository = desk.repository
        self._ask = ask

    @operation("Subscribe")
    async def subscribe(self, ctx: Context, params: Params) -> Result:
        """Subscribe an endpoint; one that is subscribed with the same attributes will do."""
        topic = await self._desk.topic(ctx, params["TopicArn"])
        protocol, endpoint = params["Protocol"], params.get("Endpoint", "")
        if not endpoint:
            raise errors.invalid("Endpoint")
        subscription_attributes.check_endpoint(topic, protocol, endpoint)
        given = subscription_attributes.checked(params.get("Attributes", {}), topic, protocol, endpoint, _IN_CALL)
        subscription_attributes.check_filter(given, _IN_CALL)
        for _ in range(_ATTEMPTS):
            kept = await self._repository.subscribed(topic_of(topic.arn), protocol, endpoint)
            try:
                made = await self._subscribed(ctx, topic, (protocol, endpoint), given, kept)
                break
            except Conflict:
                continue
        else:
            raise errors.too_many_changes()
        if not made.confirmed:
            await self._ask(made, _confirmation(ctx, "SubscriptionConfirmation", made.token))
        pending = not made.confirmed and not params.get("ReturnSubscriptionArn")
        return {"SubscriptionArn": "pending confirmation" if pending else made.arn}

    @operation("ConfirmSubscription")
    async def confirm(self, ctx: Context, params: Params) -> Result:
        """Confirm a subscription by its token; nobody need sign."""
        topic = topic_of(params["TopicArn"])
        token: str = params["Token"]
        name = SubscriptionName(topic, _id_in(token))
        for _ in range(_ATTEMPTS):
            kept = await self._repository.subscription(name)
            if kept is None or not hmac.compare_digest(kept.subscription.token.encode(), token.encode()):
                raise errors.bad_token()
            found = kept.subscription
            if found.confirmed:
                return {"SubscriptionArn": found.arn}
            if found.until <= ctx.clock.now():
                raise errors.bad_token()
            signed = bool(ctx.principal.account)
            guarded = signed and params.get("AuthenticateOnUnsubscribe", "").lower() == "true"
            confirmed = msgspec.structs.replace(found, state="confirmed", authenticated=signed, guarded=guarded)
            try:
                await self._repository.put_subscription(confirmed, kept)
            except Conflict:
                continue
            return {"SubscriptionArn": confirmed.arn}
        raise errors.too_many_changes()

    @operation("Unsubscribe")
    async def unsubscribe(self, ctx: Context, params: Params) -> Result:
        """End a subscription, if it is there. Addresses are told, and may restore it for a while."""
        name = subscription_of(params["SubscriptionArn"])
        for _ in range(_ATTEMPTS):
            kept = await self._repository.subscription(name)
            if kept is None or kept.subscription.state == "cancelled":
                return {}
            found = kept.subscription
            _check_may_end(ctx, found)
            try:
                if not found.confirmed or found.protocol not in HTTP:
                    await self._repository.drop_subscription(kept)
                    return {}
                token = _token(ctx, found.id)
                until = ctx.clock.now() + limits.TOKEN_SECONDS
                cancelled = msgspec.structs.replace(found, state="cancelled", token=token, until=until)
                await self._repository.put_subscription(cancelled, kept)
            except Conflict:
                continue
            await self._ask(cancelled, _confirmation(ctx, "UnsubscribeConfirmation", token))
            return {}
        raise errors.too_many_changes()

    @operation("ListSubscriptions")
    async def list_own(self, ctx: Context, params: Params) -> Result:
        """A page of the account's subscriptions."""
        after, now = position_of(params.get("NextToken")), ctx.clock.now()
        at = Place(ctx.account, ctx.region)
        found: list[tuple[str, Subscription]] = []
        while len(found) <= limits.PAGE:
            page = await self._repository.owned(at, after=after, limit=limits.PAGE + 1)
            for position, name in page:
                kept = await self._repository.subscription(name)
                if kept is not None and kept.subscription.shown_at(now):
                    found.append((position, kept.subscription))
            if len(page) <= limits.PAGE:
                break
            after = page[-1][0]
        return _page(found)

    @operation("ListSubscriptionsByTopic")
    async def list_of_topic(self, ctx: Context, params: Params) -> Result:
        """A page of a topic's subscriptions."""
        topic = topic_of((await self._desk.topic(ctx, params["TopicArn"])).arn)
        after, now = position_of(params.get("NextToken")), ctx.clock.now()
        found: list[tuple[str, Subscription]] = []
        while len(found) <= limits.PAGE:
            page = await self._repository.subscriptions(topic, after=after, limit=limits.PAGE + 1)
            found += [(each.id, each) for each in page if each.shown_at(now)]
            if len(page) <= limits.PAGE:
                break
            after = page[-1].id
        return _page(found)

    @operation("GetSubscriptionAttributes")
    async def get_attributes(self, ctx: Context, params: Params) -> Result:
        """What a subscription is like."""
        kept = await self._desk.subscription(ctx, params["SubscriptionArn"], "GetSubscriptionAttributes")
        topic = await self._repository.topic(topic_of(kept.subscription.topic))
        policy = None if topic is None else topic.attributes.get("DeliveryPolicy")
        return {"Attributes": subscription_attributes.shown(kept.subscription, policy)}

    @operation("SetSubscriptionAttributes")
    async def set_attributes(self, ctx: Context, params: Params) -> Result:
        """Change one attribute of a subscription."""
        name, value = params["AttributeName"], params.get("AttributeValue", "")
        for _ in range(_ATTEMPTS):
            kept = await self._desk.subscription(ctx, params["SubscriptionArn"], "SetSubscriptionAttributes")
            found = kept.subscription
            topic = await self._repository.topic(topic_of(found.topic))
            if topic is None:
                raise errors.no_such_subscription()
            checked = subscription_attributes.checked({name: value}, topic, found.protocol, found.endpoint, "")
            merged = {key: other for key, other in found.attributes.items() if key != name} | checked
            subscription_attributes.check_filter(merged, "")
            try:
                await self._repository.put_subscription(msgspec.structs.replace(found, attributes=merged), kept)
            except Conflict:
                continue
            return {}
        raise errors.too_many_changes()

    async def _subscribed(
        self, ctx: Context, topic: Topic, to: tuple[str, str], given: dict[str, str], kept: KeptSubscription | None
    ) -> Subscription:
        """The subscription, made if need be. Raises ApiError, Conflict."""
        now = ctx.clock.now()
        found = None if kept is None else kept.subscription
        if found is not None and found.shown_at(now):
            if any(found.attributes.get(name) != value for name, value in given.items()):
                raise errors.subscribed_otherwise()
            return found
        number = ctx.ids.request_id() if found is None else found.id
        pending = _must_confirm(ctx, *to)
        made = Subscription(
            id=number,
            topic=topic.arn,
            owner=ctx.principal.account if found is None else found.owner,
            protocol=to[0],
            endpoint=to[1],
            state="pending" if pending else "confirmed",
            principal=ctx.principal.arn,
            attributes=given,
            token=_token(ctx, number) if pending else "",
            until=now + limits.TOKEN_SECONDS if pending else 0.0,
            authenticated=not pending,
            guarded=not pending,
        )
        await self._repository.put_subscription(made, kept)
        return made


def _must_confirm(ctx: Context, protocol: str, endpoint: str) -> bool:
    """Addresses, and queues that others than their owner subscribe. Functions have their say by their policies."""
    return protocol in HTTP or (protocol == "sqs" and endpoint.split(":")[4] != ctx.principal.account)


def _check_may_end(ctx: Context, subscription: Subscription) -> None:
    account = ctx.principal.account
    if account and account not in (subscription.owner, subscription.topic.split(":")[4]):
        raise errors.not_yours("Unsubscribe")
    if not account and (subscription.guarded or not subscription.confirmed):
        raise errors.needs_signature()


def _token(ctx: Context, number: str) -> str:
    """A token that only its receiver knows, and that leads to its subscription."""
    return number.replace("-", "") + ctx.ids.hex(_TOKEN_DIGITS)


def _id_in(token: str) -> str:
    if len(token) != 32 + _TOKEN_DIGITS or not token.isalnum():
        raise errors.bad_token()
    return "-".join((token[:8], token[8:12], token[12:16], token[16:20], token[20:32]))


def _confirmation(ctx: Context, kind: str, token: str) -> Confirmation:
    return Confirmation(id=ctx.ids.request_id(), kind=kind, sent=ctx.clock.now(), token=token)


def _page(found: list[tuple[str, Subscription]]) -> Result:
    page = found[: limits.PAGE]
    result: dict[str, Any] = {"Subscriptions": [_listed(each) for _, each in page]}
    return result if len(found) == len(page) else {**result, "NextToken": page_token(page[-1][0])}


def _listed(subscription: Subscription) -> dict[str, str]:
    return {
        "SubscriptionArn": subscription.arn if subscription.confirmed else "PendingConfirmation",
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic,
    }
