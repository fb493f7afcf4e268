"""Changes of `$LATEST`: UpdateFunctionCode and UpdateFunctionConfiguration.

Until a change is Successful, the version before it goes on answering invocations.
"""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.model.function import FunctionVersion, RuntimeUpdate, State, UpdateStatus
from lambent.services.lambda_ import (
    capacity_errors,
    checks,
    configuration,
    errors,
    limits,
    snapstart,
    unsupported,
)
from lambent.services.lambda_.durable import errors as durable_errors
from lambent.services.lambda_.durable.keys import ExecutionKeys
from lambent.services.lambda_.interpreters import Interpreters
from lambent.services.lambda_.layer_access import LayerAccess
from lambent.services.lambda_.managed import CONFIG, Managed
from lambent.services.lambda_.names import function_arn, unqualified
from lambent.services.lambda_.packages import Packages, Seal, check_size
from lambent.services.lambda_.repository import Head, Kept, Repository, put_head, put_serving, put_version
from lambent.services.lambda_.roles import Roles
from lambent.services.lambda_.sealed_variables import SealedVariables
from lambent.services.lambda_.shown import Shown
from lambent.services.lambda_.states import States
from lambent.services.lambda_.versions import answering, changeable, publication, replaced, unchanged
from lambent.services.operation import Params, Result, TooLong, operation
from lambent.store.base import ABSENT, Conflict, Write

_REASON, _REASON_CODE = "The function is being created.", "Creating"
"""AWS says this of updates too."""


class Updates:
    """UpdateFunctionCode, UpdateFunctionConfiguration. `architecture` is this machine's."""

    def __init__(
        self,
        repository: Repository,
        packages: Packages,
        layers: LayerAccess,
        roles: Roles,
        variables: SealedVariables,
        shown: Shown,
        states: States,
        execution_keys: ExecutionKeys,
        managed: Managed,
        interpreters: Interpreters,
        architecture: str,
    ) -> None:
        self._repository = repository
        self._packages = packages
        self._layers = layers
        self._roles = roles
        self._variables = variables
        self._execution_keys = execution_keys
        self._shown = shown
        self._states = states
        self._managed = managed
        self._interpreters = interpreters
        self._architecture = architecture

    @operation(
        "UpdateFunctionCode",
        body_limit=limits.CODE_REQUEST_BYTES,
        too_long=TooLong(
            errors.REQUEST_TOO_LARGE, errors.too_large_text(limits.CODE_REQUEST_BYTES, "UpdateFunctionCode")
        ),
    )
    async def update_code(self, ctx: Context, params: Params) -> Result:
        """Give `$LATEST` another package; with `Publish`, publish it at once."""
        name = unqualified(ctx, params["FunctionName"], "UpdateFunctionCode")
        unsupported.refuse("UpdateFunctionCode", params)
        checks.architectures(params.get("Architectures", []), self._architecture)
        head, before = await self._target(ctx, name, params)
        signing, seal = head.value.code_signing, Seal.of(ctx, params, name)
        snapstart.check_unsealed(seal is not None and before.value.snap_start, "SourceKMSKeyArn")
        if params.get("DryRun"):
            data = await self._packages.given(ctx, params)
            tried = await self._packages.try_out(ctx, data, before.value.layers, signing=signing, seal=seal)
            shown = msgspec.structs.replace(before.value, code=tried)
            return await self._shown.anew(ctx, shown)
        publish = bool(params.get("Publish") or params.get("PublishTo"))
        versions = 1 + publish
        code = await self._packages.add(
            ctx,
            await self._packages.given(ctx, params),
            before.value.layers,
            versions=versions,
            signing=signing,
            seal=seal,
        )

        head, latest = await self._target(ctx, name, params)  # again: storing the package took its time
        check_size(code, latest.value.layers)
        changed = _begun(ctx, msgspec.structs.replace(latest.value, code=code))
        return await self._change(ctx, head, latest, changed, publish=publish, replaces=replaced(params, changed))

    @operation("UpdateFunctionConfiguration", precheck=checks.known_runtimes)
    async def update_configuration(self, ctx: Context, params: Params) -> Result:
        """Change what the request names of `$LATEST`'s configuration; the rest stays."""
        name = unqualified(ctx, params["FunctionName"], "UpdateFunctionConfiguration")
        checks.network(params)
        unsupported.refuse("UpdateFunctionConfiguration", params)
        head, latest = await self._target(ctx, name, params)
        configuration.check(params, latest.value.logging, managed=latest.value.capacity is not None)
        if CONFIG in params and latest.value.capacity is None:
            raise capacity_errors.given_at_creation()
        if "DurableConfig" in params and latest.value.durable is None:
            raise durable_errors.not_enabled_later()
        await self._roles.check(params)

        changed = _begun(ctx, configuration.changed(latest.value, params))
        changed = msgspec.structs.replace(changed, capacity=await self._managed.capacity(ctx, params, changed))
        changed = await self._variables.sealed(ctx, params, changed, latest.value)
        await self._execution_keys.check(params, changed)
        snapstart.check(changed)
        if changed.runtime != latest.value.runtime and changed.runtime_update is RuntimeUpdate.MANUAL:
            raise errors.runtime_is_pinned()
        if "Layers" in params:
            layers = await self._layers.uses(ctx, params["Layers"], managed=changed.capacity is not None)
            changed = msgspec.structs.replace(changed, layers=layers)
            await self._packages.check_layers(ctx, changed.code, changed.layers, head.value.code_signing)
        return await self._change(ctx, head, latest, changed, publish=False)

    async def _target(self, ctx: Context, name: str, params: Params) -> tuple[Kept[Head], Kept[FunctionVersion]]:
        """The function, in a state to be changed and at the revision that the caller knows. Raises ApiError."""
        head, latest = await changeable(self._repository, ctx, name)
        if params.get("RevisionId", latest.value.shown_revision_id) != latest.value.shown_revision_id:
            raise errors.revision_mismatch()
        return head, latest

    async def _change(
        self,
        ctx: Context,
        head: Kept[Head],
        latest: Kept[FunctionVersion],
        changed: FunctionVersion,
        *,
        publish: bool,
        replaces: bool = False,
    ) -> Result:
        if changed.runtime_update is RuntimeUpdate.FUNCTION_UPDATE:
            changed = msgspec.structs.replace(changed, runtime_pin=self._interpreters.arn(changed))
        writes = [put_version(ctx, changed, expect=latest.revision), *_serving(ctx, latest.value)]
        made, shown = [changed], changed
        if publish:
            existing = None if replaces else await unchanged(self._repository, ctx, head.value, changed)
            if existing is None:
                await self._managed.admit(ctx, changed.capacity)
                updated, version = publication(ctx, head.value, changed, replaces=replaces)
                expect = None if replaces else ABSENT
                writes += [put_head(ctx, updated, expect=head.revision), put_version(ctx, version, expect=expect)]
                writes += await answering(self._repository, ctx, version.name) if replaces else []
                made.append(version)
                shown = version
            else:
                shown = existing
        try:
            await self._repository.commit(*writes)
        except Conflict:
            raise errors.update_in_progress(function_arn(ctx, changed.name)) from None
        for version in made:
            self._states.settle(version)
        return await self._shown.anew(ctx, shown, shown.version if publish else None)


def _begun(ctx: Context, version: FunctionVersion) -> FunctionVersion:
    """The version with its update begun. One that never could be run starts anew."""
    failed = version.state is State.FAILED
    return msgspec.structs.replace(
        version,
        revision_id=ctx.ids.request_id(),
        touched_id="",
        last_modified=ctx.clock.now(),
        state=State.PENDING if failed else version.state,
        state_reason=_REASON if failed else version.state_reason,
        state_reason_code=_REASON_CODE if failed else version.state_reason_code,
        last_update_status=UpdateStatus.IN_PROGRESS,
        last_update_reason=_REASON,
        last_update_reason_code=_REASON_CODE,
    )


def _serving(ctx: Context, latest: FunctionVersion) -> list[Write]:
    """Keep what answers now, if it can; after an update that failed, that is kept already."""
    runs = latest.state is State.ACTIVE and latest.last_update_status is UpdateStatus.SUCCESSFUL
    return [put_serving(ctx, latest)] if runs else []
