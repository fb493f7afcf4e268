"""Managed policies and their versions."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.services.iam import catalogue, documents, errors, limits, names, pages, render
from lambent.services.iam.entities import Entities
from lambent.services.iam.records import ManagedPolicy, PolicyVersion
from lambent.services.iam.repository import Kept, again_on_conflict, drop, put
from lambent.services.iam.tagging import tags_of
from lambent.services.operation import Params, Result, operation
from lambent.store.base import Conflict


class Policies:
    """CreatePolicy, GetPolicy, ListPolicies, DeletePolicy, and the operations on versions."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    @operation("CreatePolicy")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a managed policy, with its first version in force."""
        name, path, now = params["PolicyName"], names.path_of(params), float(int(ctx.clock.now()))
        policy = ManagedPolicy(
            name=name,
            path=path,
            id=names.new_id("ANPA", ctx.ids),
            arn=names.arn(ctx.account, "policy", path, name),
            created=now,
            updated=now,
            versions=(PolicyVersion("v1", _document(params), now),),
            description=params.get("Description", ""),
            tags=tags_of(params.get("Tags", ())),
        )
        # A name is unique whatever its path, although the path is part of the ARN.
        others = await self._entities.repository.every(ManagedPolicy, ctx.account)
        if any(each.name.lower() == name.lower() for each in others):
            raise errors.policy_exists(name)
        try:
            await self._entities.repository.commit(put(ctx.account, policy))
        except Conflict:
            raise errors.policy_exists(name) from None
        return {"Policy": render.policy(policy, 0, 0)}

    @operation("GetPolicy")
    async def get(self, ctx: Context, params: Params) -> Result:
        """One managed policy, without its document."""
        policy = await self._policy(ctx, params)
        usage = await self._entities.usage(ctx)
        return {"Policy": render.policy(policy, *usage.get(policy.arn, (0, 0)))}

    @operation("ListPolicies")
    async def list_policies(self, ctx: Context, params: Params) -> Result:
        """A page of managed policies: the account's own, AWS's, or both."""
        scope, prefix = params.get("Scope", "All"), params.get("PathPrefix", "/")
        found: list[ManagedPolicy] = []
        if scope in ("All", "Local"):
            found += await self._entities.repository.every(ManagedPolicy, ctx.account)
        if scope in ("All", "AWS"):
            found += catalogue.policies().values()
        usage = await self._entities.usage(ctx)
        wanted = params.get("PolicyUsageFilter")

        def counts(policy: ManagedPolicy) -> bool:
            attached, bounding = usage.get(policy.arn, (0, 0))
            if wanted is not None:
                return (bounding if wanted == "PermissionsBoundary" else attached) > 0
            return attached > 0 or not params.get("OnlyAttached")

        shown = [each for each in found if each.path.startswith(prefix) and counts(each)]
        return pages.page(
            params,
            "Policies",
            shown,
            lambda each: f"{each.name}{each.arn}",
            lambda each: render.policy(each, *usage.get(each.arn, (0, 0)), whole=False),
        )

    @operation("DeletePolicy")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a managed policy that nobody has and that has no version but one."""
        policy, kept = await self._kept(ctx, params)
        if any((await self._entities.usage(ctx)).get(policy.arn, ())):
            raise errors.policy_attached()
        if len(policy.versions) > 1:
            raise errors.policy_has_versions()
        await self._entities.repository.commit(drop(kept))
        return {}

    @operation("CreatePolicyVersion")
    @again_on_conflict
    async def create_version(self, ctx: Context, params: Params) -> Result:
        """Add a version, perhaps in force at once."""
        policy, kept = await self._kept(ctx, params)
        if len(policy.versions) >= limits.VERSIONS:
            raise errors.too_many_versions()
        now = float(int(ctx.clock.now()))
        version = PolicyVersion(f"v{policy.next_version}", _document(params), now)
        changed = msgspec.structs.replace(
            policy,
            versions=(*policy.versions, version),
            next_version=policy.next_version + 1,
            default=version.id if params.get("SetAsDefault") else policy.default,
            updated=now,
        )
        await self._entities.save(ctx, changed, kept)
        return {"PolicyVersion": render.version(changed, version, whole=False)}

    @operation("GetPolicyVersion")
    async def get_version(self, ctx: Context, params: Params) -> Result:
        """A version with its document."""
        policy = await self._policy(ctx, params)
        version = policy.version(params["VersionId"])
        if version is None:
            raise errors.no_such_version(policy.arn, params["VersionId"])
        return {"PolicyVersion": render.version(policy, version)}

    @operation("ListPolicyVersions")
    async def list_versions(self, ctx: Context, params: Params) -> Result:
        """A page of versions, the newest first."""
        policy = await self._policy(ctx, params)
        places = {each.id: f"{len(policy.versions) - place:06}" for place, each in enumerate(policy.versions)}
        return pages.page(
            params,
            "Versions",
            policy.versions,
            lambda each: places[each.id],
            lambda each: render.version(policy, each, whole=False),
        )

    @operation("DeletePolicyVersion")
    @again_on_conflict
    async def delete_version(self, ctx: Context, params: Params) -> Result:
        """Delete a version that is not in force."""
        policy, kept = await self._kept(ctx, params)
        version = policy.version(params["VersionId"])
        if version is None:
            raise errors.no_such_version(policy.arn, params["VersionId"])
        if version.id == policy.default:
            raise errors.default_version()
        left = tuple(each for each in policy.versions if each != version)
        await self._entities.save(ctx, msgspec.structs.replace(policy, versions=left), kept)
        return {}

    @operation("SetDefaultPolicyVersion")
    @again_on_conflict
    async def set_default(self, ctx: Context, params: Params) -> Result:
        """Put a version in force."""
        policy, kept = await self._kept(ctx, params)
        if policy.version(params["VersionId"]) is None:
            raise errors.no_such_version(policy.arn, params["VersionId"])
        changed = msgspec.structs.replace(policy, default=params["VersionId"], updated=float(int(ctx.clock.now())))
        await self._entities.save(ctx, changed, kept)
        return {}

    async def _policy(self, ctx: Context, params: Params) -> ManagedPolicy:
        return await self._entities.get(ctx, ManagedPolicy, names.checked_policy_arn(params["PolicyArn"]))

    async def _kept(self, ctx: Context, params: Params) -> tuple[ManagedPolicy, Kept]:
        return await self._entities.kept(ctx, ManagedPolicy, names.checked_policy_arn(params["PolicyArn"]))


def _document(params: Params) -> str:
    document: str = params["PolicyDocument"]
    if documents.length(document) > limits.MANAGED_POLICY_CHARACTERS:
        raise errors.quota("PolicySize", limits.MANAGED_POLICY_CHARACTERS)
    return documents.checked(document)
