"""Archived events whose days are over are deleted: one task, which sleeps until the next are."""

from __future__ import annotations

import asyncio
import logging
from typing import Self

from lambent.bus.base import Bus
from lambent.context import Clock
from lambent.model.errors import PlatformError
from lambent.services.events.managed import shelved
from lambent.services.events.repository import TOPIC, Repository
from lambent.services.events.shelf import Shelf

DAY_SECONDS = 86_400.0
_AT_MOST_SECONDS = DAY_SECONDS / 2
"""The longest sleep while an archive has days: one that is empty now may not be then."""

_LOG = logging.getLogger(__name__)


class Retention:
    """Open it with `async with`."""

    def __init__(self, repository: Repository, shelf: Shelf, wire: Bus, clock: Clock) -> None:
        self._repository = repository
        self._shelf = shelf
        self._wire = wire
        self._clock = clock
        self._wake = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._unsubscribe = self._wire.subscribe(TOPIC, self._changed)
        self._task = asyncio.create_task(self._expire(), name="retention of archives")
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._unsubscribe()
        self._task.cancel()
        await asyncio.wait([self._task])

    def _changed(self, topic: str, key: str) -> None:
        if key.startswith("events/expiring/"):
            self._wake.set()

    async def _expire(self) -> None:
        while True:
            self._wake.clear()
            try:
                pause = await self.sweep()
            except PlatformError as error:
                _LOG.error("archived events could not be deleted: %s", error)
                pause = _AT_MOST_SECONDS
            if pause is None:
                await self._wake.wait()
                continue
            waits = [asyncio.ensure_future(self._wake.wait()), asyncio.ensure_future(self._clock.sleep(pause))]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    async def sweep(self) -> float | None:
        """Delete what is over; in how many seconds the next will be. None if there will be nothing."""
        pause: float | None = None
        now = self._clock.now()
        async for archive in self._repository.expiring():
            name, span = shelved(archive), archive.days * DAY_SECONDS
            await self._shelf.drop(name, until=now - span)
            oldest = await self._shelf.oldest(name)
            left = _AT_MOST_SECONDS if oldest is None else min(oldest + span - now, _AT_MOST_SECONDS)
            pause = left if pause is None else min(pause, left)
        return pause
