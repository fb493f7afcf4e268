"""SQS queues as event sources: workers that receive, filter, batch, invoke and delete; as many as it takes.

Order within the groups of a FIFO queue is the queue's doing: it hides a group while messages of it are under way, and
a worker deals with a batch before it receives again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

from lambent.context import Clock
from lambent.model.errors import ApiError
from lambent.model.event_source import EventSourceMapping
from lambent.neighbours.base import Neighbours
from lambent.observe.metrics.mappings import MappingMetric
from lambent.sources.base import Fed, Outcome, Result, SourceRefused
from lambent.sources.filter import Filters
from lambent.sources.scaling import Scaling
from lambent.sources.sqs_events import Batch, Message, failed, record
from lambent.sources.sqs_queue import AT_ONCE, SqsQueue
from lambent.sources.tally import Count, Tally, uncounted

WAIT_SECONDS = 20
"""How long a call for messages may wait for the first."""

_OLD_CODES = {"QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue"}
"""Codes as Lambda tells them: those of SQS's older protocol."""

_LONGEST_BACK_OFF = 60.0
_LOG = logging.getLogger(__name__)


class SqsSource:
    """Reads queues through `neighbours`, in the name of the functions that they feed."""

    def __init__(self, neighbours: Neighbours, fed: Fed, clock: Clock, count: Count = uncounted) -> None:
        self._neighbours = neighbours
        self._count = count
        self._fed = fed
        self._clock = clock

    async def probe(self, mapping: EventSourceMapping, run_seconds: int) -> None:
        """The queue must be there, and hide messages for as long as the function may run. Raises SourceRefused."""
        try:
            visibility = await self._queue(mapping).visibility_seconds()
        except ApiError as error:
            if "AccessDenied" in error.code:
                raise SourceRefused(
                    "The function execution role does not have permissions to call ReceiveMessage on SQS"
                ) from None
            code = _OLD_CODES.get(error.code, error.code)
            raise SourceRefused(
                f"Error occurred while ReceiveMessage. SQS Error Code: {code}. SQS Error Message: {error.message}"
            ) from None
        if visibility < run_seconds:
            raise SourceRefused(
                f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {run_seconds} seconds"
            )

    async def poll(self, mapping: EventSourceMapping, stop: asyncio.Event) -> None:
        """Read until `stop` is set, and then until what was received has been dealt with."""
        tally = Tally(mapping, self._count)
        await _Poller(mapping, self._queue(mapping), self._fed, self._clock, tally).run(stop)

    def _queue(self, mapping: EventSourceMapping) -> SqsQueue:
        return SqsQueue(self._neighbours, lambda: self._fed.context(mapping), mapping.source_arn)


class _Poller:
    """The workers of one mapping."""

    def __init__(self, mapping: EventSourceMapping, queue: SqsQueue, fed: Fed, clock: Clock, tally: Tally) -> None:
        self._mapping = mapping
        self._queue = queue
        self._tally = tally
        self._fed = fed
        self._clock = clock
        self._filters = Filters(mapping.filters, "body")
        self._scaling = Scaling(mapping)
        self._workers: dict[asyncio.Task[None], bool] = {}
        """Whether a worker waits for messages: then it may be stopped."""
        self._stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            spawn: Callable[[], asyncio.Task[None]] = lambda: group.create_task(self._work(spawn))  # noqa: E731
            for _ in range(self._scaling.allowed):
                self._keep(spawn())
            try:
                await stop.wait()
            finally:
                self._stopping = True
            for task, waits in self._workers.items():
                if waits:
                    task.cancel()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._workers[task] = True
        task.add_done_callback(lambda done: self._workers.pop(done, None))

    async def _work(self, spawn: Callable[[], asyncio.Task[None]]) -> None:
        """One worker: a batch after the other, until there are more workers than needed."""
        me = asyncio.current_task()
        assert me is not None
        held: list[Message] = []
        back_off = 0.0
        while not self._stopping and len(self._workers) <= max(self._scaling.allowed, self._scaling.idle):
            self._workers[me] = True
            try:
                batch = await self._collected(held)
                back_off = 0.0
            except Exception as error:
                back_off = min(back_off * 2 or 1.0, _LONGEST_BACK_OFF)
                trouble = None if isinstance(error, ApiError) else error
                _LOG.warning(
                    "%s cannot read %s: %s", self._mapping.uuid, self._mapping.source_arn, error, exc_info=trouble
                )
                await self._clock.sleep(back_off)
                continue
            if batch is None:
                self._scaling.some_idle()
                if len(self._workers) > self._scaling.idle:
                    break
                continue
            self._workers[me] = False
            self._grow(spawn)
            try:
                await self._deal(batch)
            except Exception:
                # One batch must not end the reading: its messages show again when their time is over.
                _LOG.exception("%s could not deal with a batch of %s", self._mapping.uuid, self._mapping.source_arn)
        del self._workers[me]  # at once: whoever looks next must count right
        if held:
            await self._queue.release(held)

    def _grow(self, spawn: Callable[[], asyncio.Task[None]]) -> None:
        """When nobody waits for messages any more, there may be more to come."""
        if self._stopping or any(self._workers.values()):
            return
        self._scaling.all_busy(self._clock.now())
        for _ in range(self._scaling.allowed - len(self._workers)):
            self._keep(spawn())

    async def _collected(self, held: list[Message]) -> Batch | None:
        """The next batch: full, or as full as it is when its window ends; None if nothing came.

        `held` are messages that did not fit into the batch before. Raises ApiError.
        """
        batch, until = Batch(self._mapping), 0.0
        waiting, held[:] = list(held), []
        try:
            while batch.room and not held:
                if not waiting:
                    left = until - self._clock.now() if batch.messages else WAIT_SECONDS
                    if left <= 0:
                        break
                    waiting = await self._received(batch.room, min(int(left), WAIT_SECONDS))
                    if not waiting and (not batch.messages or left < 1):
                        break
                if waiting and not batch.messages:
                    until = self._clock.now() + self._mapping.window_seconds
                while waiting and batch.room and batch.add(waiting[0]):
                    waiting.pop(0)
                held[:], waiting = waiting, []
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):  # what fails here must not stand for the end, which would be forgotten
                await self._queue.release([*batch.messages, *waiting, *held])
            held.clear()
            raise
        return batch if batch.messages else None

    async def _received(self, room: int, wait_seconds: int) -> list[Message]:
        """What came and passes the filters; what does not pass is deleted."""
        if (pollers := self._scaling.pollers(len(self._workers))) is not None:
            self._tally.add(MappingMetric.POLLERS, pollers)
        messages = await self._queue.receive(min(room, AT_ONCE), wait_seconds)
        if not self._filters:
            self._tally.polled(len(messages), 0)
            return list(messages)
        passing: list[Message] = []
        dropped: list[Message] = []
        for message in messages:
            (passing if self._filters.passes(record(self._mapping, message)) else dropped).append(message)
        self._tally.polled(len(messages), len(dropped))
        if dropped:
            await self._queue.delete(dropped)
        return passing

    async def _deal(self, batch: Batch) -> None:
        """Invoke; delete what the function has done, and leave to the queue what it has not."""
        messages, event, delay = batch.messages, batch.event, 1.0
        headers = ((message.get("Attributes") or {}).get("AWSTraceHeader") for message in messages)
        traces = list(dict.fromkeys(header for header in headers if header is not None))
        outcome = await self._invoked(event, traces, len(messages))
        patience = None
        while outcome.result is Result.LATER:
            self._scaling.fell_back()
            now = self._clock.now()
            patience = now + await self._patience() if patience is None else patience
            if self._stopping or now + delay > patience:
                return  # the queue shows them again when their time is over
            await self._clock.sleep(delay)
            delay = min(delay * 2, _LONGEST_BACK_OFF)
            outcome = await self._invoked(event, traces, len(messages))
        if outcome.result is Result.FAILED:
            if not self._mapping.reports_failures:
                self._scaling.fell_back()
            return
        self._scaling.went_well()
        if self._mapping.reports_failures:
            bad = failed(outcome.payload, [message["MessageId"] for message in messages])
            messages = [message for message in messages if message["MessageId"] not in bad]
            self._tally.add(MappingMetric.FAILED_INVOKE, len(batch.messages) - len(messages))
        left = await self._queue.delete(messages)
        self._tally.add(MappingMetric.DELETED, len(messages) - left)
        if left:
            _LOG.warning("%s could not delete %d messages of %s", self._mapping.uuid, left, self._mapping.source_arn)

    async def _invoked(self, event: bytes, traces: Sequence[str], number: int) -> Outcome:
        outcome = await self._fed.invoke(self._mapping, event, traces)
        self._tally.invoked(number, outcome)
        return outcome

    async def _patience(self) -> float:
        """For how long a batch that cannot be run now is worth keeping: half of the time for which it is hidden."""
        try:
            return await self._queue.visibility_seconds() / 2
        except ApiError:
            return 0.0
