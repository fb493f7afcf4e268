"""From CREATING to RUNNING, from DELETING to gone: what becomes of pipes behind a request's back.

A change is durable before it is settled, so a server that was killed resumes where it stood.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Self

import msgspec

from lambent.services.access import Place
from lambent.services.pipes import errors
from lambent.services.pipes.flow import Flow, most_at_once
from lambent.services.pipes.records import DELETED, RUNNING, STOPPED, Pipe
from lambent.services.pipes.repository import Repository
from lambent.services.pipes.sources import mapping_of
from lambent.sources.base import Pollers, SourceRefused
from lambent.store.base import Conflict

_FAILED: Mapping[str, str] = {
    "CREATING": "CREATE_FAILED",
    "STARTING": "START_FAILED",
    "UPDATING": "UPDATE_FAILED",
}
_LOG = logging.getLogger(__name__)


class Settling:
    """Settles pipes in tasks of its own, one after the other for each. Use with `async with`."""

    def __init__(self, repository: Repository, pollers: Pollers, flow: Flow) -> None:
        self._repository = repository
        self._pollers = pollers
        self._flow = flow
        self._locks: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop at once: the next start goes on."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def recover(self) -> None:
        """Take up every pipe, as the last run of the server left it."""
        async for pipe in self._repository.everything():
            if pipe.current != STOPPED and not pipe.current.endswith("_FAILED"):
                self.settle(pipe)

    def settle(self, pipe: Pipe) -> None:
        """Have it flow as it now says, soon, and then say so in its state."""
        task = asyncio.create_task(self._settle_or_log(pipe), name=f"settle {pipe.arn}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle_or_log(self, pipe: Pipe) -> None:
        try:
            async with self._locks.setdefault(pipe.arn, asyncio.Lock()):
                await self._settle(pipe)
        except Exception:
            # One pipe stays as it is until the next start; the others must not suffer.
            _LOG.exception("the state of %s could not be settled", pipe.arn)

    async def _settle(self, pipe: Pipe) -> None:
        mapping = mapping_of(pipe, most_at_once(pipe.target))
        reason, self._flow.pipes[pipe.arn] = "", pipe
        state = pipe.desired
        if pipe.desired == RUNNING and pipe.current != RUNNING:
            try:
                await self._pollers.probe(mapping, 0)
            except SourceRefused as refused:
                state, reason = _FAILED[pipe.current], errors.unreadable(pipe.source, str(refused))
                mapping = msgspec.structs.replace(mapping, enabled=False)
        await self._pollers.apply(mapping)
        if pipe.desired == DELETED:
            self._flow.pipes.pop(pipe.arn, None)
            self._locks.pop(pipe.arn, None)
            await self._repository.drop(pipe)
            return
        while (state, reason) != (pipe.current, pipe.reason):
            kept = await self._repository.pipe(Place(pipe.account, pipe.region), pipe.name)
            if kept is None or kept.pipe.generation != pipe.generation:
                return  # changed again: whoever did that settles it
            try:
                await self._repository.put(msgspec.structs.replace(kept.pipe, current=state, reason=reason), kept)
            except Conflict:
                continue
            return
