"""Inline policies: documents that belong to one user, group or role."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.services.iam import documents, errors, limits, pages, render
from lambent.services.iam.entities import KINDS, Entities
from lambent.services.iam.repository import again_on_conflict
from lambent.services.operation import Params, Result, operation


class InlinePolicies:
    """Put, Get, List and Delete of UserPolicy, GroupPolicy and RolePolicy."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    @operation("PutUserPolicy")
    @again_on_conflict
    async def put_of_user(self, ctx: Context, params: Params) -> Result:
        """Set an inline policy of a user."""
        return await self._put(ctx, "user", params)

    @operation("GetUserPolicy")
    async def get_of_user(self, ctx: Context, params: Params) -> Result:
        """An inline policy of a user."""
        return await self._get(ctx, "user", params)

    @operation("ListUserPolicies")
    async def list_of_user(self, ctx: Context, params: Params) -> Result:
        """A page of the names of a user's inline policies."""
        return await self._list(ctx, "user", params)

    @operation("DeleteUserPolicy")
    @again_on_conflict
    async def delete_of_user(self, ctx: Context, params: Params) -> Result:
        """Delete an inline policy of a user."""
        return await self._delete(ctx, "user", params)

    @operation("PutGroupPolicy")
    @again_on_conflict
    async def put_of_group(self, ctx: Context, params: Params) -> Result:
        """Set an inline policy of a group."""
        return await self._put(ctx, "group", params)

    @operation("GetGroupPolicy")
    async def get_of_group(self, ctx: Context, params: Params) -> Result:
        """An inline policy of a group."""
        return await self._get(ctx, "group", params)

    @operation("ListGroupPolicies")
    async def list_of_group(self, ctx: Context, params: Params) -> Result:
        """A page of the names of a group's inline policies."""
        return await self._list(ctx, "group", params)

    @operation("DeleteGroupPolicy")
    @again_on_conflict
    async def delete_of_group(self, ctx: Context, params: Params) -> Result:
        """Delete an inline policy of a group."""
        return await self._delete(ctx, "group", params)

    @operation("PutRolePolicy")
    @again_on_conflict
    async def put_of_role(self, ctx: Context, params: Params) -> Result:
        """Set an inline policy of a role."""
        return await self._put(ctx, "role", params)

    @operation("GetRolePolicy")
    async def get_of_role(self, ctx: Context, params: Params) -> Result:
        """An inline policy of a role."""
        return await self._get(ctx, "role", params)

    @operation("ListRolePolicies")
    async def list_of_role(self, ctx: Context, params: Params) -> Result:
        """A page of the names of a role's inline policies."""
        return await self._list(ctx, "role", params)

    @operation("DeleteRolePolicy")
    @again_on_conflict
    async def delete_of_role(self, ctx: Context, params: Params) -> Result:
        """Delete an inline policy of a role."""
        return await self._delete(ctx, "role", params)

    async def _put(self, ctx: Context, kind: str, params: Params) -> Result:
        entity, kept = await self._entities.kept(ctx, KINDS[kind], params[f"{kind.capitalize()}Name"])
        document = documents.checked(params["PolicyDocument"])
        inline = entity.inline | {params["PolicyName"]: document}
        most = limits.INLINE_CHARACTERS[kind]
        if sum(map(documents.length, inline.values())) > most:
            raise errors.inline_too_long(kind, entity.name, most)
        await self._entities.save(ctx, msgspec.structs.replace(entity, inline=inline), kept)
        return {}

    async def _get(self, ctx: Context, kind: str, params: Params) -> Result:
        title = f"{kind.capitalize()}Name"
        entity = await self._entities.get(ctx, KINDS[kind], params[title])
        name = params["PolicyName"]
        if name not in entity.inline:
            raise errors.no_such(f"{kind} policy", name)
        return {title: entity.name, "PolicyName": name, "PolicyDocument": render.document(entity.inline[name])}

    async def _list(self, ctx: Context, kind: str, params: Params) -> Result:
        entity = await self._entities.get(ctx, KINDS[kind], params[f"{kind.capitalize()}Name"])
        return pages.page(params, "PolicyNames", list(entity.inline), str, str)

    async def _delete(self, ctx: Context, kind: str, params: Params) -> Result:
        entity, kept = await self._entities.kept(ctx, KINDS[kind], params[f"{kind.capitalize()}Name"])
        name = params["PolicyName"]
        if name not in entity.inline:
            raise errors.no_such(f"{kind} policy", name)
        left = {each: document for each, document in entity.inline.items() if each != name}
        await self._entities.save(ctx, msgspec.structs.replace(entity, inline=left), kept)
        return {}
