"""How often and how long events of a function, version or alias are tried, and where they end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.context import Context
from lambent.invoke.asynchronous.event import EventConfig
from lambent.model.function import LATEST, FunctionVersion
from lambent.services.lambda_ import event_invoke_errors, pages
from lambent.services.lambda_.event_invoke_repository import EventInvokeConfig, EventInvokeRepository
from lambent.services.lambda_.names import Reference, function_arn, reference, unqualified
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Repository, is_version
from lambent.services.operation import Params, Result, operation

_SAID = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
_ON_SUCCESS = frozenset({"sqs", "sns", "lambda", "events"})
_ON_FAILURE = _ON_SUCCESS | {"s3"}
_DEFAULTS = EventConfig()


class EventInvokeConfigs:
    """Put, Update, Get and DeleteFunctionEventInvokeConfig, ListFunctionEventInvokeConfigs."""

    def __init__(self, repository: Repository, configs: EventInvokeRepository) -> None:
        self._repository = repository
        self._configs = configs

    @operation("PutFunctionEventInvokeConfig")
    async def put(self, ctx: Context, params: Params) -> Result:
        """Set the whole configuration."""
        named = await self._target(ctx, params, "PutFunctionEventInvokeConfig")
        config = _asked(ctx, params, EventInvokeConfig(named.qualifier or LATEST, 0.0))
        await self._configs.put(ctx, named.name, config)
        return _shown(ctx, named.name, config)

    @operation("UpdateFunctionEventInvokeConfig")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Change what the request names of the configuration."""
        named = await self._target(ctx, params, "UpdateFunctionEventInvokeConfig")
        config, revision = await self._existing(ctx, named)
        changed = _asked(ctx, params, config)
        await self._configs.put(ctx, named.name, changed, expect=revision)
        return _shown(ctx, named.name, changed)

    @operation("GetFunctionEventInvokeConfig")
    async def get(self, ctx: Context, params: Params) -> Result:
        """One configuration."""
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), "GetFunctionEventInvokeConfig")
        config, _ = await self._existing(ctx, named)
        return _shown(ctx, named.name, config)

    @operation("DeleteFunctionEventInvokeConfig")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Take a configuration away: events are tried as usual, and end nowhere."""
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), "DeleteFunctionEventInvokeConfig")
        if not await self._configs.drop(ctx, named.name, named.qualifier or LATEST):
            raise event_invoke_errors.absent(function_arn(ctx, named.name, named.qualifier or LATEST))
        return {}

    @operation("ListFunctionEventInvokeConfigs")
    async def list_configs(self, ctx: Context, params: Params) -> Result:
        """A page of a function's configurations."""
        name = unqualified(ctx, params["FunctionName"], "ListFunctionEventInvokeConfigs")
        if await self._repository.head(ctx, name) is None:
            raise event_invoke_errors.no_function()
        size, start = pages.size(params), pages.position_of(params, 1)
        found = await self._configs.configs(ctx, name, after=start[0] if start else "", limit=size + 1)
        result: dict[str, Any] = {"FunctionEventInvokeConfigs": [_shown(ctx, name, each) for each in found[:size]]}
        if len(found) > size:
            result["NextMarker"] = pages.marker(found[size - 1].qualifier)
        return result

    async def effective(self, function: FunctionVersion, qualifier: str | None) -> EventConfig:
        """What counts for events that were sent to a qualifier, and come to run as `function`."""
        found = await self._configs.config(function, function.name, qualifier or LATEST)
        # Of the dead-letter queue only `$LATEST`'s counts, whichever version runs.
        latest = await self._repository.version(function, function.name, LATEST)
        config = EventInvokeConfig("", 0.0) if found is None else found[0]
        return EventConfig(
            most_retries=_DEFAULTS.most_retries if config.retries is None else config.retries,
            most_seconds=_DEFAULTS.most_seconds if config.age is None else config.age,
            on_success=config.on_success or "",
            on_failure=config.on_failure or "",
            dead_letters=(latest or function).dead_letters,
        )

    async def _target(self, ctx: Context, params: Params, action: str) -> Reference:
        """The function, version or alias that is meant, and what is asked for it checked. Raises ApiError."""
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), action)
        if not any(name in params for name in _SAID):
            raise event_invoke_errors.nothing_to_change()
        if not await self._exists(ctx, named.name, named.qualifier or LATEST):
            raise event_invoke_errors.no_function()
        success, failure = _destination(params, "OnSuccess"), _destination(params, "OnFailure")
        for arn, kinds in ((failure, _ON_FAILURE), (success, _ON_SUCCESS)):
            if not arn:
                continue
            if arn.split(":")[2] == "lambda":
                await self._check_function(ctx, named.name, arn)
            elif arn.split(":")[2] not in kinds:
                raise event_invoke_errors.bad_destinations(success, failure)
        return named

    async def _check_function(self, ctx: Context, name: str, arn: str) -> None:
        """A function as a destination: another one, of this region, that exists. Raises ApiError."""
        _, _, _, region, account, kind, target, qualifier = [*arn.split(":"), "", "", ""][:8]
        if kind != "function" or region != ctx.region or not target:
            raise event_invoke_errors.bad_destination(arn)
        if (account, target) == (ctx.account, name):
            raise event_invoke_errors.own_destination()
        if account == ctx.account and not await self._exists(ctx, target, qualifier or LATEST):
            raise event_invoke_errors.bad_destination(arn)

    async def _exists(self, ctx: Context, name: str, qualifier: str) -> bool:
        if is_version(qualifier):
            return await self._repository.version(ctx, name, qualifier) is not None
        return await self._repository.alias(ctx, name, qualifier) is not None

    async def _existing(self, ctx: Context, named: Reference) -> tuple[EventInvokeConfig, int]:
        found = await self._configs.config(ctx, named.name, named.qualifier or LATEST)
        if found is None:
            raise event_invoke_errors.absent(function_arn(ctx, named.name, named.qualifier or LATEST))
        return found


def _asked(ctx: Context, params: Params, before: EventInvokeConfig) -> EventInvokeConfig:
    """The configuration with what the request says."""
    changes: dict[str, Any] = {}
    if "MaximumRetryAttempts" in params:
        changes["retries"] = params["MaximumRetryAttempts"]
    if "MaximumEventAgeInSeconds" in params:
        changes["age"] = params["MaximumEventAgeInSeconds"]
    if "DestinationConfig" in params:
        changes["on_success"] = _destination(params, "OnSuccess") or None
        changes["on_failure"] = _destination(params, "OnFailure") or None
    return msgspec.structs.replace(before, modified=ctx.clock.now(), **changes)


def _destination(params: Params, when: str) -> str:
    config: Mapping[str, Any] = params.get("DestinationConfig") or {}
    return str((config.get(when) or {}).get("Destination") or "")


def _shown(ctx: Context, name: str, config: EventInvokeConfig) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "LastModified": config.modified,
        "FunctionArn": function_arn(ctx, name, config.qualifier),
        "DestinationConfig": {
            "OnSuccess": {} if config.on_success is None else {"Destination": config.on_success},
            "OnFailure": {} if config.on_failure is None else {"Destination": config.on_failure},
        },
    }
    if config.retries is not None:
        shown["MaximumRetryAttempts"] = config.retries
    if config.age is not None:
        shown["MaximumEventAgeInSeconds"] = config.age
    return shown
