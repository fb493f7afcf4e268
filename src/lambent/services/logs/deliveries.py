"""Events of subscribed groups on their way to `destinations`: at least once each, in the order of their stream.

The log files are the queue: how far a stream has been delivered is kept beside its subscription, so that a killed
server goes on where it was. What a destination does not take is tried again for a day.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Self

from lambent.context import Ids
from lambent.model.errors import ApiError, PlatformError
from lambent.observe.log_files import LogFiles
from lambent.observe.log_lines import Found
from lambent.observe.log_names import Group
from lambent.services.access import Place
from lambent.services.logs.archive import Archive, checked
from lambent.services.logs.destinations import Destinations
from lambent.services.logs.progress import Progress
from lambent.services.logs.records import Subscription

_CHUNK_BYTES = 180_000
"""What is sent at once, before it is packed: an event of this size always fits an invocation, and a record."""

_KEPT_BYTES = 256 * 1024
"""A position is kept when something was sent, or when so much was passed over."""

_FIRST_SECONDS, _LONGEST_SECONDS, _DAY_SECONDS = 1.0, 60.0, 86_400.0
_TOO_LARGE = 413
_LOG = logging.getLogger(__name__)


class Deliveries:
    """A task a subscription. Open it with `async with`."""

    def __init__(self, archive: Archive, destinations: Destinations, ids: Ids) -> None:
        self._archive = archive
        self._destinations = destinations
        self._ids = ids
        self._running: dict[tuple[Group, str], _Delivery] = {}
        self._unwatch: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        """Take up what the last run of the server left. Raises PlatformError."""
        self._unwatch = self._archive.store.watch(self._grown)
        for account, region in await self._archive.store.ask(LogFiles.places):
            known = await self._archive.repository.all(Subscription, Place(account, region))
            for subscription in known.values():
                self.begin(Group(account, region, subscription.group), subscription)
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._unwatch is not None:
            self._unwatch()
        for group, name in [*self._running]:
            await self.end(group, name)

    def begin(self, group: Group, subscription: Subscription) -> None:
        """Send what matches from now on, or by another form of the subscription."""
        running = self._running.get((group, subscription.name))
        if running is not None:
            running.subscription = subscription
            return
        self._running[group, subscription.name] = _Delivery(
            self._archive, self._destinations, self._ids, group, subscription
        )

    async def end(self, group: Group, name: str) -> None:
        """Send nothing more."""
        if (running := self._running.pop((group, name), None)) is not None:
            running.task.cancel()
            await asyncio.wait([running.task])

    async def end_group(self, group: Group) -> None:
        """The group has gone."""
        for there, name in [*self._running]:
            if there == group:
                await self.end(there, name)

    def _grown(self, group: Group, stream: str) -> None:
        for (there, _), delivery in self._running.items():
            if there == group:
                delivery.grown.add(stream)
                delivery.wake.set()


class _Delivery:
    """One subscription at work."""

    def __init__(
        self,
        archive: Archive,
        destinations: Destinations,
        ids: Ids,
        group: Group,
        subscription: Subscription,
    ) -> None:
        self.subscription = subscription
        self.grown: set[str] = set()
        self.wake = asyncio.Event()
        self._archive = archive
        self._destinations = destinations
        self._ids = ids
        self._group = group
        self._progress = Progress(archive.repository, group, subscription.name)
        self.task = asyncio.create_task(self._go_on(), name=f"deliver {group.name}")

    async def _go_on(self) -> None:
        try:
            streams = set(await self._archive.store.ask(LogFiles.streams, self._group))
            await self._progress.retain(streams)
            self.grown |= streams
            while True:
                while self.grown:
                    await self._stream(self.grown.pop())
                await self.wake.wait()
                self.wake.clear()
        except PlatformError as error:
            _LOG.error("events of %s are not delivered any more: %s", self._group.name, error)

    async def _stream(self, stream: str) -> None:
        """Send what a stream has and was not sent yet."""
        progress = self._progress
        position = kept = await progress.at(stream) or 0
        while True:
            found, end = await self._archive.store.look(LogFiles.found_since, self._group, stream, position)
            if end == position:
                return
            match = checked(self.subscription.pattern).match
            wanted = [
                each
                for each in found
                if each.ingested_ms >= self.subscription.made_ms and match(each.message) is not None
            ]
            for chunk in _chunks(wanted):
                await self._send(stream, chunk)
            position = end
            if wanted or position - kept > _KEPT_BYTES:
                await progress.keep({stream: position})
                kept = position

    async def _send(self, stream: str, events: Sequence[Found]) -> None:
        """One parcel, tried until it is taken."""
        pause, clock = _FIRST_SECONDS, self._archive.clock
        ends = clock.now() + _DAY_SECONDS
        while True:
            try:
                await self._destinations.send(self._group, self.subscription, stream, events, self._ids.hex(16))
            except (ApiError, PlatformError) as error:
                if clock.now() + pause > ends or (isinstance(error, ApiError) and error.status == _TOO_LARGE):
                    _LOG.error("%d events of %s were not delivered: %s", len(events), self._group.name, error)
                    return
                await clock.sleep(pause)
                pause = min(2 * pause, _LONGEST_SECONDS)
            else:
                return


def _chunks(events: Sequence[Found]) -> list[list[Found]]:
    chunks: list[list[Found]] = []
    size = 0
    for event in events:
        cost = len(event.message) + 100
        if not chunks or size + cost > _CHUNK_BYTES:
            chunks.append([])
            size = 0
        chunks[-1].append(event)
        size += cost
    return chunks
