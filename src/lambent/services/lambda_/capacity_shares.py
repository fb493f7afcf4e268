"""Capacity providers: what functions on managed instances run on. Here each is a share of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.context import Context
from lambent.model.function import FunctionVersion
from lambent.services.lambda_ import capacity_errors, checks, limits, pages, render, unsupported
from lambent.services.lambda_.capacity_repository import (
    CapacityShare,
    drop_provider,
    put_provider,
)
from lambent.services.lambda_.managed import Managed
from lambent.services.lambda_.names import capacity_arn, capacity_named, function_arn
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Kept, Repository
from lambent.services.operation import Params, Result, operation
from lambent.store.base import Conflict

_SCALING = "CapacityProviderScalingConfig"
_CPU = "LambdaCapacityProviderAverageCPUUtilization"


class CapacityShares:
    """Create, Get, List, Update and DeleteCapacityProvider, ListFunctionVersionsByCapacityProvider.

    `architecture` is this machine's.
    """

    def __init__(self, repository: Repository, managed: Managed, architecture: str) -> None:
        self._repository = repository
        self._managed = managed
        self._architecture = architecture

    @operation("CreateCapacityProvider")
    async def create(self, ctx: Context, params: Params) -> Result:
        """A new one, Active at once: there is nothing to be launched."""
        name = capacity_named(ctx, params["CapacityProviderName"], "CreateCapacityProvider")
        unsupported.refuse("CreateCapacityProvider", params)
        architectures = params.get("InstanceRequirements", {}).get("Architectures", [])
        checks.architectures(architectures, self._architecture)
        checks.tags(params.get("Tags", {}))
        if await self._managed.capacities.provider_count(ctx) >= limits.CAPACITY_PROVIDERS:
            raise capacity_errors.too_many(limits.CAPACITY_PROVIDERS)
        provider = CapacityShare(
            name=name,
            subnets=params["VpcConfig"]["SubnetIds"],
            security_groups=params["VpcConfig"]["SecurityGroupIds"],
            operator_role=params["PermissionsConfig"]["CapacityProviderOperatorRoleArn"],
            modified=ctx.clock.now(),
            architectures=architectures or [self._architecture],
            vcpus=params.get(_SCALING, {}).get("MaxVCpuCount", limits.CAPACITY_VCPUS),
            tags=params.get("Tags", {}),
            target=_target(params.get(_SCALING, {}), None),
        )
        try:
            await self._managed.capacities.commit(put_provider(ctx, provider))
        except Conflict:
            raise capacity_errors.exists(capacity_arn(ctx, name)) from None
        return _shown(ctx, provider)

    @operation("GetCapacityProvider")
    async def get(self, ctx: Context, params: Params) -> Result:
        """One of them."""
        return _shown(ctx, (await self._kept(ctx, params, "GetCapacityProvider")).value)

    @operation("ListCapacityProviders")
    async def list_providers(self, ctx: Context, params: Params) -> Result:
        """A page by name; all of them are Active."""
        if params.get("State", render.ACTIVE) != render.ACTIVE:
            return {"CapacityProviders": []}
        size = pages.size(params)
        after = "".join(pages.position_of(params, 1))
        found = await self._managed.capacities.providers(ctx, after=after, limit=size + 1)
        result: dict[str, object] = {
            "CapacityProviders": [
                render.capacity_provider(provider, capacity_arn(ctx, provider.name)) for provider in found[:size]
            ]
        }
        if len(found) > size:
            result["NextMarker"] = pages.marker(found[size - 1].name)
        return result

    @operation("UpdateCapacityProvider")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Another bound for its processors; what is beyond it ends as it rests."""
        kept = await self._kept(ctx, params, "UpdateCapacityProvider")
        unsupported.refuse("UpdateCapacityProvider", params)
        scaling = params.get(_SCALING, {})
        changed = msgspec.structs.replace(
            kept.value,
            vcpus=scaling.get("MaxVCpuCount", kept.value.vcpus),
            target=_target(scaling, kept.value.target),
            modified=ctx.clock.now(),
        )
        await self._managed.capacities.commit(put_provider(ctx, changed, expect=kept.revision))
        for version in await self._managed.versions(ctx, changed.name):
            await self._managed.keep(version)
        return _shown(ctx, changed)

    @operation("DeleteCapacityProvider")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete one that no function version uses any more."""
        kept = await self._kept(ctx, params, "DeleteCapacityProvider")
        if users := await self._managed.versions(ctx, kept.value.name):
            raise capacity_errors.in_use(capacity_arn(ctx, kept.value.name), len(users))
        await self._managed.capacities.commit(drop_provider(ctx, kept.value.name, expect=kept.revision))
        return _shown(ctx, kept.value, state="Deleting")

    @operation("ListFunctionVersionsByCapacityProvider")
    async def list_versions(self, ctx: Context, params: Params) -> Result:
        """A page of the versions that are configured to use it, by function and version."""
        provider = (await self._kept(ctx, params, "ListFunctionVersionsByCapacityProvider")).value
        arn = capacity_arn(ctx, provider.name)
        size = pages.size(params)
        start = pages.position_of(params, 2)

        async def more(after: str, limit: int) -> list[FunctionVersion]:
            name, _, version = after.partition(":")
            return await self._repository.all_versions(ctx, after=(name, version) if name else None, limit=limit)

        found = await pages.matching(
            more,
            after=":".join(start),
            key=lambda version: f"{version.name}:{version.version}",
            matches=lambda version: version.capacity is not None and version.capacity.provider == arn,
            count=size + 1,
        )
        result: dict[str, object] = {
            "CapacityProviderArn": arn,
            "FunctionVersions": [
                {"FunctionArn": function_arn(ctx, version.name, version.version), "State": str(version.state)}
                for version in found[:size]
            ],
        }
        if len(found) > size:
            result["NextMarker"] = pages.marker(found[size - 1].name, found[size - 1].version)
        return result

    async def _kept(self, ctx: Context, params: Params, action: str) -> Kept[CapacityShare]:
        name = capacity_named(ctx, params["CapacityProviderName"], action)
        kept = await self._managed.capacities.provider(ctx, name)
        if kept is None:
            raise capacity_errors.not_found(capacity_arn(ctx, name))
        return kept


def _target(asked: Mapping[str, Any], before: float | None) -> float | None:
    """The target that a scaling config asks for, None for none; what it does not speak of stays. Raises ApiError."""
    policies = asked.get("ScalingPolicies") or []
    mode = asked.get("ScalingMode", "Manual" if policies or before is not None else "Auto")
    if mode == "Auto":
        if policies:
            raise capacity_errors.policies_with_auto()
        return None
    metrics = [policy["PredefinedMetricType"] for policy in policies]
    if any(metric != _CPU for metric in metrics):
        raise capacity_errors.metric_unserved(next(metric for metric in metrics if metric != _CPU))
    if len(metrics) > 1:
        raise capacity_errors.metric_twice(_CPU)
    if not metrics and before is None:
        raise capacity_errors.policy_needed()
    return float(policies[0]["TargetValue"]) if policies else before


def _shown(ctx: Context, provider: CapacityShare, state: str = render.ACTIVE) -> Result:
    arn = capacity_arn(ctx, provider.name)
    return {"CapacityProvider": render.capacity_provider(provider, arn, state)}
