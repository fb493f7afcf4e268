"""Archives: what they keep, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.events import errors, limits, render, unsupported
from lambent.services.events.managed import archiving_rule, shelved
from lambent.services.events.names import Named, bus_named, bus_of
from lambent.services.events.pages import page
from lambent.services.events.records import Archive
from lambent.services.events.repository import (
    Kept,
    Repository,
    again_on_conflict,
    drop_archive,
    drop_rule,
    put_archive,
    put_rule,
)
from lambent.services.events.rules import check_pattern
from lambent.services.events.shelf import Shelf
from lambent.services.operation import Params, Result, operation
from lambent.store.base import Write


class Archives:
    """CreateArchive, UpdateArchive, DescribeArchive, ListArchives, DeleteArchive."""

    def __init__(self, repository: Repository, shelf: Shelf) -> None:
        self._repository = repository
        self._shelf = shelf

    @operation("CreateArchive")
    @again_on_conflict
    async def create(self, ctx: Context, params: Params) -> Result:
        """Begin to keep the events of a bus that match a pattern, or all of them."""
        name, at = params["ArchiveName"], Place(ctx.account, ctx.region)
        _check("CreateArchive", params)
        bus = bus_of(params["EventSourceArn"])
        if bus is None or bus.at != at:
            raise errors.parameter("EventSourceArn", "Must contain an event bus ARN of this account and region.")
        if await self._repository.bus(bus.at, bus.name) is None:
            raise errors.no_such_bus(bus.name)
        if await self._repository.kept_archive(at, name) is not None:
            raise errors.archive_exists(name)
        if len(await self._repository.archives(at)) >= limits.ARCHIVES:
            raise errors.limit("archives")
        archive = Archive(
            name=name,
            account=at.account,
            region=at.region,
            bus=params["EventSourceArn"],
            generation=ctx.ids.hex(16),
            created=ctx.clock.now(),
            description=params.get("Description"),
            pattern=params.get("EventPattern") or None,
            days=params.get("RetentionDays", 0),
        )
        await self._repository.commit(*put_archive(archive), *await self._rule(archive, bus))
        return _made(archive)

    @operation("UpdateArchive")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Change what is kept from now on, and for how long; what is not mentioned stays."""
        _check("UpdateArchive", params)
        kept = await self._kept(ctx, params)
        archive = kept.value
        if "Description" in params:
            archive = msgspec.structs.replace(archive, description=params["Description"])
        if "EventPattern" in params:
            archive = msgspec.structs.replace(archive, pattern=params["EventPattern"] or None)
        if "RetentionDays" in params:
            archive = msgspec.structs.replace(archive, days=params["RetentionDays"])
        rule = await self._rule(archive, bus_named(Place(ctx.account, ctx.region), archive.bus))
        await self._repository.commit(*put_archive(archive, kept), *rule)
        return _made(archive)

    @operation("DescribeArchive")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """An archive with what it holds."""
        archive = (await self._kept(ctx, params)).value
        return await self._shown(archive) | render.archive_options(archive)

    @operation("ListArchives")
    async def list_archives(self, ctx: Context, params: Params) -> Result:
        """A page of archives, of one bus or in one state if that is asked for."""
        at, bus, state = Place(ctx.account, ctx.region), params.get("EventSourceArn"), params.get("State", "ENABLED")
        found = await self._repository.archives(at, prefix=params.get("NamePrefix", ""))
        listed = [each for each in found if bus in (None, each.bus) and state == "ENABLED"]
        shown = page(params, "Archives", listed, lambda each: each.name, lambda each: each)
        return {**shown, "Archives": [await self._shown(each) for each in shown["Archives"]]}

    @operation("DeleteArchive")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete an archive with its events."""
        kept = await self._kept(ctx, params)
        bus = bus_named(Place(ctx.account, ctx.region), kept.value.bus)
        rule = await self._repository.kept_rule(bus.at, bus.name, archiving_rule(kept.value, bus).name)
        await self._repository.commit(*drop_archive(kept), *(() if rule is None else drop_rule(rule)))
        await self._shelf.drop(shelved(kept.value))
        return {}

    async def _kept(self, ctx: Context, params: Params) -> Kept[Archive]:
        kept = await self._repository.kept_archive(Place(ctx.account, ctx.region), params["ArchiveName"])
        if kept is None:
            raise errors.no_such_archive(params["ArchiveName"])
        return kept

    async def _rule(self, archive: Archive, bus: Named) -> Sequence[Write]:
        """The rule by which it gets its events, made or made anew."""
        rule = archiving_rule(archive, bus)
        return put_rule(rule, await self._repository.kept_rule(bus.at, bus.name, rule.name))

    async def _shown(self, archive: Archive) -> dict[str, Any]:
        return render.archive(archive, *await self._shelf.holds(shelved(archive)))


def _check(operation: str, params: Params) -> None:
    unsupported.check(operation, params)
    if params.get("EventPattern"):
        check_pattern(params["EventPattern"])


def _made(archive: Archive) -> dict[str, Any]:
    return {"ArchiveArn": archive.arn, "State": "ENABLED", "CreationTime": archive.created}
