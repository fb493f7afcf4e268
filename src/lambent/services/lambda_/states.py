"""From Pending to Active, from InProgress to Successful: what happens behind a request's back.

A change is durable before it is settled, so a server that was killed resumes where it stood. Nothing here
answers a client; what went wrong is written into the version's state.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from lambent.context import Clock, Ids
from lambent.invoke.base import InitFailure
from lambent.invoke.blueprint import CodeTree, LayerTree
from lambent.invoke.template import Outcome
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import LATEST, LATEST_PUBLISHED, FunctionVersion, State, UpdateStatus
from lambent.model.runtime import Runtime
from lambent.services.lambda_ import kms_errors
from lambent.services.lambda_.managed import Managed, is_kept
from lambent.services.lambda_.repository import Repository, drop_serving, put_version
from lambent.services.settling import Settler
from lambent.store.base import Conflict, Write

_LOG = logging.getLogger(__name__)


Settled = Callable[[FunctionVersion], Awaitable[None]]
"""Hears of every version that can run as it is now."""


class Snapshots(Protocol):
    """Captures functions (`invoke.snapshots`)."""

    async def made(self, function: FunctionVersion) -> Outcome: ...

    def holds(self, function: FunctionVersion) -> bool: ...

    def forget(self, function: FunctionVersion) -> None: ...


class _Failure(msgspec.Struct, frozen=True):
    """Why a version cannot be run: AWS's StateReasonCode and a text."""

    code: str
    reason: str


class States(Settler):
    """Settles versions in tasks of its own. Use with `async with`; leaving stops what is not done."""

    def __init__(
        self,
        repository: Repository,
        code_tree: CodeTree,
        is_unpacked: Callable[[FunctionVersion], bool],
        layer_tree: LayerTree,
        choose: Callable[[str], Runtime | None],
        managed: Managed,
        settled: Settled,
        snapshots: Snapshots,
        clock: Clock,
        ids: Ids,
    ) -> None:
        super().__init__()
        self._repository = repository
        self._code_tree = code_tree
        self._is_unpacked = is_unpacked
        self._layer_tree = layer_tree
        self._choose = choose
        self._managed = managed
        self._settled = settled
        self._snapshots = snapshots
        self._clock = clock
        self._ids = ids

    def at_once(self, version: FunctionVersion) -> FunctionVersion | None:
        """What `settle` would make of a version that is not stored yet, if there is nothing to wait for.

        So a new function needs one durable write, not two. Tell `ended` when that is done.
        """
        awaited = (version.snap_start or version.capacity is not None) and version.version != LATEST
        if version.layers or awaited or not self._is_unpacked(version):
            return None
        return _settled(version, self._unserved(version), self._ids.request_id(), optimized=False)

    async def ended(self, version: FunctionVersion) -> None:
        """A version has been stored as it was left by `at_once`. Raises nothing."""
        if version.state is not State.ACTIVE:
            return
        try:
            await self._settled(version)
        except Exception:
            _LOG.exception("what follows from %s could not be done", version.arn)

    def settle(self, version: FunctionVersion) -> None:
        """Bring a version that is stored as Pending or InProgress to its end, soon."""
        self._soon(version.arn, self._settle(version))

    async def _settle(self, version: FunctionVersion) -> None:
        # Known ahead, because what is captured of the version belongs to the revision that it will have.
        coming = msgspec.structs.replace(version, revision_id=self._ids.request_id())
        optimized = False
        failure = await self._prepared(version)
        if failure is None and is_kept(version):
            failure = _failed(await self._managed.launched(coming))
        if failure is None and version.snap_start and version.version != LATEST:
            failure = await self._captured(coming)
            optimized = self._snapshots.holds(coming)
        while True:
            kept = await self._repository.kept_version(version, version.name, version.version)
            if kept is None or kept.value.revision_id != version.revision_id:
                self._snapshots.forget(coming)
                self._forget(coming)
                return  # deleted, or changed again: whoever did that settles it
            settled = _settled(kept.value, failure, coming.revision_id, optimized=optimized)
            writes = [put_version(settled, settled, expect=kept.revision)]
            if failure is None and settled.version in (LATEST, LATEST_PUBLISHED):
                writes.append(drop_serving(settled, settled.name, settled.version))
            if await self._commit(writes):
                break
        if failure is None:
            await self._settled(settled)

    async def _prepared(self, version: FunctionVersion) -> _Failure | None:
        """Have everything at hand that running the version needs; what is missing makes it fail."""
        try:
            await self._code_tree(version)
            await self._layer_tree(version)
        except ApiError as refused:
            return _Failure(kms_errors.state_reason(refused), refused.message)
        except Exception as error:
            # Whatever it was, the version must not stay Pending for ever.
            _LOG.error("the code of %s, or a layer, cannot be unpacked: %s", version.arn, error)
            return _Failure("InternalError", "The code of the function, or a layer of it, could not be unpacked.")
        return self._unserved(version)

    def _unserved(self, version: FunctionVersion) -> _Failure | None:
        if self._choose(version.runtime) is None:
            return _Failure("InvalidRuntime", f"No interpreter on this machine serves the runtime {version.runtime}.")
        return None

    async def _captured(self, version: FunctionVersion) -> _Failure | None:
        """Have the version initialized and captured, if it can be. If it fails in its INIT, the version fails."""
        try:
            outcome = await self._snapshots.made(version)
        except (PlatformError, ApiError) as error:
            _LOG.error("%s cannot be captured: %s", version.arn, error)
            return _Failure("InternalError", "The snapshot of the function could not be made.")
        return _failed(outcome if isinstance(outcome, InitFailure) else None)

    def _forget(self, version: FunctionVersion) -> None:
        if is_kept(version):
            self._managed.forget(version)

    async def _commit(self, writes: list[Write]) -> bool:
        try:
            await self._repository.commit(*writes)
        except Conflict:
            return False
        return True


def _failed(failure: InitFailure | None) -> _Failure | None:
    return None if failure is None else _Failure(failure.code, failure.reason)


def unsettled(version: FunctionVersion) -> bool:
    """Whether a version waits to be settled."""
    return version.state is State.PENDING or version.last_update_status is UpdateStatus.IN_PROGRESS


def _settled(
    version: FunctionVersion, failure: _Failure | None, revision_id: str, *, optimized: bool
) -> FunctionVersion:
    done = UpdateStatus.SUCCESSFUL if failure is None else UpdateStatus.FAILED
    code, reason = ("", "") if failure is None else (failure.code, failure.reason)
    updated = version.last_update_status is UpdateStatus.IN_PROGRESS
    pending = version.state is State.PENDING
    state = (State.ACTIVE if failure is None else State.FAILED) if pending else version.state
    return msgspec.structs.replace(
        version,
        revision_id=revision_id,
        touched_id="",
        optimized=optimized,
        state=state,
        state_reason=reason if pending else version.state_reason,
        state_reason_code=code if pending else version.state_reason_code,
        last_update_status=done if updated else version.last_update_status,
        last_update_reason=reason if updated else version.last_update_reason,
        last_update_reason_code=code if updated else version.last_update_reason_code,
    )
