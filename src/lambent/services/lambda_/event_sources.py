"""Event source mappings: which queue, stream or broker feeds which function. The pollers do the feeding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.context import Context
from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.model.function import LATEST, FunctionVersion
from lambent.services.lambda_ import checks, errors, event_source_errors, pages, render, tenancy, unsupported
from lambent.services.lambda_ import event_source_options as options
from lambent.services.lambda_.event_source_repository import EventSourceRepository
from lambent.services.lambda_.mapping_states import MappingStates, settled
from lambent.services.lambda_.names import Reference, function_arn, reference
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Kept, Repository, is_version
from lambent.services.lambda_.sealed_filters import SealedFilters
from lambent.services.operation import Params, Result, operation
from lambent.sources.base import Pollers, SourceRefused


class EventSources:
    """Create, Get, Update and DeleteEventSourceMapping, ListEventSourceMappings."""

    def __init__(
        self,
        repository: Repository,
        mappings: EventSourceRepository,
        states: MappingStates,
        pollers: Pollers,
        filters: SealedFilters,
    ) -> None:
        self._repository = repository
        self._filters = filters
        self._mappings = mappings
        self._states = states
        self._pollers = pollers

    @operation("CreateEventSourceMapping")
    @again_on_conflict
    async def create(self, ctx: Context, params: Params) -> Result:
        """Feed a function from a source; the reading begins while this is answered."""
        kind = options.kind_of(params, ctx.region)
        source = params.get("EventSourceArn", "")
        found = options.completed(kind, options.given(params))
        options.check_position(kind, found, source, ctx.clock.now())
        tags = params.get("Tags", {})
        checks.tags(tags)
        unsupported.refuse("CreateEventSourceMapping", params)
        named, function = await self._function(ctx, params["FunctionName"], "CreateEventSourceMapping")
        uuid = ctx.ids.request_id()
        mapping = EventSourceMapping(
            uuid=uuid,
            account=ctx.account,
            region=ctx.region,
            kind=kind,
            function_name=named.name,
            qualifier=named.qualifier or "",
            source_arn=source,
            enabled=params.get("Enabled", True),
            state=MappingState.CREATING,
            modified=ctx.clock.now(),
            options=options.with_group(kind, found, uuid),
            tags=tags,
        )
        await self._check(mapping, function)
        mapping = await self._filters.sealed(ctx, params, mapping)
        await self._mappings.create(mapping)
        self._states.settle(mapping)
        return self._named(mapping) | _criteria(found)

    @operation("GetEventSourceMapping")
    async def get(self, ctx: Context, params: Params) -> Result:
        """One mapping."""
        return await self._shown(ctx, (await self._kept(ctx, params)).value)

    @operation("ListEventSourceMappings")
    async def list_mappings(self, ctx: Context, params: Params) -> Result:
        """A page of mappings by UUID; with filters only those of a source, or of a function, version or alias."""
        source = params.get("EventSourceArn")
        named = params.get("FunctionName")
        function = None
        if named:
            wanted = reference(ctx, named, None, "ListEventSourceMappings")
            function = function_arn(ctx, wanted.name, wanted.qualifier)

        async def more(after: str, limit: int) -> list[EventSourceMapping]:
            return await self._mappings.mappings(ctx, after=after, limit=limit)

        size = pages.size(params)
        start = pages.position_of(params, 1)
        found = await pages.matching(
            more,
            after=start[0] if start else "",
            key=lambda mapping: mapping.uuid,
            matches=lambda mapping: (
                (not source or mapping.source_arn == source) and function in (None, mapping.function_arn)
            ),
            count=size + 1,
        )
        result: dict[str, Any] = {"EventSourceMappings": [self._named(mapping) for mapping in found[:size]]}
        if len(found) > size:
            result["NextMarker"] = pages.marker(found[size - 1].uuid)
        return result

    @operation("UpdateEventSourceMapping")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Change what the request names; it holds for what is read from then on."""
        kept = await self._kept(ctx, params)
        before = kept.value
        if not settled(before):
            raise event_source_errors.in_use("update")
        group = options.group_of(before.kind, before.options)
        asked = options.with_group(before.kind, before.options | options.given(params), group)
        if options.group_of(before.kind, asked) != group:
            raise event_source_errors.group_stays()
        found = options.completed(before.kind, asked)
        unsupported.refuse("UpdateEventSourceMapping", params)
        identifier = params.get("FunctionName") or before.function_arn
        named, function = await self._function(ctx, identifier, "UpdateEventSourceMapping")
        enabled = params.get("Enabled", before.enabled)
        switched = MappingState.ENABLING if enabled else MappingState.DISABLING
        mapping = msgspec.structs.replace(
            before,
            function_name=named.name,
            qualifier=named.qualifier or "",
            enabled=enabled,
            state=MappingState.UPDATING if enabled is before.enabled else switched,
            modified=ctx.clock.now(),
            options=found,
            generation=before.generation + 1,
        )
        await self._check(mapping, function)
        mapping = await self._filters.sealed(ctx, params, mapping, before)
        await self._mappings.change(kept, mapping)
        self._states.settle(mapping)
        return await self._shown(ctx, mapping)

    @operation("DeleteEventSourceMapping")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Read no more; the mapping is gone when what was read has been dealt with."""
        kept = await self._kept(ctx, params)
        before = kept.value
        if not settled(before):
            raise event_source_errors.in_use("delete")
        mapping = msgspec.structs.replace(
            before,
            enabled=False,
            state=MappingState.DELETING,
            modified=ctx.clock.now(),
            generation=before.generation + 1,
        )
        await self._mappings.change(kept, mapping)
        self._states.settle(mapping)
        return await self._shown(ctx, mapping)

    def _named(self, mapping: EventSourceMapping) -> dict[str, Any]:
        """As a listing shows it: without criteria that are encrypted."""
        return render.mapping(mapping, self._pollers.last_result(mapping.uuid))

    async def _shown(self, ctx: Context, mapping: EventSourceMapping) -> Result:
        return await self._filters.shown(ctx, mapping, self._named(mapping))

    async def _kept(self, ctx: Context, params: Params) -> Kept[EventSourceMapping]:
        kept = await self._mappings.mapping(ctx, params["UUID"])
        if kept is None:
            raise errors.not_there()
        return kept

    async def _function(self, ctx: Context, identifier: str, action: str) -> tuple[Reference, FunctionVersion]:
        """What is to be fed, and the version that it means now. Raises ApiError."""
        named = reference(ctx, identifier, None, action)
        qualifier = named.qualifier
        version = qualifier or LATEST
        if not is_version(version):
            alias = await self._repository.alias(ctx, named.name, version)
            version = version if alias is None else alias.version
        function = await self._repository.version(ctx, named.name, version)
        if function is None:
            raise event_source_errors.no_function()
        return Reference(named.name, qualifier), function

    async def _check(self, mapping: EventSourceMapping, function: FunctionVersion) -> None:
        """What can be said only of the whole: can it be read here, is it new? Raises ApiError."""
        if mapping.kind is SourceKind.SQS:
            options.check_queue(mapping.options, fifo=mapping.is_fifo)
        tenancy.check_event_source(function)
        if mapping.kind not in self._pollers.kinds:
            raise event_source_errors.no_poller(mapping.kind)
        twin = await self._mappings.twin(mapping)
        if twin not in (None, mapping.uuid):
            raise event_source_errors.exists(mapping.source_arn, mapping.function_name, str(twin))
        try:
            await self._pollers.probe(mapping, function.timeout)
        except SourceRefused as refused:
            raise event_source_errors.source_refused(str(refused)) from None


def _criteria(options: Mapping[str, Any]) -> dict[str, Any]:
    """Filters as the caller has just given them."""
    return {name: value for name, value in options.items() if name == "FilterCriteria"}
