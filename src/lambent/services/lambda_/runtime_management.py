"""When a function may get another build of its runtime: at once, with its next update, or never.

Lambent keeps one build of each runtime, the machine's. A function that is pinned to another one is not run with
this one: its invocations are refused until it is updated, or told to take what there is.
"""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.model.function import LATEST, FunctionVersion, RuntimeUpdate
from lambent.services.lambda_ import errors
from lambent.services.lambda_.interpreters import Interpreters
from lambent.services.lambda_.names import function_arn, reference
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Kept, Repository, is_version, put_version
from lambent.services.operation import Params, Result, operation


class RuntimeManagement:
    """PutRuntimeManagementConfig, GetRuntimeManagementConfig."""

    def __init__(self, repository: Repository, interpreters: Interpreters) -> None:
        self._repository = repository
        self._interpreters = interpreters

    @operation("PutRuntimeManagementConfig")
    @again_on_conflict
    async def put(self, ctx: Context, params: Params) -> Result:
        """Say when the version may get another build; `Manual` takes the one that runs it now."""
        kept = await self._version(ctx, params, "PutRuntimeManagementConfig")
        update, named = RuntimeUpdate(params["UpdateRuntimeOn"]), params.get("RuntimeVersionArn", "")
        present = self._interpreters.arn(kept.value)
        if update is RuntimeUpdate.MANUAL:
            if not named:
                raise errors.runtime_version_needed()
            if named != present:
                raise errors.runtime_version_unknown(named)
        elif named:
            raise errors.runtime_version_for_manual()
        pin = "" if update is RuntimeUpdate.AUTO else present
        changed = msgspec.structs.replace(
            kept.value, runtime_update=update, runtime_pin=pin, touched_id=ctx.ids.request_id()
        )
        await self._repository.commit(put_version(ctx, changed, expect=kept.revision))
        return _shown(changed)

    @operation("GetRuntimeManagementConfig")
    async def get(self, ctx: Context, params: Params) -> Result:
        """When the version may get another build."""
        kept = await self._version(ctx, params, "GetRuntimeManagementConfig")
        return _shown(kept.value)

    async def _version(self, ctx: Context, params: Params, action: str) -> Kept[FunctionVersion]:
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), action)
        qualifier = named.qualifier or LATEST
        if not is_version(qualifier) and await self._repository.alias(ctx, named.name, qualifier) is not None:
            raise errors.no_aliases(function_arn(ctx, named.name, qualifier))
        kept = await self._repository.kept_version(ctx, named.name, qualifier)
        if kept is None:
            raise errors.function_not_found(function_arn(ctx, named.name, named.qualifier))
        return kept


def _shown(version: FunctionVersion) -> Result:
    shown = {"UpdateRuntimeOn": str(version.runtime_update), "FunctionArn": version.arn}
    if version.runtime_update is RuntimeUpdate.MANUAL:
        shown["RuntimeVersionArn"] = version.runtime_pin
    return shown
