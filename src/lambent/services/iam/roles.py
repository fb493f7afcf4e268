"""Roles, and who may assume them."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.policy.document import Use
from lambent.services.iam import documents, errors, limits, names, pages, render
from lambent.services.iam.entities import Entities
from lambent.services.iam.records import Role
from lambent.services.iam.repository import again_on_conflict, drop, put
from lambent.services.iam.tagging import tags_of
from lambent.services.operation import Params, Result, operation
from lambent.store.base import Conflict


class Roles:
    """CreateRole, GetRole, ListRoles, UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy, DeleteRole."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    @operation("CreateRole")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a role."""
        boundary = params.get("PermissionsBoundary", "")
        if boundary:
            await self._entities.attachable(ctx, boundary)
        role = Role(
            name=params["RoleName"],
            path=names.path_of(params),
            id=names.new_id("AROA", ctx.ids),
            created=float(int(ctx.clock.now())),
            trust=_trust(params["AssumeRolePolicyDocument"]),
            description=params.get("Description", ""),
            max_session=params.get("MaxSessionDuration", limits.SESSION_SECONDS),
            tags=tags_of(params.get("Tags", ())),
            boundary=boundary,
        )
        try:
            await self._entities.repository.commit(put(ctx.account, role))
        except Conflict:
            raise errors.exists("Role", role.name) from None
        return {"Role": render.role(ctx.account, role)}

    @operation("GetRole")
    async def get(self, ctx: Context, params: Params) -> Result:
        """One role."""
        return {"Role": render.role(ctx.account, await self._entities.get(ctx, Role, params["RoleName"]))}

    @operation("ListRoles")
    async def list_roles(self, ctx: Context, params: Params) -> Result:
        """A page of roles."""
        prefix = params.get("PathPrefix", "/")
        roles = [
            each for each in await self._entities.repository.every(Role, ctx.account) if each.path.startswith(prefix)
        ]
        return pages.page(
            params, "Roles", roles, lambda each: each.name, lambda each: render.role(ctx.account, each, whole=False)
        )

    @operation("UpdateRole")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Change a role's description, or how long its sessions may be."""
        role, kept = await self._entities.kept(ctx, Role, params["RoleName"])
        changed = msgspec.structs.replace(
            role,
            description=params.get("Description", role.description),
            max_session=params.get("MaxSessionDuration", role.max_session),
        )
        await self._entities.save(ctx, changed, kept)
        return {}

    @operation("UpdateRoleDescription")
    @again_on_conflict
    async def describe(self, ctx: Context, params: Params) -> Result:
        """Change a role's description."""
        role, kept = await self._entities.kept(ctx, Role, params["RoleName"])
        changed = msgspec.structs.replace(role, description=params["Description"])
        await self._entities.save(ctx, changed, kept)
        return {"Role": render.role(ctx.account, changed)}

    @operation("UpdateAssumeRolePolicy")
    @again_on_conflict
    async def trust(self, ctx: Context, params: Params) -> Result:
        """Say anew who may assume a role."""
        role, kept = await self._entities.kept(ctx, Role, params["RoleName"])
        await self._entities.save(ctx, msgspec.structs.replace(role, trust=_trust(params["PolicyDocument"])), kept)
        return {}

    @operation("DeleteRole")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a role that has no policies any more."""
        role, kept = await self._entities.kept(ctx, Role, params["RoleName"])
        if role.inline:
            raise errors.in_use("must delete policies first")
        if role.attached:
            raise errors.in_use("must detach all policies first")
        await self._entities.repository.commit(drop(kept))
        return {}


def _trust(document: str) -> str:
    if documents.length(document) > limits.TRUST_POLICY_CHARACTERS:
        raise errors.quota("ACLSizePerRole", limits.TRUST_POLICY_CHARACTERS)
    return documents.checked(document, Use.TRUST)
