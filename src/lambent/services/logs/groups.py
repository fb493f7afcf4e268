"""Log groups: made, listed, kept for a time, deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from lambent.context import Context
from lambent.observe.log_files import LogFiles
from lambent.observe.log_names import Group
from lambent.services.logs import errors, limits
from lambent.services.logs.archive import Archive
from lambent.services.logs.names import group_arn, group_of, identified, place
from lambent.services.logs.pages import page
from lambent.services.logs.records import MetricFilter, Settings
from lambent.services.operation import Params, Result, operation

Forget = Callable[[Group], Awaitable[None]]

_CLASSES = "there is one kind of log group, STANDARD"


class Groups:
    """Groups of every account and region."""

    def __init__(self, archive: Archive, forget: Sequence[Forget]) -> None:
        """`forget` ends all that works for a group that goes."""
        self._archive = archive
        self._forget = forget

    @operation("CreateLogGroup")
    async def create(self, ctx: Context, params: Params) -> Result:
        """A group without streams."""
        if params.get("kmsKeyId"):
            raise errors.unsupported("kmsKeyId", "events are not encrypted; encrypt the disk")
        _check_class(params)
        tags = params.get("tags") or {}
        if any(key.startswith("aws:") for key in tags):
            raise errors.invalid("Tag keys must not begin with aws:")
        group = Group(ctx.account, ctx.region, params["logGroupName"])
        if group.name.startswith("aws/"):
            raise errors.invalid("Log group names must not begin with aws/")
        if await self._archive.store.ask(LogFiles.made, group) is not None:
            raise errors.exists("log group")
        if await self._archive.store.look(LogFiles.count, ctx.account, ctx.region) >= limits.GROUPS:
            raise errors.over_limit("log groups")
        await self._archive.store.change(LogFiles.make_group, group, int(ctx.clock.now() * 1000))
        await self._archive.say(group, Settings(None, tags, bool(params.get("deletionProtectionEnabled"))))
        return {}

    @operation("DeleteLogGroup")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """A group with all that belongs to it; its place on the disk is free."""
        group = await self._archive.group(ctx, params)
        if (await self._archive.settings(group)).protected:
            raise errors.is_protected()
        for forget in self._forget:
            await forget(group)
        await self._archive.repository.drop_group(place(group), group.name)
        await self._archive.store.change(LogFiles.remove_group, group)
        return {}

    @operation("DescribeLogGroups")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """Groups by a prefix, a part of their names, or a list."""
        _check_own(params)
        prefix, part = params.get("logGroupNamePrefix", ""), params.get("logGroupNamePattern", "")
        if prefix and part:
            raise errors.both("LogGroup name prefix", "LogGroup name pattern")
        names = await self._archive.store.ask(LogFiles.groups, ctx.account, ctx.region)
        if identifiers := params.get("logGroupIdentifiers"):
            wanted = {identified(ctx, each).name for each in identifiers}
            names = [name for name in names if name in wanted]
        found = page(params, "logGroups", [n for n in names if n.startswith(prefix) and _has(n, part)], str)
        groups = [Group(ctx.account, ctx.region, name) for name in found["logGroups"]]
        return {**found, "logGroups": [await self._shown(group) for group in groups]}

    @operation("ListLogGroups")
    async def list_groups(self, ctx: Context, params: Params) -> Result:
        """Groups whose names have a part, or with `^` begin with it; several parts between `|`."""
        _check_own(params)
        for option in ("dataSources", "fieldIndexNames"):
            if params.get(option):
                raise errors.unsupported(option, "there are none")
        names = await self._archive.store.ask(LogFiles.groups, ctx.account, ctx.region)
        parts = params.get("logGroupNamePattern", "").split("|")
        found = [Group(ctx.account, ctx.region, name) for name in names if any(_like(name, part) for part in parts)]
        for wanted in params.get("logGroupTags", ()):
            found = [each for each in found if _tagged((await self._archive.settings(each)).tags, wanted)]

        def shown(group: Group) -> dict[str, Any]:
            return {"logGroupName": group.name, "logGroupArn": group_arn(group), "logGroupClass": "STANDARD"}

        return page(params, "logGroups", found, lambda group: group.name, shown)

    @operation("PutRetentionPolicy")
    async def put_retention(self, ctx: Context, params: Params) -> Result:
        """Keep events for some days only."""
        group = await self._archive.group(ctx, params)
        if params["retentionInDays"] not in limits.RETENTIONS:
            raise errors.bad_retention(params["retentionInDays"])
        settings = await self._archive.settings(group)
        await self._archive.say(group, msgspec.structs.replace(settings, retention_days=params["retentionInDays"]))
        return {}

    @operation("DeleteRetentionPolicy")
    async def delete_retention(self, ctx: Context, params: Params) -> Result:
        """Keep events for ever."""
        group = await self._archive.group(ctx, params)
        settings = await self._archive.settings(group)
        await self._archive.say(group, msgspec.structs.replace(settings, retention_days=None))
        return {}

    @operation("PutLogGroupDeletionProtection")
    async def protect(self, ctx: Context, params: Params) -> Result:
        """Let a group not be deleted, or be."""
        group = await self._archive.there(group_of(ctx, params))
        settings = await self._archive.settings(group)
        await self._archive.say(
            group, msgspec.structs.replace(settings, protected=bool(params["deletionProtectionEnabled"]))
        )
        return {}

    async def _shown(self, group: Group) -> dict[str, Any]:
        archive = self._archive
        settings = await archive.settings(group)
        filters = await archive.repository.all(MetricFilter, place(group), f"{group.name}:")
        shown = {
            "logGroupName": group.name,
            "creationTime": await archive.store.ask(LogFiles.made, group) or 0,
            "metricFilterCount": len(filters),
            "arn": f"{group_arn(group)}:*",
            "logGroupArn": group_arn(group),
            "storedBytes": sum((await archive.store.ask(LogFiles.stored, group)).values()),
            "logGroupClass": "STANDARD",
            "deletionProtectionEnabled": settings.protected,
        }
        if settings.retention_days is not None:
            shown["retentionInDays"] = settings.retention_days
        return shown


def _check_class(params: Params) -> None:
    if params.get("logGroupClass", "STANDARD") != "STANDARD":
        raise errors.unsupported(f"logGroupClass {params['logGroupClass']}", _CLASSES)


def _check_own(params: Params) -> None:
    _check_class(params)
    for option in ("accountIdentifiers", "includeLinkedAccounts"):
        if params.get(option):
            raise errors.unsupported(option, "accounts are not linked")


def _has(name: str, part: str) -> bool:
    return part.lower() in name.lower()


def _like(name: str, part: str) -> bool:
    return name.startswith(part[1:]) if part.startswith("^") else part in name


def _tagged(tags: dict[str, str], wanted: dict[str, Any]) -> bool:
    value = tags.get(wanted["key"])
    return value is not None and (not wanted.get("values") or value in wanted["values"])
