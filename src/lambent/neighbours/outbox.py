"""The outbox: durable work that is tried until it is dealt with, in named lines that do not wait for each other.

A body is taken, attempted, and only then deleted, so whatever happens to this process each is attempted at least once.
Every line that has work has one task, which sleeps until something is put or due; a line without work costs nothing.
Nothing here knows what a body says.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Self, TypeVar

from lambent.context import Clock
from lambent.model.errors import PlatformError
from lambent.queue.base import Message, Queue

Attempt = Callable[[str, bytes, int, float], Awaitable[float | None]]
"""(line, body, attempts before this one, when it was put) -> None: dealt with; a time: try again then. In seconds since
the epoch. What it raises is logged, and the body tried again after a while."""

PLACES_OF_ONE = 20
"""Attempts of one line at once, unless the maker says otherwise."""

LEASE_SECONDS = 10 * 365 * 86400.0
"""For ever: nobody else takes from the queue. At the next start it tells what was being tried from what waits."""

FAILED_SECONDS = (1.0, 300.0)
"""The first pause after an attempt that raised, and the longest; each is twice the one before."""

STORE_SECONDS = 1.0
"""The pause after the store has failed: what was dealt with must not be forgotten for that."""

T = TypeVar("T")
_CHUNK = 20
_STAMP = struct.Struct(">dd")
_LOG = logging.getLogger(__name__)


class Outbox:
    """Open it with `async with`, after `queue`, which it has for itself; it takes up what was left.

    `places`: attempts at once, of all lines. With `places_a_line` 1 a line keeps its order: one that is to be tried
    again holds back those behind it, also over a restart (which tries it at once).
    """

    def __init__(
        self, queue: Queue, attempt: Attempt, clock: Clock, *, places: int, places_a_line: int = PLACES_OF_ONE
    ) -> None:
        self._queue = queue
        self._attempt = attempt
        self._clock = clock
        self._places = asyncio.Semaphore(places)
        self._places_a_line = places_a_line
        self._wakes: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        now = self._clock.now()
        for line in await self._queue.reopen(now=now, beyond=now + LEASE_SECONDS / 2):
            self._wake(line)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop at once: what is not dealt with is tried again after the next start."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def put(self, line: str, bodies: Sequence[bytes], *, at: float | None = None) -> None:
        """Take work, to be tried now or `at` a time; it is durable when this returns. Raises PlatformError."""
        now = self._clock.now()
        if self._places_a_line == 1:
            # Their place is by number alone, so the queue's time stands still; the real ones go along.
            stamp = _STAMP.pack(now, now if at is None else at)
            await self._queue.put(line, [stamp + body for body in bodies], now=0.0)
        else:
            await self._queue.put(line, bodies, now=now, visible_at=at)
        self._wake(line)

    def holds(self, line: str) -> bool:
        """Whether a line has work that is not dealt with."""
        return line in self._wakes

    def _wake(self, line: str) -> None:
        wake = self._wakes.get(line)
        if wake is not None:
            wake.set()
        elif not self._closed:
            wake = self._wakes[line] = asyncio.Event()
            self._own(self._in_order(line, wake) if self._places_a_line == 1 else self._at_once(line, wake))

    def _own(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _at_once(self, line: str, wake: asyncio.Event) -> None:
        """Work a line off, several at once, until there is nothing in it and nothing of it runs."""
        own = asyncio.Semaphore(self._places_a_line)
        running: set[asyncio.Task[None]] = set()
        while True:
            wake.clear()
            messages = await self._stored(
                lambda: self._queue.take(line, limit=_CHUNK, now=self._clock.now(), lease=LEASE_SECONDS)
            )
            for message in messages:
                await own.acquire()
                await self._places.acquire()
                task = self._own(self._one(line, message, wake))
                running.add(task)
                task.add_done_callback(partial(self._free, own, running, wake))
            if len(messages) == _CHUNK:
                continue
            due = await self._stored(lambda: self._queue.next_visible(line))
            if due is None and not running and not wake.is_set():
                del self._wakes[line]
                return
            if not wake.is_set():
                await self._until(wake, due)

    def _free(
        self, own: asyncio.Semaphore, running: set[asyncio.Task[None]], wake: asyncio.Event, task: asyncio.Task[None]
    ) -> None:
        own.release()
        self._places.release()
        running.discard(task)
        if not running:
            wake.set()  # the line may be at its end

    async def _one(self, line: str, message: Message, wake: asyncio.Event) -> None:
        again = await self._tried(line, message.body, message.attempts - 1, message.enqueued_at)
        if again is None:
            await self._stored(lambda: self._queue.ack(line, [message]))
        else:
            await self._stored(lambda: self._queue.defer(line, message, visible_at=again))
            wake.set()  # something is due earlier, perhaps, than the line knows

    async def _in_order(self, line: str, wake: asyncio.Event) -> None:
        """Work a line off, one after the other, until there is nothing in it."""
        while True:
            wake.clear()
            messages = await self._stored(lambda: self._queue.take(line, limit=_CHUNK, now=0.0, lease=0.0))
            for message in messages:
                since, due = _STAMP.unpack_from(message.body)
                await self._first(line, message, since, due)
            if not messages and not wake.is_set():
                del self._wakes[line]
                return

    async def _first(self, line: str, message: Message, since: float, due: float | None) -> None:
        """Try what stands first in its line until it is dealt with."""
        before = message.attempts - 1
        body = message.body[_STAMP.size :]
        while due is not None:
            await self._clock.sleep(max(0.0, due - self._clock.now()))
            async with self._places:
                due = await self._tried(line, body, before, since)
            before += 1
        await self._stored(lambda: self._queue.ack(line, [message]))

    async def _tried(self, line: str, body: bytes, before: int, since: float) -> float | None:
        try:
            return await self._attempt(line, body, before, since)
        except Exception:
            _LOG.exception("work of %s could not be done and is tried again", line)
            first, most = FAILED_SECONDS
            return self._clock.now() + min(most, first * 2.0 ** min(before, 30))

    async def _stored(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What the queue answers, as soon as it does."""
        while True:
            try:
                return await ask()
            except PlatformError as error:
                _LOG.error("the outbox waits for its store: %s", error)
                await self._clock.sleep(STORE_SECONDS)

    async def _until(self, wake: asyncio.Event, due: float | None) -> None:
        """Until something happens, or something is due by the clock."""
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(wake.wait())]
        if due is not None:
            waits.append(asyncio.ensure_future(self._clock.sleep(max(0.0, due - self._clock.now()))))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
