"""Groups of users. A user's record says which groups it is in."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.services.iam import errors, limits, names, pages, render
from lambent.services.iam.entities import Entities
from lambent.services.iam.records import Group, User
from lambent.services.iam.repository import again_on_conflict, drop, put
from lambent.services.operation import Params, Result, operation
from lambent.store.base import Conflict, Write


class Groups:
    """CreateGroup, GetGroup, ListGroups, UpdateGroup, DeleteGroup, and who is in them."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    @operation("CreateGroup")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a group."""
        group = Group(
            name=params["GroupName"],
            path=names.path_of(params),
            id=names.new_id("AGPA", ctx.ids),
            created=float(int(ctx.clock.now())),
        )
        try:
            await self._entities.repository.commit(put(ctx.account, group))
        except Conflict:
            raise errors.exists("Group", group.name) from None
        return {"Group": render.group(ctx.account, group)}

    @operation("GetGroup")
    async def get(self, ctx: Context, params: Params) -> Result:
        """A group, and a page of its users."""
        group = await self._entities.get(ctx, Group, params["GroupName"])
        users = await self._members(ctx, group)
        page = pages.page(
            params, "Users", users, lambda each: each.name, lambda each: render.user(ctx.account, each, tags=False)
        )
        return {"Group": render.group(ctx.account, group), **page}

    @operation("ListGroups")
    async def list_groups(self, ctx: Context, params: Params) -> Result:
        """A page of groups."""
        prefix = params.get("PathPrefix", "/")
        groups = [
            each for each in await self._entities.repository.every(Group, ctx.account) if each.path.startswith(prefix)
        ]
        return _page(ctx, params, groups)

    @operation("ListGroupsForUser")
    async def list_for_user(self, ctx: Context, params: Params) -> Result:
        """A page of the groups that a user is in."""
        user = await self._entities.get(ctx, User, params["UserName"])
        return _page(ctx, params, [await self._entities.get(ctx, Group, name) for name in user.groups])

    @operation("UpdateGroup")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Give a group another name or path; its users stay."""
        group, kept = await self._entities.kept(ctx, Group, params["GroupName"])
        name = params.get("NewGroupName") or group.name
        path = names.path_of(params, "NewPath") if params.get("NewPath") else group.path
        renamed = msgspec.structs.replace(group, name=name, path=path)
        if name.lower() != group.name.lower() and await self._entities.repository.get(Group, ctx.account, name):
            raise errors.exists("Group", name)
        writes = [put(ctx.account, renamed, kept)]
        if name.lower() != group.name.lower():
            writes.append(drop(kept))
        for member in await self._members(ctx, group):
            user, at = await self._entities.kept(ctx, User, member.name)
            groups = tuple(name if each.lower() == group.name.lower() else each for each in user.groups)
            writes.append(put(ctx.account, msgspec.structs.replace(user, groups=groups), at))
        await self._entities.repository.commit(*writes)
        return {}

    @operation("DeleteGroup")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a group that has nothing any more."""
        group, kept = await self._entities.kept(ctx, Group, params["GroupName"])
        if group.inline:
            raise errors.in_use("must delete policies first")
        if group.attached:
            raise errors.in_use("must detach all policies first")
        if await self._members(ctx, group):
            raise errors.in_use("must remove users from group first")
        await self._entities.repository.commit(drop(kept))
        return {}

    @operation("AddUserToGroup")
    @again_on_conflict
    async def add(self, ctx: Context, params: Params) -> Result:
        """Put a user into a group; one who is there stays there."""
        group, of_group = await self._entities.kept(ctx, Group, params["GroupName"])
        user, kept = await self._entities.kept(ctx, User, params["UserName"])
        if group.name in user.groups:
            return {}
        if len(user.groups) >= limits.GROUPS_PER_USER:
            raise errors.quota("GroupsPerUser", limits.GROUPS_PER_USER)
        unchanged: Write = put(ctx.account, group, of_group)  # the group does not go meanwhile
        await self._entities.save(
            ctx, msgspec.structs.replace(user, groups=(*user.groups, group.name)), kept, unchanged
        )
        return {}

    @operation("RemoveUserFromGroup")
    @again_on_conflict
    async def remove(self, ctx: Context, params: Params) -> Result:
        """Take a user out of a group."""
        group = await self._entities.get(ctx, Group, params["GroupName"])
        user, kept = await self._entities.kept(ctx, User, params["UserName"])
        if group.name not in user.groups:
            raise errors.not_in_group(user.name, group.name)
        left = tuple(each for each in user.groups if each != group.name)
        await self._entities.save(ctx, msgspec.structs.replace(user, groups=left), kept)
        return {}

    async def _members(self, ctx: Context, group: Group) -> list[User]:
        return [each for each in await self._entities.repository.every(User, ctx.account) if group.name in each.groups]


def _page(ctx: Context, params: Params, groups: list[Group]) -> Result:
    return pages.page(params, "Groups", groups, lambda each: each.name, lambda each: render.group(ctx.account, each))
