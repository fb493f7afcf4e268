"""Functions as a whole: create, read, list, delete. Changing them is `updates`' business."""

from __future__ import annotations

import asyncio

import msgspec

from lambent.context import Context
from lambent.invoke.base import Invoker
from lambent.model.function import LATEST, LATEST_PUBLISHED, FunctionVersion
from lambent.services.lambda_ import checks, configuration, errors, limits, pages, render, snapstart, unsupported
from lambent.services.lambda_.allocations import Allocations
from lambent.services.lambda_.capacity_repository import drop_scaling
from lambent.services.lambda_.derived import Derived
from lambent.services.lambda_.durable.keys import ExecutionKeys
from lambent.services.lambda_.event_invoke_repository import EventInvokeRepository, drop_config
from lambent.services.lambda_.layer_access import LayerAccess
from lambent.services.lambda_.managed import CONFIG, Managed
from lambent.services.lambda_.names import function_arn, reference, unqualified
from lambent.services.lambda_.packages import Packages, Seal
from lambent.services.lambda_.provisioned_repository import drop_provision
from lambent.services.lambda_.repository import (
    Head,
    Kept,
    Repository,
    drop_alias,
    drop_counter,
    drop_head,
    drop_policy,
    drop_serving,
    drop_version,
    is_version,
    keep_counter,
    put_head,
    put_version,
)
from lambent.services.lambda_.roles import Roles
from lambent.services.lambda_.sealed_code import SealedPackages
from lambent.services.lambda_.sealed_variables import SealedVariables
from lambent.services.lambda_.shown import Shown
from lambent.services.lambda_.states import States, unsettled
from lambent.services.lambda_.url_repository import UrlRepository
from lambent.services.lambda_.versions import publication, replaced
from lambent.services.operation import Params, Result, TooLong, operation
from lambent.store.base import ABSENT, Conflict

_VERSIONS_AT_ONCE = 1000

_Found = tuple[FunctionVersion, str | None, Head]


class Functions:
    """CreateFunction, GetFunction, GetFunctionConfiguration, ListFunctions, DeleteFunction.

    `architecture` is this machine's (`x86_64` or `arm64`).
    """

    def __init__(
        self,
        repository: Repository,
        packages: Packages,
        layers: LayerAccess,
        roles: Roles,
        variables: SealedVariables,
        shown: Shown,
        states: States,
        allocations: Allocations,
        managed: Managed,
        urls: UrlRepository,
        events: EventInvokeRepository,
        invoker: Invoker,
        seals: SealedPackages,
        execution_keys: ExecutionKeys,
        architecture: str,
    ) -> None:
        self._repository = repository
        self._named = Derived[tuple[str, str, str, str | None], _Found](repository)
        self._packages = packages
        self._layers = layers
        self._roles = roles
        self._variables = variables
        self._shown = shown
        self._states = states
        self._allocations = allocations
        self._managed = managed
        self._urls = urls
        self._events = events
        self._invoker = invoker
        self._seals = seals
        self._execution_keys = execution_keys
        self._architecture = architecture

    @operation(
        "CreateFunction",
        body_limit=limits.CODE_REQUEST_BYTES,
        too_long=TooLong(errors.REQUEST_TOO_LARGE, errors.too_large_text(limits.CODE_REQUEST_BYTES, "CreateFunction")),
        precheck=checks.known_runtimes,
    )
    async def create(self, ctx: Context, params: Params) -> Result:
        """Store a new function; it is Pending until its code and runtime are at hand."""
        name = unqualified(ctx, params["FunctionName"], "CreateFunction")
        checks.network(params)
        unsupported.refuse("CreateFunction", params)
        if not params.get("Runtime") or not params.get("Handler"):
            raise errors.runtime_and_handler()
        configuration.check(params, None, managed=CONFIG in params)
        checks.architectures(params.get("Architectures", []), self._architecture)
        checks.tags(params.get("Tags", {}))
        snapstart.check_created(params)
        if await self._repository.head(ctx, name) is not None:
            raise errors.function_exists(name)

        await self._roles.check(params)
        layers = await self._layers.uses(ctx, params.get("Layers", ()), managed=CONFIG in params)
        publish = bool(params.get("Publish") or params.get("PublishTo"))
        signing = params.get("CodeSigningConfigArn", "")
        seal = Seal.of(ctx, params["Code"], name)
        snapstart.check_unsealed(seal is not None and bool(snapstart.asked(params)), "SourceKMSKeyArn")
        code = await self._packages.add(
            ctx,
            await self._packages.given(ctx, params["Code"]),
            layers,
            versions=1 + publish,
            signing=signing,
            seal=seal,
        )
        latest = configuration.created(ctx, params, name, code, self._architecture, layers)
        latest = msgspec.structs.replace(latest, capacity=await self._managed.capacity(ctx, params, latest))
        latest = await self._variables.sealed(ctx, params, latest)
        await self._execution_keys.check(params, latest)
        snapstart.check(latest)
        if publish:
            await self._managed.admit(ctx, latest.capacity)
        head = Head(name, ctx.clock.now(), tags=params.get("Tags", {}), code_signing=signing)
        try:
            made = await self._store(ctx, params, head, latest, Kept(1, ABSENT))
        except Conflict:  # there was such a function, with versions; or there is one by now
            try:
                made = await self._store(ctx, params, head, latest, await self._repository.counter(ctx, name))
            except Conflict:
                raise errors.function_exists(name) from None
        return await self._shown.anew(ctx, made)

    async def _store(
        self, ctx: Context, params: Params, head: Head, latest: FunctionVersion, counter: Kept[int]
    ) -> FunctionVersion:
        """Write a new function, settled already if that takes no time. Returns what is to be shown: it is Pending."""
        head = msgspec.structs.replace(head, next_version=counter.value)
        made = [latest]
        if params.get("Publish") or params.get("PublishTo"):
            head, version = publication(ctx, head, latest, replaces=replaced(params, latest))
            made.append(version)
        kept = [self._states.at_once(version) or version for version in made]
        await self._repository.commit(
            put_head(ctx, head),
            drop_counter(ctx, head.name, expect=counter.revision),
            *(put_version(ctx, version) for version in kept),
        )
        for version in kept:
            if unsettled(version):
                self._states.settle(version)
            else:
                await self._states.ended(version)
        return made[-1]

    @operation("GetFunction")
    async def get(self, ctx: Context, params: Params) -> Result:
        """A version's configuration, where its code can be had, and the function's tags."""
        version, qualifier, head = await self._found(ctx, params, "GetFunction")
        result = {
            "Configuration": await self._shown.kept(ctx, version, qualifier),
            "Code": await self._seals.located(ctx, version.code),
        }
        if head.tags:
            result["Tags"] = dict(head.tags)
        if head.reserved_concurrency is not None:
            result["Concurrency"] = {"ReservedConcurrentExecutions": head.reserved_concurrency}
        return result

    @operation("GetFunctionConfiguration")
    async def get_configuration(self, ctx: Context, params: Params) -> Result:
        """A version's configuration."""
        version, qualifier, _ = await self._found(ctx, params, "GetFunctionConfiguration")
        return await self._shown.kept(ctx, version, qualifier)

    @operation("ListFunctions")
    async def list_functions(self, ctx: Context, params: Params) -> Result:
        """A page of functions (`$LATEST` of each), or of all their versions."""
        unsupported.refuse("ListFunctions", params)
        if params.get("FunctionVersion") == "ALL":
            return await self._list_all(ctx, params)
        size = pages.size(params)
        start = pages.position_of(params, 1)
        heads = await self._repository.heads(ctx, after=start[0] if start else "", limit=size + 1)
        found = await asyncio.gather(*(self._repository.version(ctx, head.name, LATEST) for head in heads[:size]))
        versions = [version for version in found if version is not None]
        result: dict[str, object] = {
            "Functions": await self._variables.all_shown(ctx, versions, [render.listed(each) for each in versions])
        }
        if len(heads) > size:
            result["NextMarker"] = pages.marker(heads[size - 1].name)
        return result

    @operation("DeleteFunction")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete one version, or the function with all of them; its environments end."""
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), "DeleteFunction")
        if named.qualifier == LATEST:
            raise errors.latest_alone()
        if named.qualifier is not None and not is_version(named.qualifier):
            raise errors.alias_deletion()
        head = await self._repository.kept_head(ctx, named.name)
        if head is None:
            raise errors.function_not_found(function_arn(ctx, named.name))

        try:
            if named.qualifier is not None:
                await self._delete_version(ctx, head, named.qualifier)
            else:
                await self._delete_function(ctx, head)
        except Conflict:
            raise errors.update_in_progress(function_arn(ctx, named.name)) from None
        return {"StatusCode": 204}

    async def _delete_version(self, ctx: Context, head: Kept[Head], version: str) -> None:
        name = head.value.name
        aliases = await self._repository.every_alias(ctx, name)
        users = [alias.name for alias in aliases if version in (alias.version, *alias.weights)]
        if users:
            raise errors.version_in_use(users)
        await self._repository.commit(
            put_head(ctx, head.value, expect=head.revision),  # no alias to it appears meanwhile
            drop_version(ctx, name, version),
            drop_policy(ctx, name, version),
            drop_provision(ctx, name, version),
            drop_scaling(ctx, name, version),
            drop_config(ctx, name, version),
            *([drop_serving(ctx, name, version)] if version == LATEST_PUBLISHED else ()),
        )
        self._allocations.end(ctx, name, version)
        self._invoker.retire(function_arn(ctx, name, version), None)

    async def _delete_function(self, ctx: Context, head: Kept[Head]) -> None:
        name = head.value.name
        versions = await self._versions(ctx, name)
        aliases = [alias.name for alias in await self._repository.every_alias(ctx, name)]
        writes = [drop_head(ctx, name, expect=head.revision), drop_serving(ctx, name)]
        writes.append(drop_serving(ctx, name, LATEST_PUBLISHED))
        writes += [drop_version(ctx, name, version) for version in versions]
        writes += [drop_scaling(ctx, name, version) for version in versions]
        writes += [drop_alias(ctx, name, alias) for alias in aliases]
        writes += [drop_policy(ctx, name, qualifier) for qualifier in (*versions, *aliases)]
        provisioned = [each.qualifier for each in await self._allocations.provisions.every_provision(ctx, name)]
        writes += [drop_provision(ctx, name, qualifier) for qualifier in provisioned]
        writes += await self._urls.dropped(ctx, name)
        writes += await self._events.dropped(ctx, name)
        if head.value.next_version > 1:
            writes.append(keep_counter(ctx, name, head.value.next_version))
        await self._repository.commit(*writes)
        for qualifier in provisioned:
            self._allocations.end(ctx, name, qualifier)
        self._invoker.retire(function_arn(ctx, name), None)
        self._invoker.reserve(function_arn(ctx, name), None)

    async def _found(self, ctx: Context, params: Params, action: str) -> _Found:
        """The version that was asked for (of an alias its own), the qualifier, and the function. Raises ApiError."""
        asked = (ctx.account, ctx.region, params["FunctionName"], params.get("Qualifier"))
        known = self._named.get(asked)
        if known is not None:
            return known
        changes = self._named.changes
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), action)
        number = named.qualifier or LATEST
        if number != LATEST and not is_version(number):
            alias = await self._repository.alias(ctx, named.name, number)
            number = number if alias is None else alias.version
        version = await self._repository.version(ctx, named.name, number)
        head = await self._repository.head(ctx, named.name)
        if version is None or head is None:
            raise errors.function_not_found(function_arn(ctx, named.name, named.qualifier))
        return self._named.keep(asked, (version, named.qualifier, head), changes)

    async def _versions(self, ctx: Context, name: str) -> list[str]:
        found: list[str] = []
        while page := await self._repository.versions(
            ctx, name, after=found[-1] if found else "", limit=_VERSIONS_AT_ONCE
        ):
            found += [version.version for version in page]
        return found

    async def _list_all(self, ctx: Context, params: Params) -> Result:
        size = pages.size(params)
        start = pages.position_of(params, 2)
        after = (start[0], start[1]) if start else None
        versions = await self._repository.all_versions(ctx, after=after, limit=size + 1)
        result: dict[str, object] = {
            "Functions": await self._variables.all_shown(
                ctx, versions[:size], [render.listed(version, version.version) for version in versions[:size]]
            )
        }
        if len(versions) > size:
            result["NextMarker"] = pages.marker(versions[size - 1].name, versions[size - 1].version)
        return result
