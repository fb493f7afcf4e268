"""Asynchronous invocation: events are accepted here, and what the drain asks of the service is answered here."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lambent.context import Clock, Context, Ids, Principal
from lambent.invoke.asynchronous.drain import Prepared
from lambent.invoke.asynchronous.event import AsyncEvent, Delivery
from lambent.invoke.asynchronous.records import FAILED, SUCCEEDED, s3_key
from lambent.invoke.base import Invoker, InvokeRequest
from lambent.model.errors import ApiError
from lambent.model.function import FunctionVersion, State
from lambent.model.invocation import InvocationResult
from lambent.neighbours.base import Neighbours
from lambent.neighbours.delivery import Parcel, deliver
from lambent.services.lambda_ import errors, limits
from lambent.services.lambda_.event_invoke_configs import EventInvokeConfigs
from lambent.services.lambda_.invocations import Invocations
from lambent.services.lambda_.names import Reference, function_arn
from lambent.services.lambda_.repository import Repository
from lambent.services.operation import Params, Result, TooLong, operation

_SOURCE = "lambda"
_DETAIL_TYPE = "Lambda Function Invocation Result - {}"
_TOO_LONG = TooLong(errors.REQUEST_TOO_LARGE, errors.too_large_text(limits.ASYNC_PAYLOAD_BYTES, "InvokeAsync"))

ActAs = Callable[[FunctionVersion], Principal]
"""Who delivers in a function's name: a session of its execution role."""


class AsyncInvocations:
    """InvokeAsync, AWS's old way to send an event."""

    def __init__(self, invocations: Invocations) -> None:
        self._invocations = invocations

    @operation("InvokeAsync", body_limit=limits.ASYNC_PAYLOAD_BYTES, too_long=_TOO_LONG)
    async def invoke_async(self, ctx: Context, params: Params) -> Result:
        """Accept an event."""
        asked = {"FunctionName": params["FunctionName"], "Payload": params["InvokeArgs"], "InvocationType": "Event"}
        await self._invocations.invoke(ctx, asked)
        return {"Status": 202}


class AsyncWork:
    """What the drain asks for: see `invoke.asynchronous.drain.Work`."""

    def __init__(
        self,
        repository: Repository,
        invocations: Invocations,
        configs: EventInvokeConfigs,
        invoker: Invoker,
        neighbours: Neighbours,
        act_as: ActAs,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._repository = repository
        self._invocations = invocations
        self._configs = configs
        self._invoker = invoker
        self._neighbours = neighbours
        self._act_as = act_as
        self._clock = clock
        self._ids = ids

    async def prepare(self, event: AsyncEvent) -> Prepared | None:
        """The version that an event means now, and what its configuration says; None if the function is gone."""
        ctx = self._ctx(event)
        head = await self._repository.head(ctx, event.name)
        if head is None:
            return None
        try:
            function = await self._invocations.serving(ctx, Reference(event.name, event.qualifier))
        except ApiError:  # the version or alias is gone
            return None
        request = InvokeRequest(
            payload=event.payload,
            invoked_arn=function_arn(ctx, event.name, event.qualifier),
            client_context=event.client_context,
            tenant_id=event.tenant_id,
            trace_id=event.trace_id,
            lineage=event.lineage,
            accepted=event.accepted,
            attempt=event.invoked + 1,
        )
        config = await self._configs.effective(function, event.qualifier)
        return Prepared(function, request, config, zero_concurrency=head.reserved_concurrency == 0)

    async def invoke(self, event: AsyncEvent, prepared: Prepared) -> InvocationResult:
        """Run it, under the request id under which it was accepted."""
        function = prepared.function
        if function.state is not State.ACTIVE:
            raise errors.in_state(str(function.state))
        return await self._invoker.invoke(self._ctx(event), function, prepared.request)

    async def deliver(self, delivery: Delivery) -> None:
        """Hand a record over, as the function's role may."""
        function = await self._repository.version(
            self._place(delivery), delivery.name, _version_of(delivery.function_arn)
        )
        latest = function or await self._repository.version(self._place(delivery), delivery.name, "$LATEST")
        if latest is None:
            raise errors.function_not_found(delivery.function_arn)
        ctx = msgspec.structs.replace(self._place(delivery), principal=self._act_as(latest), trace_id=delivery.trace_id)
        parcel = Parcel(
            body=delivery.body,
            attributes=delivery.attributes,
            source=_SOURCE,
            detail_type=_DETAIL_TYPE.format(SUCCEEDED if delivery.succeeded else FAILED),
            resources=(delivery.function_arn, delivery.target),
            key=s3_key(delivery.name, self._clock.now(), self._ids.request_id()),
        )
        await deliver(self._neighbours, ctx, delivery.target, parcel)

    def _ctx(self, event: AsyncEvent) -> Context:
        principal = Principal(event.account, f"arn:aws:iam::{event.account}:root", "")
        return Context(
            event.account, event.region, principal, event.request_id, self._clock, self._ids, trace_id=event.trace_id
        )

    def _place(self, delivery: Delivery) -> Context:
        principal = Principal(delivery.account, delivery.role, "")
        return Context(delivery.account, delivery.region, principal, self._ids.request_id(), self._clock, self._ids)


def _version_of(arn: str) -> str:
    qualifier = arn.rpartition(":")[2]
    return qualifier if qualifier.isdecimal() else "$LATEST"
