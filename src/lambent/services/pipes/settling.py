"""From CREATING to RUNNING, from DELETING to gone: what becomes of pipes behind a request's back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from lambent.services.access import Place
from lambent.services.pipes import errors
from lambent.services.pipes.flow import Flow, most_at_once
from lambent.services.pipes.records import DELETED, RUNNING, STOPPED, Pipe
from lambent.services.pipes.repository import Repository
from lambent.services.pipes.sources import mapping_of
from lambent.services.settling import Settler
from lambent.sources.base import Pollers, SourceRefused
from lambent.store.base import Conflict

_FAILED: Mapping[str, str] = {
    "CREATING": "CREATE_FAILED",
    "STARTING": "START_FAILED",
    "UPDATING": "UPDATE_FAILED",
}


class Settling(Settler):
    """Settles pipes in tasks of its own, one after the other for each. Use with `async with`."""

    def __init__(self, repository: Repository, pollers: Pollers, flow: Flow) -> None:
        super().__init__()
        self._repository = repository
        self._pollers = pollers
        self._flow = flow
        self._locks: dict[str, asyncio.Lock] = {}

    async def recover(self) -> None:
        """Take up every pipe, as the last run of the server left it."""
        async for pipe in self._repository.everything():
            if pipe.current != STOPPED and not pipe.current.endswith("_FAILED"):
                self.settle(pipe)

    def settle(self, pipe: Pipe) -> None:
        """Have it flow as it now says, soon, and then say so in its state."""
        self._soon(pipe.arn, self._in_turn(pipe))

    async def _in_turn(self, pipe: Pipe) -> None:
        async with self._locks.setdefault(pipe.arn, asyncio.Lock()):
            await self._settle(pipe)

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
