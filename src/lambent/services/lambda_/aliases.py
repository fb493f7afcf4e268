"""Aliases: names for versions, which may share their invocations out between two of them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lambent.context import Context
from lambent.model.function import LATEST, FunctionVersion
from lambent.services.lambda_ import concurrency_errors, errors, pages, render
from lambent.services.lambda_.allocations import Allocations
from lambent.services.lambda_.event_invoke_repository import drop_config
from lambent.services.lambda_.names import function_arn, unqualified
from lambent.services.lambda_.provisioned_repository import drop_provision
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import (
    Alias,
    Head,
    Kept,
    Repository,
    drop_alias,
    drop_policy,
    put_alias,
    put_head,
)
from lambent.services.lambda_.url_repository import UrlRepository
from lambent.services.operation import Params, Result, operation

_GOLDEN = 0.6180339887498949
_REMEMBERED = 10_000


class Aliases:
    """CreateAlias, GetAlias, ListAliases, UpdateAlias, DeleteAlias.

    Whatever writes an alias also writes the function's head: so no version disappears under an alias that
    is being made.
    """

    def __init__(self, repository: Repository, allocations: Allocations, urls: UrlRepository) -> None:
        self._repository = repository
        self._allocations = allocations
        self._urls = urls

    @operation("CreateAlias")
    @again_on_conflict
    async def create(self, ctx: Context, params: Params) -> Result:
        """A new name for a version, or for two of them with weights."""
        name = unqualified(ctx, params["FunctionName"], "CreateAlias")
        alias = Alias(
            name=params["Name"],
            version=params["FunctionVersion"],
            revision_id=ctx.ids.request_id(),
            description=params.get("Description", ""),
            weights=_weights(params) or {},
        )
        head = await self._checked(ctx, name, alias)
        if await self._repository.kept_alias(ctx, name, alias.name) is not None:
            raise errors.alias_exists(function_arn(ctx, name, alias.name))
        await self._repository.commit(put_head(ctx, head.value, expect=head.revision), put_alias(ctx, name, alias))
        return render.alias(alias, function_arn(ctx, name, alias.name))

    @operation("GetAlias")
    async def get(self, ctx: Context, params: Params) -> Result:
        """One alias."""
        name = unqualified(ctx, params["FunctionName"], "GetAlias")
        alias = await self._repository.alias(ctx, name, params["Name"])
        if alias is None:
            raise errors.alias_not_found(function_arn(ctx, name, params["Name"]))
        return render.alias(alias, function_arn(ctx, name, alias.name))

    @operation("ListAliases")
    async def list_aliases(self, ctx: Context, params: Params) -> Result:
        """A page of aliases by name; with `FunctionVersion` only those that may invoke that version."""
        name = unqualified(ctx, params["FunctionName"], "ListAliases")
        if await self._repository.head(ctx, name) is None:
            raise errors.function_not_found(function_arn(ctx, name))
        version = params.get("FunctionVersion")

        async def more(after: str, limit: int) -> list[Alias]:
            return await self._repository.aliases(ctx, name, after=after, limit=limit)

        size = pages.size(params)
        start = pages.position_of(params, 1)
        found = await pages.matching(
            more,
            after=start[0] if start else "",
            key=lambda alias: alias.name,
            matches=lambda alias: version is None or version in (alias.version, *alias.weights),
            count=size + 1,
        )
        result: dict[str, object] = {
            "Aliases": [render.alias(alias, function_arn(ctx, name, alias.name)) for alias in found[:size]]
        }
        if len(found) > size:
            result["NextMarker"] = pages.marker(found[size - 1].name)
        return result

    @operation("UpdateAlias")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Change what the request names of an alias; the rest stays."""
        name = unqualified(ctx, params["FunctionName"], "UpdateAlias")
        kept = await self._repository.kept_alias(ctx, name, params["Name"])
        if kept is None:
            raise errors.alias_unknown(function_arn(ctx, name, params["Name"]))
        before = kept.value
        if params.get("RevisionId", before.revision_id) != before.revision_id:
            raise errors.revision_mismatch()
        weights = _weights(params)
        alias = msgspec.structs.replace(
            before,
            version=params.get("FunctionVersion", before.version),
            revision_id=ctx.ids.request_id(),
            description=params.get("Description", before.description),
            weights=before.weights if weights is None else weights,
        )
        head = await self._checked(ctx, name, alias)
        provision = await self._allocations.provisions.provision(ctx, name, alias.name)
        if provision is not None and alias.version == LATEST:
            raise concurrency_errors.unpublished()
        await self._repository.commit(
            put_head(ctx, head.value, expect=head.revision), put_alias(ctx, name, alias, expect=kept.revision)
        )
        if provision is not None:
            await self._allocations.renew(ctx, provision)
        return render.alias(alias, function_arn(ctx, name, alias.name))

    @operation("DeleteAlias")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete an alias and all that hangs on it; one that is not there is deleted already."""
        name, alias = unqualified(ctx, params["FunctionName"], "DeleteAlias"), params["Name"]
        head = await self._repository.kept_head(ctx, name)
        if head is None:
            raise errors.function_not_found(function_arn(ctx, name))
        await self._repository.commit(
            put_head(ctx, head.value, expect=head.revision),
            drop_alias(ctx, name, alias),
            drop_policy(ctx, name, alias),
            drop_provision(ctx, name, alias),
            drop_config(ctx, name, alias),
            *await self._urls.dropped(ctx, name, alias),
        )
        self._allocations.end(ctx, name, alias)
        return {}

    async def _checked(self, ctx: Context, name: str, alias: Alias) -> Kept[Head]:
        """The head of the function, if the alias may point where it does. Raises ApiError."""
        if len(alias.weights) > 1:
            raise errors.too_many_weights()
        if alias.version in alias.weights:
            raise errors.version_twice(alias.version)
        if alias.weights and alias.version == LATEST:
            raise errors.latest_with_weights()
        head = await self._repository.kept_head(ctx, name)
        versions = [await self._version(ctx, name, version) for version in (alias.version, *alias.weights)]
        if head is None:
            raise errors.function_not_found(function_arn(ctx, name, alias.version))
        if len({version.role for version in versions}) > 1:
            raise errors.different_roles()
        if len({version.dead_letters for version in versions}) > 1:
            raise errors.different_dead_letters()
        return head

    async def _version(self, ctx: Context, name: str, version: str) -> FunctionVersion:
        found = await self._repository.version(ctx, name, version)
        if found is None:
            raise errors.function_not_found(function_arn(ctx, name, version))
        return found


class Turns:
    """Numbers (0 <= x < 1) that choose between the versions of an alias, by its ARN.

    They begin at random and go on by the golden ratio: as unpredictable to the caller as dice, but of any ten thousand
    each version gets its share to a tenth of a percentage point, which dice miss by a whole one now and then.
    """

    def __init__(self) -> None:
        self._next: dict[str, float] = {}

    def next(self, arn: str, fraction: Callable[[], float]) -> float:
        """The next number; `fraction` gives a random one where it is needed."""
        turn = self._next.get(arn)
        if turn is None:
            while len(self._next) >= _REMEMBERED:
                del self._next[next(iter(self._next))]
            turn = fraction()
        self._next[arn] = (turn + _GOLDEN) % 1.0
        return turn


def routed(alias: Alias, fraction: Callable[[], float]) -> str:
    """The version that serves one invocation; `fraction` gives a number (0 <= x < 1) where it is needed."""
    for version, weight in alias.weights.items():
        if fraction() < weight:
            return version
    return alias.version


def _weights(params: Params) -> dict[str, float] | None:
    """The additional version and its weight; None when the request does not speak of them."""
    routing = params.get("RoutingConfig")
    return None if routing is None else dict(routing.get("AdditionalVersionWeights") or {})
