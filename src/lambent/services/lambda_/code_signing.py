"""Code signing configurations, and which function has which. `code_admission` holds packages against them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.lambda_ import checks, code_signing_errors, errors, pages, render
from lambent.services.lambda_.code_signing_repository import (
    CodeSigningConfig,
    CodeSigningRepository,
    config_arn,
    drop_config,
    put_config,
)
from lambent.services.lambda_.names import function_arn, unqualified
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Head, Kept, Repository, put_head
from lambent.services.lambda_.signing_profiles import is_profile_version
from lambent.services.operation import Params, Result, operation
from lambent.store.base import Write

_ID_DIGITS = 17


class CodeSigning:
    """Create, Get, Update, Delete and ListCodeSigningConfigs, Put, Get and DeleteFunctionCodeSigningConfig,
    ListFunctionsByCodeSigningConfig."""

    def __init__(self, repository: Repository, configs: CodeSigningRepository) -> None:
        self._repository = repository
        self._configs = configs

    @operation("CreateCodeSigningConfig")
    async def create(self, ctx: Context, params: Params) -> Result:
        """A new configuration, for functions to be given."""
        checks.tags(params.get("Tags", {}))
        config = CodeSigningConfig(
            id=f"csc-{ctx.ids.hex(_ID_DIGITS)}",
            profiles=_profiles(params["AllowedPublishers"]["SigningProfileVersionArns"]),
            modified=ctx.clock.now(),
            policy=params.get("CodeSigningPolicies", {}).get("UntrustedArtifactOnDeployment", "Warn"),
            description=params.get("Description", ""),
            tags=params.get("Tags", {}),
        )
        await self._repository.commit(put_config(ctx, config))
        return {"CodeSigningConfig": render.code_signing(config, config_arn(ctx, config))}

    @operation("GetCodeSigningConfig")
    async def get(self, ctx: Context, params: Params) -> Result:
        """One configuration."""
        config = (await self._kept(ctx, params)).value
        return {"CodeSigningConfig": render.code_signing(config, config_arn(ctx, config))}

    @operation("ListCodeSigningConfigs")
    async def list_configs(self, ctx: Context, params: Params) -> Result:
        """A page of configurations by id."""
        size = pages.size(params)
        start = pages.position_of(params, 1)
        found = await self._configs.configs(ctx, after=start[0] if start else "", limit=size + 1)
        result: dict[str, Any] = {
            "CodeSigningConfigs": [render.code_signing(config, config_arn(ctx, config)) for config in found[:size]]
        }
        if len(found) > size:
            result["NextMarker"] = pages.marker(found[size - 1].id)
        return result

    @operation("UpdateCodeSigningConfig")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Change what the request names; it holds for what is deployed from then on."""
        kept = await self._kept(ctx, params)
        publishers = params.get("AllowedPublishers")
        policies = params.get("CodeSigningPolicies", {})
        config = msgspec.structs.replace(
            kept.value,
            profiles=_profiles(publishers["SigningProfileVersionArns"]) if publishers else kept.value.profiles,
            modified=ctx.clock.now(),
            policy=policies.get("UntrustedArtifactOnDeployment", kept.value.policy),
            description=params.get("Description", kept.value.description),
        )
        await self._repository.commit(put_config(ctx, config, expect=kept.revision))
        return {"CodeSigningConfig": render.code_signing(config, config_arn(ctx, config))}

    @operation("DeleteCodeSigningConfig")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a configuration that no function has."""
        kept = await self._kept(ctx, params)
        arn = config_arn(ctx, kept.value)
        if await self._users(ctx, arn, "", 1):
            raise code_signing_errors.in_use(arn)
        await self._repository.commit(drop_config(ctx, kept.value, expect=kept.revision))
        return {}

    @operation("ListFunctionsByCodeSigningConfig")
    async def list_functions(self, ctx: Context, params: Params) -> Result:
        """A page of the functions that have a configuration, by name."""
        arn = config_arn(ctx, (await self._kept(ctx, params)).value)
        size = pages.size(params)
        start = pages.position_of(params, 1)
        found = await self._users(ctx, arn, start[0] if start else "", size + 1)
        result: dict[str, Any] = {"FunctionArns": [function_arn(ctx, head.name) for head in found[:size]]}
        if len(found) > size:
            result["NextMarker"] = pages.marker(found[size - 1].name)
        return result

    @operation("PutFunctionCodeSigningConfig")
    @again_on_conflict
    async def put_of_function(self, ctx: Context, params: Params) -> Result:
        """Hold what is deployed to a function from now on against a configuration."""
        arn = params["CodeSigningConfigArn"]
        head = await self._head(ctx, params, "PutFunctionCodeSigningConfig")
        kept = await self._configs.config(ctx, arn)
        if kept is None:
            raise code_signing_errors.unknown_to_function(arn)
        unchanged = put_config(ctx, kept.value, expect=kept.revision)  # so that it is not deleted meanwhile
        await self._keep(ctx, head, arn, unchanged)
        return {"CodeSigningConfigArn": arn, "FunctionName": head.value.name}

    @operation("GetFunctionCodeSigningConfig")
    async def get_of_function(self, ctx: Context, params: Params) -> Result:
        """The configuration that a function has; without one, AWS answers with the name alone."""
        head = await self._head(ctx, params, "GetFunctionCodeSigningConfig")
        shown = {"FunctionName": head.value.name}
        return shown | ({"CodeSigningConfigArn": head.value.code_signing} if head.value.code_signing else {})

    @operation("DeleteFunctionCodeSigningConfig")
    @again_on_conflict
    async def delete_of_function(self, ctx: Context, params: Params) -> Result:
        """From now on anything may be deployed to the function."""
        await self._keep(ctx, await self._head(ctx, params, "DeleteFunctionCodeSigningConfig"), "")
        return {}

    async def _kept(self, ctx: Context, params: Params) -> Kept[CodeSigningConfig]:
        arn = params["CodeSigningConfigArn"]
        kept = await self._configs.config(ctx, arn)
        if kept is None:
            raise code_signing_errors.unknown(arn)
        return kept

    async def _head(self, ctx: Context, params: Params, action: str) -> Kept[Head]:
        name = unqualified(ctx, params["FunctionName"], action)
        head = await self._repository.kept_head(ctx, name)
        if head is None:
            raise errors.function_not_found(function_arn(ctx, name))
        return head

    async def _keep(self, ctx: Context, head: Kept[Head], arn: str, *more: Write) -> None:
        changed = msgspec.structs.replace(head.value, code_signing=arn)
        await self._repository.commit(put_head(ctx, changed, expect=head.revision), *more)

    async def _users(self, ctx: Context, arn: str, after: str, count: int) -> list[Head]:
        """Functions that have the configuration, by name."""

        async def more(after: str, limit: int) -> list[Head]:
            return await self._repository.heads(ctx, after=after, limit=limit)

        return await pages.matching(
            more, after=after, key=lambda head: head.name, matches=lambda head: head.code_signing == arn, count=count
        )


def _profiles(arns: Sequence[str]) -> tuple[str, ...]:
    """The versions of signing profiles that a request lists. Raises ApiError."""
    for arn in arns:
        if not is_profile_version(arn):
            raise code_signing_errors.bad_profile(arn)
        if arns.count(arn) > 1:
            raise code_signing_errors.profile_twice(arn)
    return tuple(arns)
