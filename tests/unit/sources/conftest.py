"""A poller over a small SQS, functions that are told how to answer, and a clock that a test moves."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from lambent.clock import MovableClock, RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.observe.metrics.mappings import MappingMetric
from lambent.sources.base import Outcome, Result
from lambent.sources.sqs import SqsSource
from tests.queues import Queues

ARN = "arn:aws:sqs:us-east-1:000000000000:"
DONE, FAILED, LATER = Outcome(Result.DONE), Outcome(Result.FAILED), Outcome(Result.LATER)
Answer = Callable[[list[Any]], Awaitable[Outcome]]


def mapping(queue: str = "work", **options: Any) -> EventSourceMapping:
    """A mapping of a queue, with options besides the defaults."""
    return EventSourceMapping(
        "u1",
        "000000000000",
        "us-east-1",
        SourceKind.SQS,
        "f",
        "",
        ARN + queue,
        True,
        MappingState.ENABLED,
        1.0,
        {"BatchSize": 10} | options,
    )


class Scene:
    """One queue feeding one function. `answer` is what the function does with a list of bodies."""

    def __init__(self, *, visibility: int = 30, **options: Any) -> None:
        self.clock = MovableClock()
        self.queues = Queues(self.clock, visibility=visibility)
        self.mapping = mapping(options.pop("queue", "work"), **options)
        self.queue = self.mapping.source_arn.rpartition(":")[2]
        self.queues.send(self.queue)
        self.counted: Counter[str] = Counter()
        self.source = SqsSource(self.queues, self, self.clock, self.count)
        self.batches: list[list[str]] = []
        self.events: list[Any] = []
        self.traces: list[list[str]] = []
        self.answer: Callable[[list[str]], Outcome] = lambda bodies: DONE
        self.permits: asyncio.Semaphore | None = None
        """While there is one, invocations end as it permits."""
        self.running = self.most = 0
        self.there = True

    def count(self, mapping: EventSourceMapping, metric: MappingMetric, number: int) -> None:
        self.counted[metric] += number

    async def context(self, mapping: EventSourceMapping) -> Context:
        if not self.there:
            raise ApiError("ResourceNotFoundException", "Function not found", status=404)
        principal = Principal("000000000000", "arn:aws:sts::000000000000:assumed-role/r/f", "", role="r")
        return Context("000000000000", mapping.region, principal, "r", self.clock, RandomIds())

    async def invoke(self, mapping: EventSourceMapping, payload: bytes, traces: Sequence[str] = ()) -> Outcome:
        event = json.loads(payload)
        bodies = [record["body"] for record in event["Records"]]
        self.events.append(event)
        self.batches.append(bodies)
        self.traces.append(list(traces))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await (asyncio.sleep(0) if self.permits is None else self.permits.acquire())
        finally:
            self.running -= 1
        return self.answer(bodies)

    async def __aenter__(self) -> Scene:
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(self.source.poll(self.mapping, self.stop))
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.permit(1000)
        self.stop.set()
        await self.task
        assert self.queues.polling == 0
        assert len(asyncio.all_tasks()) == 1

    def permit(self, count: int) -> None:
        """Let so many invocations end."""
        for _ in range(count if self.permits is not None else 0):
            assert self.permits is not None
            self.permits.release()

    async def turns(self, count: int = 60) -> None:
        """Let everything happen that can without time passing."""
        for _ in range(count):
            await asyncio.sleep(0)
