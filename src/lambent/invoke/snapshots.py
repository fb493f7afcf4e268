"""The snapshots of functions under SnapStart: which there are, who makes one, when it is thrown away.

A snapshot is made when a version is published, and again when the first environment is wanted after a restart of the
server, or after its memory was needed. Whoever comes meanwhile waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from lambent.invoke.base import InitFailure
from lambent.invoke.template import Outcome, Unfit
from lambent.invoke.witness import Ledger
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import LATEST, FunctionVersion
from lambent.sandbox.snapshot import Snapshot

_log = logging.getLogger(__name__)

Make = Callable[[FunctionVersion], Awaitable[Outcome]]

MAKING_AT_ONCE = 2
_Key = tuple[str, str]


class Snapshots:
    """`make` initializes a function and captures it; `ledger` keeps account of versions that have one. `latest`: those
    of `$LATEST` are made, too."""

    def __init__(self, make: Make, ledger: Ledger, *, latest: bool) -> None:
        self._make = make
        self._ledger = ledger
        self._latest = latest
        self._made: dict[_Key, asyncio.Task[Outcome]] = {}
        """The least recently used first."""
        self._ending: set[asyncio.Task[Outcome]] = set()
        self._turns = asyncio.Semaphore(MAKING_AT_ONCE)

    def applies(self, function: FunctionVersion) -> bool:
        """Whether this version runs under SnapStart, with its hooks, whether it could be captured or not."""
        return function.snap_start and (function.version != LATEST or self._latest)

    async def obtain(self, function: FunctionVersion) -> Snapshot | None:
        """The snapshot that an environment shall continue from; None: it has to be initialized."""
        if function.version != LATEST and not function.optimized:
            return None  # it was tried when the version was published
        try:
            outcome = await self.made(function)
        except (PlatformError, ApiError) as error:
            _log.warning("no snapshot of %s could be made: %s", function.arn, error)
            self.forget(function)
            return None
        if isinstance(outcome, InitFailure):  # its environments will tell, each
            self.forget(function)
        return outcome if isinstance(outcome, Snapshot) else None

    async def made(self, function: FunctionVersion) -> Outcome:
        """What comes of capturing this version, now or before. Raises PlatformError, ApiError."""
        key = (function.arn, function.revision_id)
        task = self._made.pop(key, None)
        if task is not None and _is_lost(task):
            _close(task)
            task = None
        if task is None:
            task = asyncio.get_running_loop().create_task(self._make_in_turn(function))
        self._made[key] = task
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            asking = asyncio.current_task()
            if task.cancelled() and not (asking is not None and asking.cancelling()):
                raise PlatformError("the snapshot is not wanted any more") from None
            raise

    async def _make_in_turn(self, function: FunctionVersion) -> Outcome:
        async with self._turns:
            outcome = await self._make(function)
        if isinstance(outcome, Unfit):
            _log.warning("SnapStart: %s %s", function.arn, outcome.reason)
        if isinstance(outcome, Snapshot) and function.version != LATEST:
            self._ledger.kept(function)
        return outcome

    def resume(self, function: FunctionVersion) -> None:
        """A version had one when the server ended: it still counts as kept, and is made when it is wanted."""
        self._ledger.kept(function)

    def holds(self, function: FunctionVersion) -> bool:
        """Whether there is a snapshot of this version now."""
        task = self._made.get((function.arn, function.revision_id))
        return task is not None and _taken(task) is not None

    def give_up(self, function: FunctionVersion, reason: str) -> None:
        """Nothing can be restored from its snapshot: no more are made of this version, unless that was simply lost."""
        key = (function.arn, function.revision_id)
        task = self._made.get(key)
        fits = task is not None and (snapshot := _taken(task)) is not None and snapshot.usable
        self._drop(key)
        if fits:
            _log.warning("SnapStart: %s cannot be restored: %s", function.arn, reason)
            self._made[key] = asyncio.get_running_loop().create_task(_unfit(reason))

    def forget(self, function: FunctionVersion) -> None:
        """Throw away what there is: the next environment gets a new one made."""
        self._drop((function.arn, function.revision_id))

    def retire(self, arn: str, keep: str | None) -> None:
        """As `Invoker.retire`: only revision `keep` (None: none) of `arn` is wanted."""
        if keep is None:
            self._ledger.gone(arn)
        below = arn + ":"
        for key in list(self._made):
            if key[1] != keep and (key[0] == arn or key[0].startswith(below)):
                self._drop(key)

    def relieve(self) -> None:
        """Memory is short: throw away the snapshot that was not used for longest."""
        for key, task in self._made.items():
            if _taken(task) is not None:
                self._drop(key)
                return

    async def close(self) -> None:
        """Throw everything away."""
        tasks = [*self._made.values(), *self._ending]
        for key in list(self._made):
            self._drop(key)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drop(self, key: _Key) -> None:
        task = self._made.pop(key, None)
        if task is None:
            return
        if task.done():
            _close(task)
        else:  # it still has to clear away what it has begun
            task.cancel()
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            task.add_done_callback(_close)


def _taken(task: asyncio.Task[Outcome]) -> Snapshot | None:
    """The snapshot that a task has made, if it has."""
    if not task.done() or task.cancelled() or task.exception() is not None:
        return None
    outcome = task.result()
    return outcome if isinstance(outcome, Snapshot) else None


def _is_lost(task: asyncio.Task[Outcome]) -> bool:
    """Whether a task's snapshot cannot be used, or it has failed to make one for reasons of ours."""
    if not task.done():
        return False
    if task.cancelled() or task.exception() is not None:
        return True
    snapshot = _taken(task)
    return snapshot is not None and not snapshot.usable


async def _unfit(reason: str) -> Outcome:
    return Unfit(reason)


def _close(task: asyncio.Task[Outcome]) -> None:
    if (snapshot := _taken(task)) is not None:
        snapshot.close()
