"""The pollers of all mappings: one task a mapping, begun, changed and ended as the mappings say."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Set
from typing import Self

from lambent.context import Clock
from lambent.model.event_source import EventSourceMapping, SourceKind
from lambent.sources.base import NOTHING_YET, Source, SourceFailed, SourceRefused

READ: frozenset[SourceKind] = frozenset({SourceKind.SQS, SourceKind.MSK, SourceKind.KAFKA, SourceKind.MQ})
"""The kinds that `app.py` has a source for."""

_AGAIN_SECONDS = 5.0
_LOG = logging.getLogger(__name__)


Opened = Callable[[EventSourceMapping], Awaitable[EventSourceMapping]]
"""A mapping with its filters in the clear. Raises SourceFailed: whose key they are under does not let us."""


async def in_the_clear(mapping: EventSourceMapping) -> EventSourceMapping:
    """What opens mappings where none is sealed."""
    return mapping


class Polling:
    """The real `Pollers`, over the sources of each kind. Use with `async with`; leaving ends every poller."""

    def __init__(self, sources: Mapping[SourceKind, Source], clock: Clock, opened: Opened = in_the_clear) -> None:
        self._opened = opened
        self._sources = sources
        self._clock = clock
        self._running: dict[str, tuple[asyncio.Task[None], asyncio.Event]] = {}
        self._results: dict[str, str] = {}

    @property
    def kinds(self) -> Set[SourceKind]:
        """Which sources can be read here."""
        return self._sources.keys()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        tasks = [task for task, _ in self._running.values()]
        self._running.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def probe(self, mapping: EventSourceMapping, run_seconds: int) -> None:
        """Raise SourceRefused unless the source is there and fits."""
        await self._sources[mapping.kind].probe(mapping, run_seconds)

    async def apply(self, mapping: EventSourceMapping) -> None:
        """Read as `mapping` says, after whatever was read before has been dealt with."""
        before = self._running.pop(mapping.uuid, None)
        if before is not None:
            task, stop = before
            stop.set()
            await asyncio.wait([task])
        if mapping.enabled and mapping.kind in self._sources:
            stop = asyncio.Event()
            task = asyncio.create_task(self._run(mapping, stop), name=f"poll for {mapping.uuid}")
            self._running[mapping.uuid] = task, stop

        elif not mapping.enabled:
            self._results.pop(mapping.uuid, None)

    def last_result(self, uuid: str) -> str:
        """What came of the last that a mapping read."""
        return self._results.get(uuid, NOTHING_YET)

    def tell(self, uuid: str, result: str) -> None:
        """Keep what a source says of a mapping."""
        self._results[uuid] = result

    async def _run(self, mapping: EventSourceMapping, stop: asyncio.Event) -> None:
        """A poller that breaks is begun again: a mapping must not die of one bad answer."""
        while not stop.is_set():
            try:
                await self._sources[mapping.kind].poll(await self._opened(mapping), stop)
            except (SourceFailed, SourceRefused) as error:
                self.tell(mapping.uuid, error.result if isinstance(error, SourceFailed) else f"PROBLEM: {error}")
                _LOG.warning("%s cannot read its source now: %s", mapping.arn, error)
                await self._rested(stop)
            except Exception:
                _LOG.exception("the poller of %s broke; it begins again", mapping.arn)
                await self._rested(stop)

    async def _rested(self, stop: asyncio.Event) -> None:
        """Before the next attempt, or until there is to be none."""
        pause, stopped = asyncio.create_task(self._clock.sleep(_AGAIN_SECONDS)), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({pause, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
            stopped.cancel()
