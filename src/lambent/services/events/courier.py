"""Takes one event to one target of a rule: attempt by attempt, then to the target's dead-letter queue."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec

from lambent.context import Clock, Context, Ids
from lambent.model.errors import ApiError, PlatformError
from lambent.neighbours.acting import Acting
from lambent.neighbours.base import Neighbours
from lambent.neighbours.delivery import Parcel, deliver
from lambent.services.events.access import EVENTS
from lambent.services.events.event import Event
from lambent.services.events.forwarding import Forwarding
from lambent.services.events.names import bus_of_rule
from lambent.services.events.records import Target
from lambent.services.events.retries import Failure, Spent, failure, following
from lambent.services.events.steps import Step, Steps
from lambent.services.events.transform import Untransformable, payload

Trusts = Callable[[str, str], Awaitable[bool]]
"""Whether a role (by ARN) exists and lets a service (`events.amazonaws.com`) assume it."""

_LINEAGE = re.compile(r";?\s*Lineage=[^;]*")
_LOG = logging.getLogger(__name__)


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to be done, as it lies in the outbox: all that counted when the event was accepted."""

    rule: str
    target: Target
    event: Event


class Courier:
    """`trusts` None: nobody knows roles, and every one will do (no authentication)."""

    def __init__(
        self,
        neighbours: Neighbours,
        acting: Acting,
        forwarding: Forwarding,
        journal: Steps,
        trusts: Trusts | None,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._neighbours = neighbours
        self._acting = acting
        self._forwarding = forwarding
        self._journal = journal
        self._trusts = trusts
        self._clock = clock
        self._ids = ids

    async def attempt(self, line: str, body: bytes, before: int, since: float) -> float | None:
        """One attempt, for the outbox: None if there is nothing more to do, else when to try again."""
        delivery = msgspec.msgpack.decode(body, type=Delivery)
        failed = await self._try(delivery, since)
        if failed is None:
            self._tell(delivery, "delivered", before)
            return None
        spent: Spent | None = None
        if failed.again:
            again = following(delivery.target, before, since, self._clock.now(), self._ids.fraction())
            if not isinstance(again, Spent):
                self._tell(delivery, "failed", before, f"{failed.code}: {failed.message}", again)
                return again
            spent = again
        await self._bury(delivery, failed, spent, before)
        return None

    async def _try(self, delivery: Delivery, since: float) -> Failure | None:
        target, event = delivery.target, delivery.event
        try:
            ctx = await self._context(delivery)
            if ctx is None:
                return Failure("FAILED_TO_ASSUME_ROLE", f"{EVENTS} cannot assume the role {target.role}.")
            service = target.arn.split(":")[2]
            if service == "events":
                return await self._forward(ctx, delivery)
            body = payload(delivery.rule, target, event, since)
            if service == "logs":
                await self._log(ctx, target.arn, event, body)
            else:
                await deliver(self._neighbours, ctx, target.arn, Parcel(body, group=target.group))
        except Untransformable as error:
            return Failure("INVALID_JSON", str(error))
        except RecursionError:
            return Failure("INVALID_JSON", "The event is nested too deeply.")
        except ApiError as error:
            return failure(error)
        except PlatformError as error:
            _LOG.error("an event could not be delivered to %s: %s", target.arn, error)
            return Failure("INTERNAL_ERROR", "The target failed internally.", again=True)
        return None

    async def _context(self, delivery: Delivery) -> Context | None:
        """In whose name: the target's role, the account for a bus, else the service for its rule. None if the role
        cannot be assumed."""
        role, trace = delivery.target.role, _trace(delivery.event)
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
            ways = (event.came_by, delivery.rule, arn)
            accounts, regions = ({way.split(":")[place] for way in ways} for place in (4, 3))
            third = "REGION" if len(accounts) == 1 < len(regions) else "ACCOUNT"
            return Failure(f"THIRD_{third}_HOP_DETECTED", "What came from another bus is not sent on to a third.")
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
        entry = {"timestamp": int(self._clock.now() * 1000), "message": body.decode()}
        params = {"logGroupName": group, "logStreamName": stream, "logEvents": [entry]}
        await self._neighbours.call(ctx, "logs", "PutLogEvents", params)

    async def _bury(self, delivery: Delivery, failed: Failure, spent: Spent | None, before: int) -> None:
        """The event itself goes to the dead-letter queue, with what was wrong; without one it is dropped, as on AWS."""
        queue = delivery.target.dead_letters
        why = f"{failed.code}: {failed.message}"
        if queue is None:
            self._tell(delivery, "dropped", before, why)
            return
        said = {
            "RULE_ARN": delivery.rule,
            "TARGET_ARN": delivery.target.arn,
            "ERROR_CODE": failed.code,
            "ERROR_MESSAGE": failed.message or failed.code,
            "RETRY_ATTEMPTS": str(before),
        }
        if spent is not None:
            said["EXHAUSTED_RETRY_CONDITION"] = spent.value
        attributes = {name: ("Number" if name == "RETRY_ATTEMPTS" else "String", value) for name, value in said.items()}
        ctx = self._acting.as_service(EVENTS, delivery.rule, trace_id=_trace(delivery.event))
        try:
            await deliver(self._neighbours, ctx, queue, Parcel(delivery.event.encoded(), attributes=attributes))
        except ApiError as error:
            _LOG.warning("an event of %s is lost: its dead-letter queue %s: %s", delivery.rule, queue, error.message)
            self._tell(delivery, "dropped", before, f"{why}; dead-letter queue: {error.message}")
            return
        self._tell(delivery, "dead", before, why)

    def _tell(self, delivery: Delivery, what: str, before: int, detail: str = "", again: float | None = None) -> None:
        step = Step(
            time=self._clock.now(),
            event=delivery.event.id,
            bus=bus_of_rule(delivery.rule),
            what=what,
            rule=delivery.rule.rpartition("/")[2],
            target=delivery.target.arn,
            attempt=before + 1,
            detail=detail,
            next=again,
        )
        self._journal.tell(step)


def _trace(event: Event) -> str | None:
    """The trace header without the lineage: EventBridge takes no part in telling loops of functions."""
    return None if event.trace is None else _LINEAGE.sub("", event.trace).strip("; ") or None
