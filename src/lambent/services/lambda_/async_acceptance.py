"""The way of an event from Invoke into the drain, which is there only once the services are."""

from __future__ import annotations

from lambent.context import Context
from lambent.invoke.asynchronous.drain import Accept
from lambent.invoke.asynchronous.event import AsyncEvent
from lambent.invoke.base import InvokeRequest
from lambent.invoke.trace import rooted
from lambent.services.lambda_ import event_invoke_errors, limits
from lambent.services.lambda_.names import Reference


class Asynchronous:
    """How Invoke gets rid of an event: `accept` makes it durable. Set once the drain is there."""

    def __init__(self) -> None:
        self._accept: Accept | None = None

    def open_to(self, accept: Accept) -> None:
        """From now on events can be accepted."""
        self._accept = accept

    async def take(self, ctx: Context, named: Reference, request: InvokeRequest, *, looping: bool = False) -> None:
        """Accept an event; it is durable when this returns. Raises ApiError, PlatformError."""
        if len(request.payload) > limits.ASYNC_PAYLOAD_BYTES:
            raise event_invoke_errors.event_too_large(len(request.payload))
        assert self._accept is not None
        await self._accept(
            AsyncEvent(
                request_id=ctx.request_id,
                account=ctx.account,
                region=ctx.region,
                name=named.name,
                qualifier=named.qualifier,
                payload=request.payload,
                accepted=ctx.clock.now(),
                client_context=request.client_context,
                trace_id=rooted(request.trace_id, ctx.clock.now(), ctx.ids),
                lineage=request.lineage,
                tenant_id=request.tenant_id,
                looping=looping,
            )
        )
