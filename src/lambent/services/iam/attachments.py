"""Managed policies at users, groups and roles: attached to them, or limiting them."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.services.iam import errors, limits, names, pages, render
from lambent.services.iam.entities import KINDS, Entities
from lambent.services.iam.records import Group, ManagedPolicy, Role, User
from lambent.services.iam.repository import again_on_conflict
from lambent.services.operation import Params, Result, operation

_QUOTAS = {"user": "PoliciesPerUser", "group": "PoliciesPerGroup", "role": "PoliciesPerRole"}


class Attachments:
    """Attach, Detach and ListAttached of users, groups and roles; boundaries; ListEntitiesForPolicy."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    @operation("AttachUserPolicy")
    @again_on_conflict
    async def attach_to_user(self, ctx: Context, params: Params) -> Result:
        """Attach a managed policy to a user."""
        return await self._attach(ctx, "user", params)

    @operation("DetachUserPolicy")
    @again_on_conflict
    async def detach_from_user(self, ctx: Context, params: Params) -> Result:
        """Detach a managed policy from a user."""
        return await self._detach(ctx, "user", params)

    @operation("ListAttachedUserPolicies")
    async def list_of_user(self, ctx: Context, params: Params) -> Result:
        """A page of the managed policies of a user."""
        return await self._list(ctx, "user", params)

    @operation("AttachGroupPolicy")
    @again_on_conflict
    async def attach_to_group(self, ctx: Context, params: Params) -> Result:
        """Attach a managed policy to a group."""
        return await self._attach(ctx, "group", params)

    @operation("DetachGroupPolicy")
    @again_on_conflict
    async def detach_from_group(self, ctx: Context, params: Params) -> Result:
        """Detach a managed policy from a group."""
        return await self._detach(ctx, "group", params)

    @operation("ListAttachedGroupPolicies")
    async def list_of_group(self, ctx: Context, params: Params) -> Result:
        """A page of the managed policies of a group."""
        return await self._list(ctx, "group", params)

    @operation("AttachRolePolicy")
    @again_on_conflict
    async def attach_to_role(self, ctx: Context, params: Params) -> Result:
        """Attach a managed policy to a role."""
        return await self._attach(ctx, "role", params)

    @operation("DetachRolePolicy")
    @again_on_conflict
    async def detach_from_role(self, ctx: Context, params: Params) -> Result:
        """Detach a managed policy from a role."""
        return await self._detach(ctx, "role", params)

    @operation("ListAttachedRolePolicies")
    async def list_of_role(self, ctx: Context, params: Params) -> Result:
        """A page of the managed policies of a role."""
        return await self._list(ctx, "role", params)

    @operation("PutUserPermissionsBoundary")
    @again_on_conflict
    async def bound_user(self, ctx: Context, params: Params) -> Result:
        """Limit a user to what a managed policy allows."""
        user, kept = await self._entities.kept(ctx, User, params["UserName"])
        boundary = await self._entities.attachable(ctx, params["PermissionsBoundary"])
        await self._entities.save(ctx, msgspec.structs.replace(user, boundary=boundary), kept)
        return {}

    @operation("DeleteUserPermissionsBoundary")
    @again_on_conflict
    async def unbound_user(self, ctx: Context, params: Params) -> Result:
        """Limit a user no more."""
        user, kept = await self._entities.kept(ctx, User, params["UserName"])
        if not user.boundary:
            raise errors.no_boundary("user", user.name)
        await self._entities.save(ctx, msgspec.structs.replace(user, boundary=""), kept)
        return {}

    @operation("PutRolePermissionsBoundary")
    @again_on_conflict
    async def bound_role(self, ctx: Context, params: Params) -> Result:
        """Limit a role to what a managed policy allows."""
        role, kept = await self._entities.kept(ctx, Role, params["RoleName"])
        boundary = await self._entities.attachable(ctx, params["PermissionsBoundary"])
        await self._entities.save(ctx, msgspec.structs.replace(role, boundary=boundary), kept)
        return {}

    @operation("DeleteRolePermissionsBoundary")
    @again_on_conflict
    async def unbound_role(self, ctx: Context, params: Params) -> Result:
        """Limit a role no more."""
        role, kept = await self._entities.kept(ctx, Role, params["RoleName"])
        if not role.boundary:
            raise errors.no_boundary("role", role.name)
        await self._entities.save(ctx, msgspec.structs.replace(role, boundary=""), kept)
        return {}

    @operation("ListEntitiesForPolicy")
    async def entities_of(self, ctx: Context, params: Params) -> Result:
        """Everybody who has a managed policy, or is limited by it."""
        policy = await self._entities.get(ctx, ManagedPolicy, names.checked_policy_arn(params["PolicyArn"]))
        only, usage = params.get("EntityFilter"), params.get("PolicyUsageFilter")
        prefix = params.get("PathPrefix", "/")
        found: list[User | Group | Role] = []
        for kind, wanted in ((User, "User"), (Group, "Group"), (Role, "Role")):
            if only in (None, wanted):
                found += await self._entities.repository.every(kind, ctx.account)
        users = [each for each in found if each.path.startswith(prefix) and _has(each, policy.arn, usage)]
        page = pages.page(params, "All", users, lambda each: f"{type(each).__name__}/{each.name}", lambda each: each)
        shown: dict[str, list[dict[str, str]]] = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
        for each in page.pop("All"):
            title = type(each).__name__
            shown[f"Policy{title}s"].append({f"{title}Name": each.name, f"{title}Id": each.id})
        return {**shown, **page}

    async def _attach(self, ctx: Context, kind: str, params: Params) -> Result:
        entity, kept = await self._entities.kept(ctx, KINDS[kind], params[f"{kind.capitalize()}Name"])
        policy_arn = await self._entities.attachable(ctx, params["PolicyArn"])
        if policy_arn in entity.attached:
            return {}
        if len(entity.attached) >= limits.ATTACHED:
            raise errors.quota(_QUOTAS[kind], limits.ATTACHED)
        attached = (*entity.attached, policy_arn)
        await self._entities.save(ctx, msgspec.structs.replace(entity, attached=attached), kept)
        return {}

    async def _detach(self, ctx: Context, kind: str, params: Params) -> Result:
        entity, kept = await self._entities.kept(ctx, KINDS[kind], params[f"{kind.capitalize()}Name"])
        policy_arn = names.checked_policy_arn(params["PolicyArn"])
        if policy_arn not in entity.attached:
            raise errors.no_such_policy(policy_arn)
        left = tuple(each for each in entity.attached if each != policy_arn)
        await self._entities.save(ctx, msgspec.structs.replace(entity, attached=left), kept)
        return {}

    async def _list(self, ctx: Context, kind: str, params: Params) -> Result:
        entity = await self._entities.get(ctx, KINDS[kind], params[f"{kind.capitalize()}Name"])
        prefix = params.get("PathPrefix", "/")
        policies = [each for each in entity.attached if each.partition(":policy")[2].startswith(prefix)]
        return pages.page(params, "AttachedPolicies", policies, lambda each: each.rpartition("/")[2], render.attached)


def _has(entity: User | Group | Role, policy_arn: str, usage: str | None) -> bool:
    """Whether a policy is attached to an entity (`PermissionsPolicy`) or limits it (`PermissionsBoundary`)."""
    attached = policy_arn in entity.attached and usage != "PermissionsBoundary"
    bounded = not isinstance(entity, Group) and entity.boundary == policy_arn and usage != "PermissionsPolicy"
    return attached or bounded
