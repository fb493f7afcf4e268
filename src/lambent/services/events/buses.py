"""Event buses: made, changed, shown, deleted."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.events import errors, limits, render, unsupported
from lambent.services.events.names import bus_named
from lambent.services.events.pages import page
from lambent.services.events.records import DEFAULT, Bus
from lambent.services.events.repository import Repository, again_on_conflict, drop_bus, put_bus
from lambent.services.operation import Params, Result, operation
from lambent.store.base import Conflict


class Buses:
    """CreateEventBus, UpdateEventBus, DescribeEventBus, ListEventBuses, DeleteEventBus."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("CreateEventBus")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a bus of one's own."""
        name, at = params["Name"], Place(ctx.account, ctx.region)
        _check("CreateEventBus", params)
        if name == DEFAULT:
            raise errors.bus_exists(name)
        if "/" in name:
            raise errors.bus_name()
        if len(await self._repository.buses(at, limit=limits.BUSES + 1)) > limits.BUSES:
            raise errors.limit("event buses")
        tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}
        if len(tags) > limits.TAGS:
            raise errors.limit("tags")
        now = ctx.clock.now()
        bus = Bus(
            name=name,
            account=at.account,
            region=at.region,
            created=now,
            modified=now,
            description=params.get("Description"),
            dead_letters=(params.get("DeadLetterConfig") or {}).get("Arn"),
            tags=tags,
        )
        try:
            await self._repository.commit(put_bus(bus))
        except Conflict:
            raise errors.bus_exists(name) from None
        return {"EventBusArn": bus.arn} | render.bus_options(bus)

    @operation("UpdateEventBus")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Change what a bus was told; what is not mentioned stays."""
        _check("UpdateEventBus", params)
        name = params.get("Name") or DEFAULT
        kept = await self._repository.kept_bus(Place(ctx.account, ctx.region), name)
        if kept is None:
            raise errors.no_such_bus(name)
        bus = msgspec.structs.replace(kept.value, modified=ctx.clock.now())
        if "Description" in params:
            bus = msgspec.structs.replace(bus, description=params["Description"] or None)
        if "DeadLetterConfig" in params:
            bus = msgspec.structs.replace(bus, dead_letters=params["DeadLetterConfig"].get("Arn"))
        await self._repository.commit(put_bus(bus, kept))
        return {"Arn": bus.arn, "Name": bus.name} | render.bus_options(bus)

    @operation("DescribeEventBus")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """A bus with its policy."""
        at, name = bus_named(Place(ctx.account, ctx.region), params.get("Name"))
        bus = await self._repository.bus(at, name)
        if bus is None:
            raise errors.no_such_bus(name)
        return render.bus(bus) | render.bus_options(bus)

    @operation("ListEventBuses")
    async def list_buses(self, ctx: Context, params: Params) -> Result:
        """A page of buses; the default one is always among them."""
        at, prefix = Place(ctx.account, ctx.region), params.get("NamePrefix", "")
        found = {bus.name: bus for bus in await self._repository.buses(at, prefix=prefix)}
        if DEFAULT.startswith(prefix) and (default := await self._repository.bus(at, DEFAULT)) is not None:
            found[DEFAULT] = default
        return page(params, "EventBuses", found.values(), lambda bus: bus.name, render.bus)

    @operation("DeleteEventBus")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a bus that has no rules (any more). One that is not there will do."""
        name, at = params["Name"], Place(ctx.account, ctx.region)
        if name == DEFAULT:
            raise errors.default_bus("delete")
        kept = await self._repository.kept_bus(at, name)
        if kept is None:
            return {}
        if await self._repository.rules(at, name):
            raise errors.bus_has_rules()
        await self._repository.commit(drop_bus(kept))
        return {}


def _check(operation: str, params: Params) -> None:
    unsupported.check(operation, params)
    arn = (params.get("DeadLetterConfig") or {}).get("Arn")
    if arn and (not arn.startswith("arn:") or arn.split(":")[2:3] != ["sqs"] or arn.endswith(".fifo")):
        raise errors.parameter("DeadLetterConfig.Arn", "It must be the ARN of a standard queue of SQS.")
