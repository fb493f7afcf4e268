"""Events as they come in: PutEvents, and what a pattern would say to one."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec

from lambent.context import Context
from lambent.model.errors import ApiError, PlatformError
from lambent.patterns.operators import BadPattern
from lambent.services.access import Place
from lambent.services.events import errors, limits, unsupported
from lambent.services.events.event import Event
from lambent.services.events.forwarding import Forwarding
from lambent.services.events.names import Named, bus_named
from lambent.services.events.repository import Repository
from lambent.services.events.router import Router
from lambent.services.events.rulebook import compiled
from lambent.services.operation import Params, Result, operation

_LOG = logging.getLogger(__name__)
_NEEDED = ("id", "account", "source", "time", "region", "resources", "detail-type")
_OWN = "aws."
"""How the sources of AWS's own services begin, which nobody else may use."""


class Entries:
    """PutEvents, TestEventPattern. `entries_bytes`: what all entries of a call may hold."""

    def __init__(self, repository: Repository, router: Router, forwarding: Forwarding, entries_bytes: int) -> None:
        self._repository = repository
        self._router = router
        self._forwarding = forwarding
        self._most = entries_bytes

    @operation("PutEvents")
    async def put(self, ctx: Context, params: Params) -> Result:
        """Take events, each for itself; what was taken is durable when the answer goes out."""
        unsupported.check("PutEvents", params)
        entries = params["Entries"]
        if sum(map(_size, entries)) > self._most:
            raise errors.too_large()
        lent = self._forwarding.of(ctx.request_id)
        results = await asyncio.gather(*(self._one(ctx, entry, lent) for entry in entries))
        return {"FailedEntryCount": sum("ErrorCode" in each for each in results), "Entries": results}

    @operation("TestEventPattern")
    async def test(self, ctx: Context, params: Params) -> Result:
        """Whether a pattern matches an event."""
        try:
            pattern = compiled(params["EventPattern"])
        except BadPattern as error:
            raise errors.bad_pattern(error.told(params["EventPattern"])) from None
        try:
            event = msgspec.json.decode(params["Event"])
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            raise errors.bad_event() from None
        if not isinstance(event, dict) or any(member not in event for member in _NEEDED):
            raise errors.bad_event()
        return {"Result": pattern.matches(event)}

    async def _one(self, ctx: Context, entry: Params, lent: Event | None) -> dict[str, Any]:
        try:
            event = self._event(ctx, entry, lent)
            await self._router.receive(await self._bus(ctx, entry), event)
        except RecursionError:
            error = errors.malformed_detail()
        except PlatformError as failure:
            _LOG.error("an event could not be kept: %s", failure)
            error = errors.internal()
        except ApiError as refused:
            error = refused
        else:
            return {"EventId": event.id}
        return {"ErrorCode": error.code, "ErrorMessage": error.message}

    async def _bus(self, ctx: Context, entry: Params) -> Named:
        """Names are of the caller's account, even when another entry of the call goes elsewhere."""
        bus = bus_named(Place(ctx.principal.account, ctx.region), entry.get("EventBusName"))
        if await self._repository.bus(bus.at, bus.name) is None:
            raise errors.no_such_bus(bus.name)
        return bus

    def _event(self, ctx: Context, entry: Params, lent: Event | None) -> Event:
        """The event of an entry. Raises ApiError, for this one alone."""
        if lent is not None:
            return lent
        for member in ("Source", "DetailType", "Detail"):
            if not entry.get(member):
                raise errors.argument(member)
        if entry["Source"].startswith(_OWN):
            raise errors.not_authorized()
        try:
            detail = msgspec.json.decode(entry["Detail"])
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            raise errors.malformed_detail() from None
        if not isinstance(detail, dict):
            raise errors.malformed_detail()
        time = entry.get("Time")
        return Event(
            id=ctx.ids.request_id(),
            detail_type=entry["DetailType"],
            source=entry["Source"],
            account=ctx.principal.account,
            time=ctx.clock.now() if time is None else time.timestamp(),
            region=ctx.region,
            detail=msgspec.json.format(entry["Detail"], indent=-1),  # numbers stay as they were written
            resources=tuple(entry.get("Resources") or ()),
            trace=entry.get("TraceHeader") or ctx.trace_id,
        )


def _size(entry: Params) -> int:
    """What an entry counts, as AWS counts it."""
    texts = [entry.get(member) or "" for member in ("Source", "DetailType", "Detail")]
    texts += entry.get("Resources") or ()
    return sum(len(text.encode(errors="surrogatepass")) for text in texts) + limits.TIME_BYTES * ("Time" in entry)
