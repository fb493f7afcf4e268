"""Users."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.services.iam import errors, names, pages, render
from lambent.services.iam.entities import Entities
from lambent.services.iam.records import User
from lambent.services.iam.repository import again_on_conflict, drop, move_key, put
from lambent.services.iam.tagging import tags_of
from lambent.services.operation import Params, Result, operation
from lambent.store.base import Conflict


class Users:
    """CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    @operation("CreateUser")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a user."""
        name = params["UserName"]
        boundary = params.get("PermissionsBoundary", "")
        if boundary:
            await self._entities.attachable(ctx, boundary)
        user = User(
            name=name,
            path=names.path_of(params),
            id=names.new_id("AIDA", ctx.ids),
            created=float(int(ctx.clock.now())),
            tags=tags_of(params.get("Tags", ())),
            boundary=boundary,
        )
        try:
            await self._entities.repository.commit(put(ctx.account, user))
        except Conflict:
            raise errors.exists("User", name) from None
        return {"User": render.user(ctx.account, user)}

    @operation("GetUser")
    async def get(self, ctx: Context, params: Params) -> Result:
        """One user; without a name the one who asks."""
        if not params.get("UserName") and ctx.principal.is_root:
            return {"User": {"UserId": ctx.account, "Arn": ctx.principal.arn, "CreateDate": 0.0, "Path": "/"}}
        user = await self._entities.get(ctx, User, names.user_name(ctx, params))
        return {"User": render.user(ctx.account, user)}

    @operation("ListUsers")
    async def list_users(self, ctx: Context, params: Params) -> Result:
        """A page of users."""
        prefix = params.get("PathPrefix", "/")
        users = [
            each for each in await self._entities.repository.every(User, ctx.account) if each.path.startswith(prefix)
        ]
        return pages.page(
            params, "Users", users, lambda each: each.name, lambda each: render.user(ctx.account, each, tags=False)
        )

    @operation("UpdateUser")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Give a user another name or path; its keys and groups stay."""
        user, kept = await self._entities.kept(ctx, User, params["UserName"])
        repository = self._entities.repository
        name = params.get("NewUserName") or user.name
        path = names.path_of(params, "NewPath") if params.get("NewPath") else user.path
        renamed = msgspec.structs.replace(user, name=name, path=path)
        if name.lower() == user.name.lower():
            await self._entities.save(ctx, renamed, kept)
            return {}
        if await repository.get(User, ctx.account, name) is not None:
            raise errors.exists("User", name)
        writes = [drop(kept), put(ctx.account, renamed, kept)]
        for key in await repository.keys_of(ctx.account, user.name):
            writes += move_key(key, name)
        await repository.commit(*writes)
        return {}

    @operation("DeleteUser")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a user that has nothing any more."""
        user, kept = await self._entities.kept(ctx, User, params["UserName"])
        if await self._entities.repository.keys_of(ctx.account, user.name):
            raise errors.in_use("must delete access keys first")
        if user.inline:
            raise errors.in_use("must delete policies first")
        if user.attached:
            raise errors.in_use("must detach all policies first")
        if user.groups:
            raise errors.in_use("must remove users from group first")
        await self._entities.repository.commit(drop(kept))
        return {}
