"""From Creating to Enabled, from Deleting to gone: what becomes of event source mappings behind a request's back."""

from __future__ import annotations

import msgspec

from lambent.model.event_source import EventSourceMapping, MappingState
from lambent.services.lambda_.event_source_repository import EventSourceRepository
from lambent.services.settling import Settler
from lambent.sources.base import Pollers
from lambent.store.base import Conflict


class MappingStates(Settler):
    """Settles mappings in tasks of its own. Use with `async with`; leaving stops what is not done."""

    def __init__(self, mappings: EventSourceRepository, pollers: Pollers) -> None:
        super().__init__()
        self._mappings = mappings
        self._pollers = pollers

    def settle(self, mapping: EventSourceMapping) -> None:
        """Have it read as it now says, soon, and then say so in its state. At a start also what stands as it was."""
        self._soon(mapping.arn, self._settle(mapping))

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
