"""The drain: accepts events durably and works them off, one task for each function that has any.

An event is taken under a lease, invoked, and only then acknowledged, so whatever happens to this process it is invoked
at least once. Functions do not wait for each other: each has its own queue, its own task and its own places, and all of
them together take no more than `places`, so that events do not starve callers who wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, Self

import msgspec

from lambent.context import Clock
from lambent.invoke.asynchronous.counts import Counters
from lambent.invoke.asynchronous.event import AsyncEvent, Delivery, EventConfig, decoded, encoded, line_of
from lambent.invoke.asynchronous.journal import Journal, Step
from lambent.invoke.asynchronous.records import Ending, deliveries
from lambent.invoke.asynchronous.schedule import (
    DELIVERY_SECONDS,
    Again,
    Condition,
    Outcome,
    after,
    backoff,
    too_old,
)
from lambent.invoke.base import InvokeRequest
from lambent.invoke.trace import decided
from lambent.model.errors import ApiError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import InvocationResult
from lambent.queue.base import Message, Queue

LEASE_SECONDS = 1200.0
"""Longer than any invocation with its INIT; after a crash leases are void anyway."""

PLACES_OF_ONE = 100
"""Events of one function at once, at most."""

_CHUNK = 20
_LOG = logging.getLogger(__name__)


class Prepared(msgspec.Struct, frozen=True):
    """What an event means now: the version that is to run, how, and what its configuration says."""

    function: FunctionVersion
    request: InvokeRequest
    config: EventConfig
    zero_concurrency: bool = False


class Work(Protocol):
    """What the drain asks of the floors above and below; `app.py` puts it together."""

    async def prepare(self, event: AsyncEvent) -> Prepared | None:
        """None if the function is gone."""
        ...

    async def invoke(self, event: AsyncEvent, prepared: Prepared) -> InvocationResult:
        """Run it. Raises ApiError, PlatformError."""
        ...

    async def deliver(self, delivery: Delivery) -> None:
        """One attempt. Raises ApiError, PlatformError."""
        ...


class Drain:
    """Open it with `async with`, after the queue; it takes up what was left. `places`: events at once, of all."""

    def __init__(self, queue: Queue, work: Work, clock: Clock, *, places: int) -> None:
        self.counters = Counters()
        self.journal: Journal[Step] = Journal()
        self._queue = queue
        self._work = work
        self._clock = clock
        self._places = asyncio.Semaphore(places)
        self._wakes: dict[str, asyncio.Event] = {}
        self._pauses: dict[str, tuple[float, int]] = {}
        """Until when a function rests, and how often in a row it has refused."""
        self._held: dict[int, Message] = {}
        """What is being worked on, under its newest lease: one may run out meanwhile, when the clock is moved."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        for line in await self._queue.reopen(now=self._clock.now()):
            self._wake(line)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop at once: what is not acknowledged is tried again after the next start."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def accept(self, event: AsyncEvent) -> None:
        """Take an event; it is durable when this returns."""
        line = line_of(event.account, event.region, event.name)
        await self._queue.put(line, [encoded(event)], now=self._clock.now())
        self.counters.of(line).received += 1
        self._tell(line, event.request_id, "accepted")
        self._wake(line)

    @property
    def commits(self) -> int:
        """Durable transactions since the start, one fsync each."""
        return self._queue.commits

    async def waiting(self) -> dict[str, tuple[int, int]]:
        """How many events of each function are due, and how many are not or are being worked on."""
        now = self._clock.now()
        return {line: await self._queue.depth(line, now=now) for line in await self._queue.names()}

    def _wake(self, line: str) -> None:
        wake = self._wakes.get(line)
        if wake is not None:
            wake.set()
        elif not self._closed:
            self._wakes[line] = asyncio.Event()
            self._own(self._work_off(line, self._wakes[line]))

    def _own(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _work_off(self, line: str, wake: asyncio.Event) -> None:
        """Until the function's queue is empty and nothing of it runs."""
        own = asyncio.Semaphore(PLACES_OF_ONE)
        running: set[asyncio.Task[None]] = set()
        while True:
            wake.clear()
            if (rested := self._paused(line)) is not None:
                await self._until(asyncio.Event(), rested)
            messages = await self._queue.take(line, limit=_CHUNK, now=self._clock.now(), lease=LEASE_SECONDS)
            for message in messages:
                if message.id in self._held:
                    self._held[message.id] = message
                    continue
                await own.acquire()
                await self._places.acquire()
                self._held[message.id] = message
                task = self._own(self._one(line, message))
                running.add(task)
                task.add_done_callback(running.discard)
                task.add_done_callback(partial(self._free, message.id, own, wake))
            if messages and not self._paused(line):
                continue
            due = self._paused(line) or await self._queue.next_visible(line)
            if due is None and not running and not wake.is_set():
                del self._wakes[line]
                return
            await self._until(wake, due)

    def _free(self, held: int, own: asyncio.Semaphore, wake: asyncio.Event, _: asyncio.Task[None]) -> None:
        self._held.pop(held, None)
        own.release()
        self._places.release()
        wake.set()

    def _paused(self, line: str) -> float | None:
        """Until when a function rests that refuses its events; None if it does not."""
        until = self._pauses.get(line, (0.0, 0))[0]
        return until if until > self._clock.now() else None

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

    async def _one(self, line: str, message: Message) -> None:
        try:
            waiting = decoded(message.body)
        except msgspec.DecodeError:
            _LOG.error("an event of %s cannot be read and is dropped", line)
            self.counters.of(line).dropped += 1
            await self._ack(line, message)
            return
        try:
            if isinstance(waiting, AsyncEvent):
                await self._invoke(line, message, waiting)
            else:
                await self._deliver(line, message, waiting)
        except Exception:
            # Ours: it is not lost, but comes back when its lease is over.
            _LOG.exception("an event of %s could not be worked on", line)

    async def _invoke(self, line: str, message: Message, event: AsyncEvent) -> None:
        counts = self.counters.of(line)
        now = self._clock.now()
        if not event.invoked and not event.throttles:
            self.counters.aged(line, now - event.accepted)
        prepared = await self._work.prepare(event)
        if prepared is None:
            counts.dropped += 1
            self._tell(line, event.request_id, "dropped", event.invoked, detail="the function is gone", last=True)
            await self._ack(line, message)
            return
        config, function = prepared.config, prepared.function
        if event.looping:
            text = "The function invokes itself, through others or not, again and again"
            ending = Ending(Condition.RETRIES, event.invoked, now, function, None, 400, text)
            await self._end(line, message, event, config, ending)
            return
        if prepared.zero_concurrency:
            text = "The function's reserved concurrency is zero"
            await self._end(
                line, message, event, config, Ending(Condition.ZERO, event.invoked, now, function, None, 429, text)
            )
            return
        if too_old(event, config, now):
            text = "The event is older than it may be"
            await self._end(
                line, message, event, config, Ending(Condition.AGE, event.invoked, now, function, None, 408, text)
            )
            return
        self._tell(line, event.request_id, "started", event.invoked + 1)
        outcome, result, code, text = await self._attempt(event, prepared)
        now = self._clock.now()
        if outcome is Outcome.REFUSED:
            refusals = self._pauses.get(line, (0.0, 0))[1]
            self._pauses[line] = (now + backoff(refusals), refusals + 1)
        else:
            self._pauses.pop(line, None)
        step = after(event, outcome, config, now)
        if isinstance(step, Again):
            counts.throttled += outcome is Outcome.REFUSED
            counts.retried += outcome is Outcome.FUNCTION_ERROR
            what = "refused" if outcome is Outcome.REFUSED else "failed"
            self._tell(line, event.request_id, what, step.event.invoked, at=step.at, detail=text)
            seen = decided(event.trace_id, None if result is None else result.trace_id)
            again = msgspec.structs.replace(step.event, trace_id=seen)
            await self._replace(line, message, [encoded(again)], at=step.at)
            return
        invoked = event.invoked + (result is not None)
        await self._end(
            line, message, event, config, Ending(step.condition, invoked, now, function, result, code, text)
        )

    async def _attempt(
        self, event: AsyncEvent, prepared: Prepared
    ) -> tuple[Outcome, InvocationResult | None, int, str]:
        """Outcome, result, and what a dead letter would say of it: status and text."""
        try:
            result = await self._work.invoke(event, prepared)
        except ApiError as error:
            return Outcome.REFUSED, None, error.status or 500, error.message
        except Exception as error:
            _LOG.error("event %s of %s failed in the platform", event.request_id, event.name, exc_info=error)
            return Outcome.REFUSED, None, 500, "The platform failed"
        if result.function_error is None:
            return Outcome.SUCCESS, result, 200, ""
        return Outcome.FUNCTION_ERROR, result, 200, _error_message(result.payload)

    async def _end(self, line: str, message: Message, event: AsyncEvent, config: EventConfig, ending: Ending) -> None:
        counts = self.counters.of(line)
        succeeded = ending.condition is Condition.SUCCESS
        counts.succeeded += succeeded
        counts.failed += not succeeded
        parcels = deliveries(event, ending, config)
        counts.dropped += not succeeded and not parcels
        what = "succeeded" if succeeded else "failed"
        detail = ending.condition.value if not ending.message else f"{ending.condition.value}: {ending.message}"
        self._tell(line, event.request_id, what, ending.invoked, detail=detail, last=not parcels)
        await self._replace(line, message, [encoded(parcel) for parcel in parcels], at=ending.at)

    async def _deliver(self, line: str, message: Message, delivery: Delivery) -> None:
        counts = self.counters.of(line)
        try:
            await self._work.deliver(delivery)
        except Exception as error:
            if delivery.dead_letter:
                counts.dead_letter_errors += 1
            else:
                counts.destination_delivery_failures += 1
            _LOG.warning("what became of an event of %s could not be told to %s: %s", line, delivery.target, error)
            refused = isinstance(error, ApiError) and error.status is not None and 400 <= error.status < 500
            if refused or delivery.attempts >= len(DELIVERY_SECONDS):
                counts.dropped += 1
                self._tell_delivery(line, delivery, "dropped", str(error), last=True)
                await self._ack(line, message)
                return
            again = msgspec.structs.replace(delivery, attempts=delivery.attempts + 1)
            at = self._clock.now() + DELIVERY_SECONDS[delivery.attempts]
            self._tell_delivery(line, again, "undelivered", str(error), at=at)
            await self._replace(line, message, [encoded(again)], at=at)
            return
        self._tell_delivery(line, delivery, "delivered", last=True)
        await self._ack(line, message)

    def _tell(
        self,
        line: str,
        event: str,
        what: str,
        attempt: int = 0,
        *,
        at: float | None = None,
        detail: str = "",
        last: bool = False,
    ) -> None:
        self.journal.tell(Step(self._clock.now(), event, line.rpartition("/")[2], what, attempt, at, detail, last))

    def _tell_delivery(
        self, line: str, delivery: Delivery, what: str, why: str = "", *, at: float | None = None, last: bool = False
    ) -> None:
        detail = f"{delivery.target}: {why}" if why else delivery.target
        self._tell(line, delivery.request_id, what, delivery.attempts, at=at, detail=detail, last=last)

    async def _ack(self, line: str, message: Message) -> None:
        await self._queue.ack(line, [self._held.get(message.id, message)])

    async def _replace(self, line: str, message: Message, bodies: list[bytes], *, at: float) -> None:
        """What follows is durable before what was is gone: a crash in between doubles it, and loses nothing."""
        if bodies:
            await self._queue.put(line, bodies, now=self._clock.now(), visible_at=at)
        await self._ack(line, message)
        self._wake(line)


def _error_message(payload: bytes) -> str:
    """The function's own words, if it has any."""
    try:
        tree = msgspec.json.decode(payload)
    except (msgspec.DecodeError, ValueError):
        return ""
    message = tree.get("errorMessage") if isinstance(tree, dict) else None
    return message if isinstance(message, str) else ""


Accept = Callable[[AsyncEvent], Awaitable[None]]
"""How events come in: durable when it returns."""
