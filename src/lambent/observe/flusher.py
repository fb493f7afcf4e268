"""Writes what waits some seconds after the first of it came: one task, which sleeps while nothing does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Self

from lambent.model.errors import PlatformError

_log = logging.getLogger(__name__)


class Flusher:
    """Calls `flush` `seconds` after `wake`. Open it with `async with`; leaving it calls `flush` once more.

    What `flush` cannot do (PlatformError) is logged: nobody waits for it.
    """

    def __init__(self, flush: Callable[[], Awaitable[None]], seconds: float, what: str) -> None:
        self._flush = flush
        self._seconds = seconds
        self._what = what
        self._wanted = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._flush_while_open(), name=f"flush {self._what}")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._task is not None:
            async with self._flushing:  # what a flush has taken would be given up with the task
                self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._flush()

    def wake(self) -> None:
        """Something waits."""
        self._wanted.set()

    async def _flush_while_open(self) -> None:
        while True:
            await self._wanted.wait()
            await asyncio.sleep(self._seconds)
            self._wanted.clear()
            try:
                async with self._flushing:
                    await self._flush()
            except PlatformError as error:
                _log.error("%s were lost: %s", self._what, error)
