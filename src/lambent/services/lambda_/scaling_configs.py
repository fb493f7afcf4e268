"""How many environments a version on managed instances has: GetFunctionScalingConfig, PutFunctionScalingConfig."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.context import Context
from lambent.model.function import FunctionVersion, State
from lambent.services.lambda_ import capacity_errors, errors
from lambent.services.lambda_.capacity_repository import Scaling, put_scaling
from lambent.services.lambda_.managed import Managed
from lambent.services.lambda_.names import function_arn, unqualified
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Kept, Repository, put_version
from lambent.services.operation import Params, Result, operation


class ScalingConfigs:
    """See the module."""

    def __init__(self, repository: Repository, managed: Managed) -> None:
        self._repository = repository
        self._managed = managed

    @operation("PutFunctionScalingConfig")
    @again_on_conflict
    async def put(self, ctx: Context, params: Params) -> Result:
        """Change the range; with no environment at all the version is Deactivated until there may be some again."""
        kept = await self._version(ctx, params, "PutFunctionScalingConfig")
        version = kept.value
        asked = params.get("FunctionScalingConfig", {})
        least, most = asked.get("MinExecutionEnvironments"), asked.get("MaxExecutionEnvironments")
        if least is not None and most is not None and least > most:
            raise capacity_errors.more_least_than_most(least, most)
        if version.state not in (State.ACTIVE, State.DEACTIVATED):
            raise errors.in_state(str(version.state))
        state = State.DEACTIVATED if most == 0 else State.ACTIVE
        changed = msgspec.structs.replace(version, state=state, touched_id=ctx.ids.request_id())
        await self._repository.commit(
            put_version(ctx, changed, expect=kept.revision),
            put_scaling(ctx, Scaling(version.name, version.version, least, most)),
        )
        await self._managed.keep(changed)
        return {"FunctionState": str(state)}

    @operation("GetFunctionScalingConfig")
    async def get(self, ctx: Context, params: Params) -> Result:
        """The range that holds, and the one that was asked for."""
        version = (await self._version(ctx, params, "GetFunctionScalingConfig")).value
        applied, asked = await self._managed.scaling(version)
        result: dict[str, Any] = {
            "FunctionArn": function_arn(ctx, version.name, version.version),
            "AppliedFunctionScalingConfig": _shown(applied),
        }
        if asked is not None:
            result["RequestedFunctionScalingConfig"] = _shown(asked)
        return result

    async def _version(self, ctx: Context, params: Params, action: str) -> Kept[FunctionVersion]:
        name = unqualified(ctx, params["FunctionName"], action)
        kept = await self._repository.kept_version(ctx, name, params["Qualifier"])
        if kept is None:
            raise errors.function_not_found(function_arn(ctx, name, params["Qualifier"]))
        if kept.value.capacity is None:
            raise capacity_errors.only_with("FunctionScalingConfig")
        return kept


def _shown(scaling: Scaling) -> dict[str, int]:
    figures = {"MinExecutionEnvironments": scaling.least, "MaxExecutionEnvironments": scaling.most}
    return {name: figure for name, figure in figures.items() if figure is not None}
