"""Values of metrics, drawn from events as they come. What comes while the server is killed is not counted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Self

from lambent.model.errors import PlatformError
from lambent.observe.log_files import LogFiles
from lambent.observe.log_lines import Found
from lambent.observe.log_names import Group
from lambent.observe.metrics.series import Series
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.summary import Summary
from lambent.services.access import Place
from lambent.services.logs.archive import Archive, checked
from lambent.services.logs.names import place
from lambent.services.logs.records import MetricFilter

_LOG = logging.getLogger(__name__)


class MetricValues:
    """Watches the groups that have metric filters. Open it with `async with`."""

    def __init__(self, archive: Archive, metrics: MetricStore) -> None:
        self._archive = archive
        self._metrics = metrics
        self._filters: dict[Group, list[MetricFilter]] = {}
        self._positions: dict[Group, dict[str, int]] = {}
        self._grown: set[tuple[Group, str]] = set()
        self._wake = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._unwatch: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        for account, region in await self._archive.store.ask(LogFiles.places):
            for each in (await self._archive.repository.all(MetricFilter, Place(account, region))).values():
                await self.changed(Group(account, region, each.group))
        self._unwatch = self._archive.store.watch(self._grew)
        self._work = asyncio.create_task(self._go_on(), name="metric filters")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._unwatch is not None:
            self._unwatch()
        if self._work is not None:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work

    async def changed(self, group: Group) -> None:
        """A group's filters are others now; they count what comes from now on."""
        found = await self._archive.repository.all(MetricFilter, place(group), f"{group.name}:")
        if not found:
            self._filters.pop(group, None)
            self._positions.pop(group, None)
            return
        if group not in self._positions:
            self._positions[group] = await self._archive.store.ask(LogFiles.sizes, group)
        self._filters[group] = [*found.values()]

    def _grew(self, group: Group, stream: str) -> None:
        if group in self._filters:
            self._grown.add((group, stream))
            self._wake.set()

    async def _go_on(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._grown:
                try:
                    await self._count(*self._grown.pop())
                except PlatformError as error:
                    _LOG.error("events could not be counted: %s", error)

    async def _count(self, group: Group, stream: str) -> None:
        positions = self._positions.get(group)
        while positions is not None:
            position = positions.get(stream, 0)
            found, positions[stream] = await self._archive.store.look(LogFiles.found_since, group, stream, position)
            if positions[stream] == position:
                return
            for event in found:
                for each in self._filters.get(group, ()):
                    self._put(group, each, event)

    def _put(self, group: Group, each: MetricFilter, event: Found) -> None:
        drawn = checked(each.pattern).match(event.message)
        value = each.default if drawn is None else _number(each.value, drawn)
        if value is None:
            return
        dimensions = {name: (drawn or {}).get(chosen) for name, chosen in each.dimensions.items()}
        known = {name: chosen for name, chosen in dimensions.items() if chosen}
        if len(known) == len(dimensions):
            series = Series(group.account, group.region, each.namespace, each.metric, tuple(sorted(known.items())))
            self._metrics.add(series, Summary.of(value), at=event.timestamp_ms / 1000, unit=each.unit)


def _number(value: str, drawn: Mapping[str, str]) -> float | None:
    try:
        return float(drawn.get(value, "") if value.startswith("$") else value)
    except ValueError:
        return None
