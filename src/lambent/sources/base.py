"""What the services may ask of the pollers. The real ones are put together in `app.py`. Nothing here has behaviour."""

from __future__ import annotations

import asyncio
from collections.abc import Set
from typing import Protocol

from lambent.model.event_source import EventSourceMapping, SourceKind


class SourceRefused(Exception):
    """A source cannot be read as the mapping says; the text is for the client."""


class Pollers(Protocol):
    """Reads the sources of mappings and invokes their functions."""

    @property
    def kinds(self) -> Set[SourceKind]:
        """Which sources can be read here."""
        ...

    async def probe(self, mapping: EventSourceMapping, run_seconds: int) -> None:
        """Raise SourceRefused unless the source is there, and fits a function that may run for `run_seconds`."""
        ...

    async def apply(self, mapping: EventSourceMapping) -> None:
        """From now on read as `mapping` says; if it is not enabled or being deleted, return once nothing of it runs."""
        ...


class Source(Protocol):
    """How one kind of source is read."""

    async def probe(self, mapping: EventSourceMapping, run_seconds: int) -> None:
        """As `Pollers.probe`."""
        ...

    async def poll(self, mapping: EventSourceMapping, stop: asyncio.Event) -> None:
        """Read and invoke until `stop` is set, and then until what was read has been dealt with."""
        ...
