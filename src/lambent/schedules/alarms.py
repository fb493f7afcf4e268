"""One wait for any number of due times: a task that sleeps until the first of them, and rings.

Ten thousand that are not due cost nothing. Moving the clock wakes it like the passing of time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Self

from lambent.context import Clock
from lambent.schedules.agenda import Agenda

Ring = Callable[[str], Awaitable[None]]
"""What happens when a name is due. It sets the name's next time, if there is one."""

RINGS_AT_ONCE = 64
AGAIN_SECONDS = 5.0
"""After how long a name rings again whose ring raised."""

_LOG = logging.getLogger(__name__)


class Alarms:
    """Open it with `async with`. A name rings once at a time."""

    def __init__(self, ring: Ring, clock: Clock) -> None:
        self._ring = ring
        self._clock = clock
        self._agenda = Agenda()
        self._ringing: set[str] = set()
        self._afterwards: set[str] = set()
        self._places = asyncio.Semaphore(RINGS_AT_ONCE)
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._own(self._watch())
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop at once. What rang meanwhile rings again after the next start: it has not said that it is done."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def set(self, name: str, due: float | None) -> None:
        """From now on `name` rings then, at once if that is past; not at all, if None."""
        before = self._agenda.next()
        self._agenda.set(name, due)
        if self._agenda.next() != before:
            self._changed.set()

    def _own(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        while True:
            self._changed.clear()
            for name in self._agenda.take(self._clock.now()):
                if name in self._ringing:  # it was set anew meanwhile
                    self._afterwards.add(name)
                    continue
                await self._places.acquire()
                self._ringing.add(name)
                self._own(self._rung(name))
            due = self._agenda.next()
            if due is None:
                await self._changed.wait()
            elif (left := due - self._clock.now()) > 0:
                await self._until(left)

    async def _until(self, left: float) -> None:
        waits = [asyncio.ensure_future(self._changed.wait()), asyncio.ensure_future(self._clock.sleep(left))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _rung(self, name: str) -> None:
        try:
            await self._ring(name)
        except Exception:
            _LOG.exception("what was due for %s could not be done and is tried again", name)
            self.set(name, self._clock.now() + AGAIN_SECONDS)
        finally:
            self._ringing.discard(name)
            self._places.release()
            if name in self._afterwards:
                self._afterwards.discard(name)
                self.set(name, self._clock.now())
