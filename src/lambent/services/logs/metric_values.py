"""Values of metrics, drawn from events as they come.

How far a stream has been counted is kept as soon as the values are: a server that stops goes on where it was, one
that is killed counts what came in its last `KEPT_SECONDS` once more at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Mapping
from typing import Self

from lambent.model.errors import PlatformError
from lambent.observe.flusher import Flusher
from lambent.observe.log_files import LogFiles
from lambent.observe.log_lines import Found
from lambent.observe.log_names import Group
from lambent.observe.metrics.series import Series
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.summary import Summary
from lambent.services.access import Place
from lambent.services.logs.archive import Archive, checked
from lambent.services.logs.names import place
from lambent.services.logs.patterns.pattern import Pattern
from lambent.services.logs.progress import METRICS, Progress
from lambent.services.logs.records import MetricFilter

KEPT_SECONDS = 5.0
_LOG = logging.getLogger(__name__)


class MetricValues:
    """Watches the groups that have metric filters. Open it with `async with`."""

    def __init__(self, archive: Archive, metrics: MetricStore) -> None:
        self._archive = archive
        self._metrics = metrics
        self._filters: dict[Group, list[MetricFilter]] = {}
        self._positions: dict[Group, dict[str, int]] = {}
        self._moved: dict[Group, dict[str, int]] = {}
        self._grown: set[tuple[Group, str]] = set()
        self._wake = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._unwatch: Callable[[], None] | None = None
        self._flusher = Flusher(self.keep, KEPT_SECONDS, "positions of metric filters")

    async def __aenter__(self) -> Self:
        """Take up what the last run of the server left."""
        self._unwatch = self._archive.store.watch(self._grew)
        left = []
        for account, region in await self._archive.store.ask(LogFiles.places):
            for each in (await self._archive.repository.all(MetricFilter, Place(account, region))).values():
                group = Group(account, region, each.group)
                if group not in self._filters:
                    left.append(group)
                self._filters.setdefault(group, []).append(each)
                self._positions.setdefault(group, {})
        await self._flusher.__aenter__()
        self._work = asyncio.create_task(self._go_on(left), name="metric filters")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._unwatch is not None:
            self._unwatch()
        if self._work is not None:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work
        await self._flusher.__aexit__(*exc)

    async def changed(self, group: Group) -> None:
        """A group's filters are others now; they count what comes from now on."""
        found = await self._archive.repository.all(MetricFilter, place(group), f"{group.name}:")
        if not found:
            await self.end_group(group)
            return
        if group not in self._positions:
            self._positions[group] = await self._archive.store.ask(LogFiles.sizes, group)
        self._filters[group] = [*found.values()]

    async def end_group(self, group: Group) -> None:
        """There is nothing to count any more: the group has gone, or its last filter."""
        self._filters.pop(group, None)
        self._positions.pop(group, None)
        self._moved.pop(group, None)

    async def keep(self) -> None:
        """What was counted is durable on return, and will not be counted again. Raises PlatformError."""
        moved, self._moved = self._moved, {}
        await self._metrics.flush()
        for group, positions in moved.items():
            if group in self._filters:
                await Progress(self._archive.repository, group, METRICS).keep(positions)

    def _grew(self, group: Group, stream: str) -> None:
        if group in self._filters:
            self._grown.add((group, stream))
            self._wake.set()

    async def _go_on(self, left: list[Group]) -> None:
        for group in left:
            try:
                streams = await self._archive.store.ask(LogFiles.streams, group)
                await Progress(self._archive.repository, group, METRICS).retain(set(streams))
                self._grown |= {(group, stream) for stream in streams}
            except PlatformError as error:
                _LOG.error("events that were left could not be counted: %s", error)
        while True:
            while self._grown:
                try:
                    await self._count(*self._grown.pop())
                except PlatformError as error:
                    _LOG.error("events could not be counted: %s", error)
            await self._wake.wait()
            self._wake.clear()

    async def _count(self, group: Group, stream: str) -> None:
        positions = self._positions.get(group)
        if positions is not None and stream not in positions:
            positions[stream] = await self._resumed(group, stream)
        while positions is not None:
            position = positions[stream]
            found, positions[stream] = await self._archive.store.look(LogFiles.found_since, group, stream, position)
            if positions[stream] == position:
                return
            for each in self._filters.get(group, ()):
                pattern = checked(each.pattern)
                for event in found:
                    if event.ingested_ms >= each.made_ms:
                        self._put(group, each, pattern, event)
            self._moved.setdefault(group, {})[stream] = positions[stream]
            self._flusher.wake()

    async def _resumed(self, group: Group, stream: str) -> int:
        """Where to go on with a stream that was not looked at since the start of the server: where the last run was, or
        at its end if nothing has come since there are filters."""
        kept = await Progress(self._archive.repository, group, METRICS).at(stream)
        if kept is not None:
            return kept
        since = min((each.made_ms for each in self._filters.get(group, ())), default=0)
        if await self._archive.store.look(LogFiles.last_came, group, stream) >= since:
            return 0
        return (await self._archive.store.look(LogFiles.sizes, group)).get(stream, 0)

    def _put(self, group: Group, each: MetricFilter, pattern: Pattern, event: Found) -> None:
        drawn = pattern.match(event.message)
        value = each.default if drawn is None else _number(each.value, pattern, event.message, drawn)
        if value is None:
            return
        known = {}
        for name, selector in each.dimensions.items():
            chosen = None if drawn is None else pattern.draw(event.message, drawn, selector)
            if not chosen:
                return
            known[name] = chosen
        series = Series(group.account, group.region, each.namespace, each.metric, tuple(sorted(known.items())))
        self._metrics.add(series, Summary.of(value), at=event.timestamp_ms / 1000, unit=each.unit)


def _number(value: str, pattern: Pattern, message: str, drawn: Mapping[str, str]) -> float | None:
    chosen = pattern.draw(message, drawn, value) if value.startswith("$") else value
    try:
        number = math.nan if chosen is None else float(chosen)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
