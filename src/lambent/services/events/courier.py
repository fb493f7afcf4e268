"""Takes one event to one target of a rule, attempt by attempt; what cannot be delivered is the undertaker's."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec

from lambent.context import Clock, Context, Ids
from lambent.model.errors import ApiError, PlatformError
from lambent.neighbours.acting import Acting
from lambent.neighbours.base import Neighbours
from lambent.neighbours.delivery import Parcel, deliver
from lambent.services.events import delivery_errors
from lambent.services.events.access import EVENTS
from lambent.services.events.deliveries import Delivery, Letter, opened
from lambent.services.events.delivery_errors import Failure, Untransformable
from lambent.services.events.event import Event
from lambent.services.events.forwarding import Forwarding
from lambent.services.events.retries import Spent, failure, following
from lambent.services.events.steps import Steps
from lambent.services.events.transform import log_entry, payload
from lambent.services.events.undertaker import Undertaker
from lambent.store.seal import Seal

Trusts = Callable[[str, str], Awaitable[bool]]
"""Whether a role (by ARN) exists and lets a service (`events.amazonaws.com`) assume it."""

_LOG = logging.getLogger(__name__)


class Courier:
    """`trusts` None: nobody knows roles, and every one will do (no authentication)."""

    def __init__(
        self,
        neighbours: Neighbours,
        acting: Acting,
        forwarding: Forwarding,
        undertaker: Undertaker,
        seal: Seal,
        steps: Steps,
        trusts: Trusts | None,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._neighbours = neighbours
        self._acting = acting
        self._forwarding = forwarding
        self._undertaker = undertaker
        self._seal = seal
        self._steps = steps
        self._trusts = trusts
        self._clock = clock
        self._ids = ids

    async def attempt(self, line: str, body: bytes, before: int, since: float) -> float | None:
        """One attempt, for the outbox: None if there is nothing more to do, else when to try again."""
        delivery = opened(self._seal, line, body)
        if isinstance(delivery, Letter):
            return await self._undertaker.attempt(delivery, before, since)
        failed = await self._try(delivery, since)
        if failed is None:
            self._steps.tell(delivery.step(self._clock.now(), "delivered", before))
            return None
        spent: Spent | None = None
        if failed.again:
            now = self._clock.now()
            again = following(delivery.target, before, since, now, self._ids.fraction())
            if not isinstance(again, Spent):
                self._steps.tell(delivery.step(now, "failed", before, f"{failed.code}: {failed.message}", again))
                return again
            spent = again
        await self._undertaker.bury(Letter(delivery, failed, spent, before))
        return None

    async def _try(self, delivery: Delivery, since: float) -> Failure | None:
        target, event = delivery.target, delivery.event
        try:
            ctx = await self._context(delivery)
            if ctx is None:
                return delivery_errors.role_not_assumable(EVENTS, target.role)
            service = target.arn.split(":")[2]
            if service == "events":
                return await self._forward(ctx, delivery)
            body = payload(delivery.rule, target, event, since)
            if service == "logs":
                await self._log(ctx, target.arn, event, body)
            else:
                await deliver(self._neighbours, ctx, target.arn, Parcel(body, group=target.group))
        except Untransformable as error:
            return delivery_errors.untransformable(error)
        except RecursionError:
            return delivery_errors.TOO_DEEP
        except ApiError as error:
            return failure(error)
        except PlatformError as error:
            _LOG.error("an event could not be delivered to %s: %s", target.arn, error)
            return delivery_errors.INTERNAL
        return None

    async def _context(self, delivery: Delivery) -> Context | None:
        """In whose name: the target's role, the account for a bus, else the service for its rule. None if the role
        cannot be assumed."""
        role, trace = delivery.target.role, delivery.trace
        _, _, service, region, _, _ = delivery.target.arn.split(":", 5)
        if role is not None:
            if self._trusts is not None and not await self._trusts(role, EVENTS):
                return None
            return self._acting.as_role(role, self._ids.hex(32), region, trace_id=trace)
        if service == "events":
            return self._acting.as_account(delivery.rule.split(":")[4], region, trace_id=trace)
        ctx = self._acting.as_service(EVENTS, delivery.rule, trace_id=trace)
        return ctx if region in ("", ctx.region) else msgspec.structs.replace(ctx, region=region)

    async def _forward(self, ctx: Context, delivery: Delivery) -> Failure | None:
        """To another bus, but never to a third one: events go from bus to bus once."""
        arn, event = delivery.target.arn, delivery.event
        if event.came_by is not None:
            return delivery_errors.third_bus((event.came_by, delivery.rule, arn))
        parcel = Parcel(
            event.detail.encode(), source=event.source, detail_type=event.detail_type, resources=event.resources
        )
        with self._forwarding.lend(ctx.request_id, msgspec.structs.replace(event, came_by=delivery.rule)):
            await deliver(self._neighbours, ctx, arn, parcel)
        return None

    async def _log(self, ctx: Context, arn: str, event: Event, body: bytes) -> None:
        """To a log group: a stream a day."""
        group = arn.split(":", 6)[6].removesuffix(":*")
        stream = f"{datetime.fromtimestamp(event.time, UTC):%Y/%m/%d}/events"
        try:
            await self._neighbours.call(
                ctx, "logs", "CreateLogStream", {"logGroupName": group, "logStreamName": stream}
            )
        except ApiError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise
        entry = {"timestamp": int(self._clock.now() * 1000), "message": body.decode()} | log_entry(body)
        params = {"logGroupName": group, "logStreamName": stream, "logEvents": [entry]}
        await self._neighbours.call(ctx, "logs", "PutLogEvents", params)
