"""One partition of a topic at work: gathers, invokes, tries again, and commits what is settled. One batch at a time."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from lambent.context import Clock
from lambent.model.event_source import EventSourceMapping
from lambent.observe.metrics.mappings import MappingMetric
from lambent.sources.base import CALL_FAILED, OK, Fed, Outcome, Result
from lambent.sources.filter import Filters
from lambent.sources.kafka_cluster import ClusterError
from lambent.sources.kafka_events import EVENT_BYTES, KafkaBatch, KafkaRecord, done, filtered
from lambent.sources.poller_log import PollerLog
from lambent.sources.retrying import AGE, RETRIES, Course, Rules
from lambent.sources.tally import Tally

_LONGEST_BACK_OFF = 60.0
_HELD_BYTES, _HELD_RECORDS = EVENT_BYTES, 2000
"""What waits of a partition at most, beyond one answer of the cluster, unless a batch may hold more."""

_EXPIRY_SECONDS = 16.0
"""From which back-off on it is worth asking whether the records are still there."""

_LOG = logging.getLogger(__name__)

GivenUp = Callable[[Sequence[KafkaRecord], str, int, Outcome | None, bytes], Awaitable[None]]
"""(records, condition, invocations, the last outcome, the records' event) -> told to whom it concerns."""


class Place(Protocol):
    """Where a partition's records come from."""

    def pause(self, partition: int) -> None: ...

    def resume(self, partition: int) -> None: ...

    def settled(self, partition: int, offset: int) -> None: ...

    async def oldest(self, partition: int) -> int: ...


class Lane:
    """Use `run` as a task, and cancel it while it does not `deal`. `turns` limits how many lanes deal at once."""

    def __init__(
        self,
        mapping: EventSourceMapping,
        partition: int,
        servers: str,
        place: Place,
        fed: Fed,
        clock: Clock,
        turns: asyncio.Semaphore | None,
        given_up: GivenUp,
        tell: Callable[[str], None],
        tally: Tally,
        log: PollerLog,
    ) -> None:
        self._log = log
        self._mapping = mapping
        self._partition = partition
        self._servers = servers
        self._place = place
        self._fed = fed
        self._clock = clock
        self._turns = turns
        self._given_up = given_up
        self._tell = tell
        self._tally = tally
        self._filters = Filters(mapping.filters, "value")
        self._rules = Rules.of(mapping)
        self._waiting: deque[KafkaRecord] = deque()
        self._bytes = 0
        self._paused = False
        self._arrived = asyncio.Event()
        self._end = 0
        """The offset behind the last record that was looked at."""
        self._closing = asyncio.Event()

    def put(self, record: KafkaRecord) -> None:
        """A record of the partition; when many wait, no more are fetched for a while."""
        self._waiting.append(record)
        self._bytes += len(record.value or b"")
        self._arrived.set()
        most = max(_HELD_RECORDS, self._mapping.batch_size)
        if not self._paused and (len(self._waiting) >= most or self._bytes >= _HELD_BYTES):
            self._paused = True
            self._place.pause(self._partition)

    def close(self) -> None:
        """Begin nothing any more; what is under way may end, and what failed is left to whoever reads next."""
        self._closing.set()
        self._arrived.set()

    async def run(self, before: asyncio.Task[None] | None = None) -> None:
        """Deal with what comes until closed; not before the task `before`, of the same partition, has ended."""
        if before is not None:
            await asyncio.wait([before])
        await self._log.info("A partition was assigned", partition=self._partition)
        while not self._closing.is_set():
            batch = await self._collected()
            if self._closing.is_set():
                return
            end = self._end
            if await self._dealt(batch):
                self._place.settled(self._partition, end)

    async def _collected(self) -> KafkaBatch:
        """The next batch: full, or as full as it is when its window ends; perhaps nothing passed the filters."""
        batch = KafkaBatch(self._mapping, self._servers)
        timer: asyncio.Task[None] | None = None
        try:
            while not self._closing.is_set():
                while self._waiting:
                    record = self._waiting[0]
                    passes = not self._filters or self._filters.passes(filtered(record))
                    if passes and not batch.add(record):
                        return batch
                    self._take()
                    self._tally.polled(1, 0 if passes else 1)
                    if timer is None:
                        timer = asyncio.create_task(self._clock.sleep(self._mapping.window_seconds))
                        timer.add_done_callback(lambda _: self._arrived.set())
                if batch.full or (timer is not None and timer.done()):
                    return batch
                self._arrived.clear()
                await self._arrived.wait()
            return batch
        finally:
            if timer is not None:
                timer.cancel()

    def _take(self) -> None:
        record = self._waiting.popleft()
        self._bytes -= len(record.value or b"")
        self._end = record.offset + 1
        if self._paused and len(self._waiting) < self._mapping.batch_size and self._bytes < _HELD_BYTES:
            self._paused = False
            self._place.resume(self._partition)

    async def _dealt(self, batch: KafkaBatch) -> bool:
        """Whether every record of a batch is settled; if not, the lane is to close."""
        if self._turns is None:
            return await self._deal(batch)
        async with self._turns:
            return await self._deal(batch)

    async def _deal(self, batch: KafkaBatch) -> bool:
        course, delay, invoked = Course(batch.records, self._rules, lambda record: record.written), 1.0, 0
        outcome: Outcome | None = None
        while True:
            if old := course.too_old(self._clock.now()):
                await self._given_up(old, AGE, invoked, outcome, batch.event(old))
                continue
            if not (piece := course.piece):
                return True
            event = batch.event(piece)
            outcome = await self._fed.invoke(self._mapping, event)
            self._tally.invoked(len(piece), outcome)
            await self._log_call(piece, outcome)
            if outcome.result is not Result.LATER:
                invoked += 1
            count = self._settled(outcome, piece)
            if count == len(piece):
                self._tell(OK)
                course.done(count)
                invoked, delay = 0, 1.0
                continue
            self._tell(CALL_FAILED)
            if outcome.result is not Result.LATER:
                lost = course.done(count) if count else course.failed()
                if lost:
                    await self._given_up(lost, RETRIES, invoked, outcome, batch.event(lost))
                    invoked, delay = 0, 1.0
                    continue
            if not await self._rested(delay):
                if course.piece:
                    self._place.settled(self._partition, course.piece[0].offset)
                return False
            if delay >= _EXPIRY_SECONDS:
                await self._skip_expired(course)
            delay = min(delay * 2, _LONGEST_BACK_OFF)

    async def _log_call(self, piece: Sequence[KafkaRecord], outcome: Outcome) -> None:
        facts: dict[str, object] = {"partition": self._partition, "offset": piece[0].offset, "records": len(piece)}
        facts |= {"requestId": outcome.request_id} if outcome.request_id else {}
        match outcome.result:
            case Result.DONE:
                await self._log.debug("The function was invoked", **facts)
            case Result.FAILED:
                await self._log.warn("The function failed", error=outcome.error, **facts)
            case Result.LATER:
                await self._log.warn("The function cannot be invoked now", **facts)

    def _settled(self, outcome: Outcome, piece: Sequence[KafkaRecord]) -> int:
        """How many of the records, from the first, are done."""
        if outcome.result is not Result.DONE:
            return 0
        count = done(outcome.payload, piece) if self._mapping.reports_failures else len(piece)
        self._tally.add(MappingMetric.FAILED_INVOKE, len(piece) - count)
        return count

    async def _skip_expired(self, course: Course[KafkaRecord]) -> None:
        """What the topic keeps no longer is not tried any longer."""
        try:
            oldest = await self._place.oldest(self._partition)
        except ClusterError:
            return
        if course.piece and course.piece[-1].offset < oldest:
            _LOG.warning("%s: records up to %d have expired", self._mapping.uuid, course.piece[-1].offset)
            await self._log.warn("Records have expired", partition=self._partition, offset=course.piece[-1].offset)
            course.given_up()

    async def _rested(self, seconds: float) -> bool:
        """Whether so many seconds have passed without the lane being closed."""
        pause = asyncio.create_task(self._clock.sleep(seconds))
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({pause, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
            closing.cancel()
        return not self._closing.is_set()
