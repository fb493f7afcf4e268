"""Groups: traces that a filter finds, under a name."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.xray import errors, limits, pages
from lambent.services.xray.records import Group
from lambent.services.xray.repository import Repository
from lambent.services.xray.summaries import filter_of


class Groups:
    """CreateGroup, GetGroup, GetGroups, UpdateGroup, DeleteGroup."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("CreateGroup")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a group."""
        _check(params)
        if len(await self._repository.groups(Place(ctx.account, ctx.region))) >= limits.GROUPS:
            raise errors.invalid(f"There may be at most {limits.GROUPS} groups.")
        tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}
        text = params.get("FilterExpression", "")
        group = Group(ctx.account, ctx.region, params["GroupName"], ctx.ids.hex(32), text, tags)
        if not await self._repository.add(group):
            raise errors.group_exists(group.name)
        return {"Group": _shown(group)}

    @operation("GetGroup")
    async def get(self, ctx: Context, params: Params) -> Result:
        """A group by its name or ARN."""
        return {"Group": _shown(await self._found(ctx, params))}

    @operation("GetGroups")
    async def list(self, ctx: Context, params: Params) -> Result:
        """All groups."""
        found = await self._repository.groups(Place(ctx.account, ctx.region))
        page, token = pages.page(found, params.get("NextToken"), limits.PAGE)
        return {"Groups": [_shown(group) for group in page], **token}

    @operation("UpdateGroup")
    async def update(self, ctx: Context, params: Params) -> Result:
        """Give a group another filter."""
        _check(params)
        group = await self._found(ctx, params)
        changed = msgspec.structs.replace(group, filter=params.get("FilterExpression", group.filter))
        await self._repository.keep(changed)
        return {"Group": _shown(changed)}

    @operation("DeleteGroup")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a group; its traces stay."""
        await self._repository.delete(await self._found(ctx, params))
        return {}

    async def _found(self, ctx: Context, params: Params) -> Group:
        arn: str | None = params.get("GroupARN")
        if ("GroupName" in params) == (arn is not None):
            raise errors.invalid("Exactly one of GroupName and GroupARN must be given.")
        name = str(params["GroupName"] if arn is None else arn.partition("/")[2].partition("/")[0])
        found = await self._repository.group(Place(ctx.account, ctx.region), name)
        if found is None or (arn is not None and found.arn != arn):
            raise errors.no_such_group(name)
        return found


def _check(params: Params) -> None:
    insights = params.get("InsightsConfiguration", {})
    if insights.get("InsightsEnabled") or insights.get("NotificationsEnabled"):
        raise errors.unsupported("InsightsConfiguration", "there are no insights")
    filter_of(params.get("FilterExpression", ""))


def _shown(group: Group) -> dict[str, Any]:
    return {
        "GroupName": group.name,
        "GroupARN": group.arn,
        **({"FilterExpression": group.filter} if group.filter else {}),
        "InsightsConfiguration": {"InsightsEnabled": False, "NotificationsEnabled": False},
    }
