"""What groups need not keep any more goes: looked for when a retention is set, and every hour."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Self

from lambent.model.errors import PlatformError
from lambent.observe.log_files import LogFiles
from lambent.observe.log_names import Group
from lambent.services.logs.archive import Archive

_HOUR_SECONDS = 3600.0
_LOG = logging.getLogger(__name__)


class Retention:
    """Open it with `async with`."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._work: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._work = asyncio.create_task(self._go_on(), name="expire logs")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._work is not None:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work

    async def sweep(self) -> int:
        """Delete the files of which nothing is kept; how many. Raises PlatformError."""
        gone = 0
        store = self._archive.store
        for account, region in await store.ask(LogFiles.places):
            for name in await store.ask(LogFiles.groups, account, region):
                group = Group(account, region, name)
                if oldest := await self._archive.oldest(group):
                    gone += await store.change(LogFiles.expire, group, oldest)
        return gone

    async def _go_on(self) -> None:
        while True:
            try:
                await self.sweep()
            except PlatformError as error:
                _LOG.error("old logs could not be deleted: %s", error)
            await self._archive.clock.sleep(_HOUR_SECONDS)
