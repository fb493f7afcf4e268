"""Groups of schedules, and their tags. Whoever deletes a group deletes its schedules."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.schedules.alarms import Alarms
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.scheduler import errors, limits, pages, render
from lambent.services.scheduler.records import DEFAULT_GROUP, Group
from lambent.services.scheduler.repository import Repository, key_of
from lambent.store.base import Conflict

DELETING = "DELETING"


class Groups:
    """CreateScheduleGroup, GetScheduleGroup, ListScheduleGroups, DeleteScheduleGroup, TagResource, UntagResource,
    ListTagsForResource."""

    def __init__(self, repository: Repository, alarms: Alarms) -> None:
        self._repository = repository
        self._alarms = alarms

    @operation("CreateScheduleGroup")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a group; the same token makes the same one."""
        at, name, now = Place(ctx.account, ctx.region), params["Name"], ctx.clock.now()
        token = params.get("ClientToken") or ""
        made = Group(
            account=at.account,
            region=at.region,
            name=name,
            created=now,
            modified=now,
            token=token,
            tags=_with({}, params),
        )
        known = await self._repository.group(at, name)
        if known is not None:
            if token and (known.token, known.tags) == (token, made.tags):
                return {"ScheduleGroupArn": known.arn}
            raise errors.group_exists(name)
        if await self._repository.count(at, "group") >= limits.GROUPS:
            raise errors.quota("schedule groups", limits.GROUPS)
        try:
            await self._repository.put_group(made, new=True)
        except Conflict:
            raise errors.group_exists(name) from None
        return {"ScheduleGroupArn": made.arn}

    @operation("GetScheduleGroup")
    async def get(self, ctx: Context, params: Params) -> Result:
        """A group."""
        return render.group(await self._group(Place(ctx.account, ctx.region), params["Name"]))

    @operation("ListScheduleGroups")
    async def list_groups(self, ctx: Context, params: Params) -> Result:
        """A page of groups."""
        prefix, after, size = params.get("NamePrefix") or "", pages.position(params), pages.size(params)
        every = await self._repository.groups(Place(ctx.account, ctx.region))
        found = [each for each in every if each.name.startswith(prefix) and each.name > after]
        result: dict[str, object] = {"ScheduleGroups": [render.group(each) for each in found[:size]]}
        if len(found) > size:
            result["NextToken"] = pages.token(found[size - 1].name)
        return result

    @operation("DeleteScheduleGroup")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a group with its schedules."""
        at, name = Place(ctx.account, ctx.region), params["Name"]
        if name == DEFAULT_GROUP:
            raise errors.default_group()
        group = await self._group(at, name)
        # First, so that nothing new comes in; a crash leaves a group that can be deleted again.
        await self._repository.put_group(msgspec.structs.replace(group, state=DELETING, modified=ctx.clock.now()))
        while schedules := await self._repository.schedules(at, name):
            await self._repository.drop(schedules)
            for each in schedules:
                self._alarms.set(key_of(each), None)
        await self._repository.drop_group(group)
        return {}

    @operation("TagResource")
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Tag a group."""
        group = await self._by_arn(params)
        await self._repository.put_group(msgspec.structs.replace(group, tags=_with(group.tags, params)))
        return {}

    @operation("UntagResource")
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags from a group."""
        group = await self._by_arn(params)
        left = {key: value for key, value in group.tags.items() if key not in params["TagKeys"]}
        await self._repository.put_group(msgspec.structs.replace(group, tags=left))
        return {}

    @operation("ListTagsForResource")
    async def list_tags(self, ctx: Context, params: Params) -> Result:
        """The tags of a group."""
        return {"Tags": render.tags(await self._by_arn(params))}

    async def _by_arn(self, params: Params) -> Group:
        _, _, _, region, account, resource = params["ResourceArn"].split(":", 5)
        return await self._group(Place(account, region), resource.partition("/")[2])

    async def _group(self, at: Place, name: str) -> Group:
        group = await self._repository.group(at, name)
        if group is None:
            raise errors.no_such_group(name)
        return group


def _with(tags: dict[str, str], params: Params) -> dict[str, str]:
    """Tags, and those of a request. Raises ApiError."""
    found = tags | {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}
    if len(found) > limits.TAGS:
        raise errors.quota("tags", limits.TAGS)
    return found
