"""From Creating to Enabled, from Deleting to gone: what becomes of event source mappings behind a request's back.

A change is durable before it is settled, so a server that was killed resumes where it stood.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import TaskGroup
from typing import Self

import msgspec

from lambent.model.event_source import EventSourceMapping, MappingState
from lambent.services.lambda_.event_source_repository import EventSourceRepository
from lambent.sources.base import Pollers
from lambent.store.base import Conflict

_LOG = logging.getLogger(__name__)


class MappingStates:
    """Settles mappings in tasks of its own. Use with `async with`; leaving stops what is not done."""

    def __init__(self, mappings: EventSourceRepository, pollers: Pollers) -> None:
        self._mappings = mappings
        self._pollers = pollers
        self._group = TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(None, None, None)

    def settle(self, mapping: EventSourceMapping) -> None:
        """Have it read as it now says, soon, and then say so in its state. At a start also what stands as it was."""
        task = self._group.create_task(self._settle_or_log(mapping), name=f"settle {mapping.arn}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle_or_log(self, mapping: EventSourceMapping) -> None:
        try:
            await self._settle(mapping)
        except Exception:
            # One mapping stays as it is until the next start; the others must not suffer.
            _LOG.exception("the state of %s could not be settled", mapping.arn)

    async def _settle(self, mapping: EventSourceMapping) -> None:
        await self._pollers.apply(mapping)
        if mapping.state is MappingState.DELETING:
            await self._mappings.drop(mapping)
            return
        state = MappingState.ENABLED if mapping.enabled else MappingState.DISABLED
        while state is not mapping.state:
            kept = await self._mappings.mapping(mapping, mapping.uuid)
            if kept is None or kept.value.generation != mapping.generation:
                return  # changed again: whoever did that settles it
            try:
                await self._mappings.change(kept, msgspec.structs.replace(kept.value, state=state))
            except Conflict:
                continue
            return


def settled(mapping: EventSourceMapping) -> bool:
    """Whether nothing is being done about a mapping."""
    return mapping.state in (MappingState.ENABLED, MappingState.DISABLED)
