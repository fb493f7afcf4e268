"""Provisioned concurrency: environments of a version or alias that are initialized before anybody calls them."""

from __future__ import annotations

from lambent.context import Context
from lambent.model.function import LATEST, State
from lambent.services.lambda_ import capacity_errors, concurrency_errors, errors, pages, render, snapstart, tenancy
from lambent.services.lambda_.allocations import Allocations
from lambent.services.lambda_.names import Reference, function_arn, reference, unqualified
from lambent.services.lambda_.provisioned_repository import (
    Provision,
    drop_provision,
    put_provision,
)
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Head, Kept, Repository, is_version, put_head
from lambent.services.operation import Params, Result, operation


class ProvisionedConcurrency:
    """Put, Get and DeleteProvisionedConcurrencyConfig, ListProvisionedConcurrencyConfigs.

    Whatever writes a configuration also writes the function's head: so neither its alias nor its version disappears
    under it. `unreserved_minimum` is how many concurrent executions must stay for other functions.
    """

    def __init__(
        self,
        repository: Repository,
        allocations: Allocations,
        unreserved_minimum: int,
    ) -> None:
        self._repository = repository
        self._allocations = allocations
        self._unreserved_minimum = unreserved_minimum

    @operation("PutProvisionedConcurrencyConfig")
    @again_on_conflict
    async def put(self, ctx: Context, params: Params) -> Result:
        """Ask for environments; they are made while this is answered."""
        named = reference(ctx, params["FunctionName"], params["Qualifier"], "PutProvisionedConcurrencyConfig")
        if named.qualifier in (None, LATEST):
            raise concurrency_errors.unpublished()
        head, qualifier = await self._target(ctx, named)
        await self._check_route(ctx, named.name, qualifier)
        before = await self._allocations.provisions.every_provision(ctx, named.name)
        wanted = int(params["ProvisionedConcurrentExecutions"])
        others = sum(each.wanted for each in before if each.qualifier != qualifier)
        reserved = head.value.reserved_concurrency
        if reserved is not None and others + wanted > reserved:
            raise concurrency_errors.more_than_reserved()

        provision = Provision(named.name, qualifier, wanted, ctx.clock.now())
        shares = await self._allocations.shares(ctx, provision)
        for version, _ in shares:
            tenancy.check_provisioned(version)
            if version.capacity is not None:
                raise capacity_errors.not_with("Provisioned Concurrency")
            snapstart.check_provisioned(version)
            if version.state is not State.ACTIVE:
                raise errors.in_state(str(version.state))
        try:
            self._allocations.allot(ctx, provision, shares)
        except ValueError:
            raise concurrency_errors.too_little_left(self._unreserved_minimum) from None
        try:
            await self._repository.commit(
                put_head(ctx, head.value, expect=head.revision), put_provision(ctx, provision)
            )
        except BaseException:
            await self._restore(ctx, named.name, qualifier)
            raise
        return render.provisioned(provision, self._allocations.status(ctx, provision))

    @operation("GetProvisionedConcurrencyConfig")
    async def get(self, ctx: Context, params: Params) -> Result:
        """What was asked for, and how far it is."""
        named = reference(ctx, params["FunctionName"], params["Qualifier"], "GetProvisionedConcurrencyConfig")
        if named.qualifier in (None, LATEST):
            raise concurrency_errors.not_a_version()
        _, qualifier = await self._target(ctx, named)
        provision = await self._allocations.provisions.provision(ctx, named.name, qualifier)
        if provision is None:
            raise concurrency_errors.not_configured()
        return render.provisioned(provision, self._allocations.status(ctx, provision))

    @operation("ListProvisionedConcurrencyConfigs")
    async def list_configs(self, ctx: Context, params: Params) -> Result:
        """A page of a function's, by qualifier."""
        name = unqualified(ctx, params["FunctionName"], "ListProvisionedConcurrencyConfigs")
        if await self._repository.head(ctx, name) is None:
            raise errors.function_not_found(function_arn(ctx, name))
        size = pages.size(params)
        start = pages.position_of(params, 1)
        found = await self._allocations.provisions.provisions(
            ctx, name, after=start[0] if start else "", limit=size + 1
        )
        result: dict[str, object] = {
            "ProvisionedConcurrencyConfigs": [
                {"FunctionArn": function_arn(ctx, name, provision.qualifier)}
                | render.provisioned(provision, self._allocations.status(ctx, provision))
                for provision in found[:size]
            ]
        }
        if len(found) > size:
            result["NextMarker"] = pages.marker(found[size - 1].qualifier)
        return result

    @operation("DeleteProvisionedConcurrencyConfig")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Give the environments up; where there are none, nothing happens."""
        named = reference(ctx, params["FunctionName"], params["Qualifier"], "DeleteProvisionedConcurrencyConfig")
        if named.qualifier in (None, LATEST):
            raise concurrency_errors.not_a_version()
        head, qualifier = await self._target(ctx, named)
        await self._repository.commit(
            put_head(ctx, head.value, expect=head.revision), drop_provision(ctx, named.name, qualifier)
        )
        self._allocations.end(ctx, named.name, qualifier)
        return {}

    async def _target(self, ctx: Context, named: Reference) -> tuple[Kept[Head], str]:
        """The function's head, and the qualifier of a version or alias that there is. Raises ApiError."""
        qualifier = named.qualifier or LATEST
        head = await self._repository.kept_head(ctx, named.name)
        if head is None:
            raise errors.function_not_found(function_arn(ctx, named.name, qualifier))
        if is_version(qualifier):
            if await self._repository.version(ctx, named.name, qualifier) is None:
                raise errors.function_not_found(function_arn(ctx, named.name, qualifier))
        elif await self._repository.alias(ctx, named.name, qualifier) is None:
            raise errors.alias_not_found(function_arn(ctx, named.name, qualifier))
        return head, qualifier

    async def _check_route(self, ctx: Context, name: str, qualifier: str) -> None:
        """What a version has and what an alias to it has would be the same environments. Raises ApiError."""
        provisioned = {each.qualifier for each in await self._allocations.provisions.every_provision(ctx, name)}
        if is_version(qualifier):
            aliases = await self._repository.every_alias(ctx, name)
            if any(alias.name in provisioned and qualifier in (alias.version, *alias.weights) for alias in aliases):
                raise concurrency_errors.alias_is_provisioned()
            return
        alias = await self._repository.alias(ctx, name, qualifier)
        if alias is None:
            raise errors.alias_not_found(function_arn(ctx, name, qualifier))
        if alias.weights:
            raise concurrency_errors.alias_with_weights()
        if alias.version == LATEST:
            raise concurrency_errors.unpublished()
        if alias.version in provisioned:
            raise concurrency_errors.version_is_provisioned()

    async def _restore(self, ctx: Context, name: str, qualifier: str) -> None:
        """What was asked for could not be written: what was before holds on."""
        before = await self._allocations.provisions.provision(ctx, name, qualifier)
        if before is None:
            self._allocations.end(ctx, name, qualifier)
        else:
            await self._allocations.renew(ctx, before)
