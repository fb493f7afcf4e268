"""Versions that nobody invokes become Inactive, and Active again when somebody does. Only if a time for it is set.

When a version was last used is remembered, not written: a start of the server counts as a use of everything.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self

import msgspec

from lambent.context import Clock, Ids
from lambent.invoke.base import Invoker
from lambent.model.function import FunctionVersion, State, UpdateStatus
from lambent.services.lambda_.provisioned_repository import ProvisionedRepository
from lambent.services.lambda_.repository import Repository, as_version, put_version
from lambent.services.lambda_.states import States
from lambent.store.base import Conflict

_LEAST_SECONDS, _MOST_SECONDS = 1.0, 3600.0


class Idleness:
    """`seconds` without an invocation make a version Inactive; None: never. Use with `async with`."""

    def __init__(
        self,
        repository: Repository,
        provisions: ProvisionedRepository,
        states: States,
        invoker: Invoker,
        clock: Clock,
        ids: Ids,
        seconds: float | None,
    ) -> None:
        self._repository = repository
        self._provisions = provisions
        self._states = states
        self._invoker = invoker
        self._clock = clock
        self._ids = ids
        self._seconds = seconds
        self._begun = clock.now()
        self._used: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._seconds is not None:
            self._task = asyncio.create_task(self._watch(self._seconds), name="idle functions")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def use(self, function: FunctionVersion) -> None:
        """It is being invoked."""
        if self._seconds is not None:
            self._used[function.arn] = self._clock.now()

    async def wake(self, function: FunctionVersion) -> None:
        """Bring an Inactive version back; it is Pending until it can run again."""
        kept = await self._repository.kept_version(function, function.name, function.version)
        if kept is None or kept.value.state is not State.INACTIVE:
            return
        waking = self._changed(kept.value, State.PENDING, "The function is being restored.", "Restoring")
        with contextlib.suppress(Conflict):  # somebody else was faster
            await self._repository.commit(put_version(waking, waking, expect=kept.revision))
            self.use(waking)
            self._states.settle(waking)

    async def sweep(self) -> None:
        """Make Inactive what has not been used for long enough."""
        assert self._seconds is not None
        before = self._clock.now() - self._seconds
        if self._begun > before:
            return
        async for _, kind, record in self._repository.everything():
            if kind != "version":
                continue
            version = as_version(record)
            last = max(version.last_modified, self._used.get(version.arn, 0.0))
            if last <= before and await self._may_rest(version):
                resting = self._changed(version, State.INACTIVE, "The function was idle for a long time.", "Idle")
                with contextlib.suppress(Conflict):
                    await self._repository.commit(put_version(resting, resting, expect=record.revision))
                    self._used.pop(version.arn, None)
                    self._invoker.retire(version.arn, None)

    async def _watch(self, seconds: float) -> None:
        while True:
            await self._clock.sleep(min(max(seconds / 10, _LEAST_SECONDS), _MOST_SECONDS))
            await self.sweep()

    async def _may_rest(self, version: FunctionVersion) -> bool:
        """Not what is being changed, has a snapshot, or has environments that are kept ready."""
        return (
            version.state is State.ACTIVE
            and version.last_update_status is not UpdateStatus.IN_PROGRESS
            and not version.snap_start
            and version.capacity is None
            and not await self._provisions.every_provision(version, version.name)
        )

    def _changed(self, version: FunctionVersion, state: State, reason: str, code: str) -> FunctionVersion:
        return msgspec.structs.replace(
            version,
            state=state,
            state_reason=reason,
            state_reason_code=code,
            revision_id=self._ids.request_id(),
            touched_id="",
        )
