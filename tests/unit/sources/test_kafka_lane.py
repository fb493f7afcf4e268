"""One partition at work: in order, one batch at a time, settled only when it is."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lambent.clock import MovableClock
from lambent.context import Context
from lambent.model.event_source import EventSourceMapping
from lambent.observe.metrics.mappings import MappingMetric
from lambent.sources.base import CALL_FAILED, OK, Outcome, Result
from lambent.sources.kafka_events import KafkaRecord
from lambent.sources.kafka_lane import Lane
from lambent.sources.poller_log import PollerLog, nowhere
from lambent.sources.tally import Tally
from tests.unit.sources.test_kafka_events import mapping, record

DONE, FAILED, LATER = Outcome(Result.DONE), Outcome(Result.FAILED), Outcome(Result.LATER)


class Scene:
    """A lane between a cluster and a function that answers what it is told; offsets stand for records."""

    def __init__(self, *answers: Outcome, concurrency: int | None = None, **options: Any) -> None:
        self.clock = MovableClock()
        self.mapping = mapping(**({"MaximumBatchingWindowInSeconds": 10} | options))
        self.answers = list(answers)
        self.invoked: list[list[int]] = []
        self.committed: list[int] = []
        self.lost: list[tuple[list[int], str, int]] = []
        self.told: list[str] = []
        self.counted: Counter[str] = Counter()
        self.tally = Tally(self.mapping, self.count)
        self.fetching: list[str] = []
        self.expired = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.lane = self.made(concurrency)
        self.task = asyncio.create_task(self.lane.run())

    def made(self, concurrency: int | None = None) -> Lane:
        turns = None if concurrency is None else asyncio.Semaphore(concurrency)
        log = PollerLog(self.mapping, nowhere, self.clock)
        told = self.told.append
        return Lane(self.mapping, 0, "a:1", self, self, self.clock, turns, self.give_up, told, self.tally, log)

    def count(self, mapping: EventSourceMapping, metric: MappingMetric, number: int) -> None:
        self.counted[metric] += number

    def pause(self, partition: int) -> None:
        self.fetching.append("pause")

    def resume(self, partition: int) -> None:
        self.fetching.append("resume")

    def settled(self, partition: int, offset: int) -> None:
        self.committed.append(offset)

    async def oldest(self, partition: int) -> int:
        return self.expired

    async def context(self, mapping: EventSourceMapping) -> Context:
        raise NotImplementedError

    async def invoke(self, mapping: EventSourceMapping, payload: bytes, traces: Sequence[str] = ()) -> Outcome:
        self.invoked.append([each["offset"] for each in json.loads(payload)["records"]["t-0"]])
        await self.gate.wait()
        return self.answers.pop(0) if self.answers else DONE

    async def give_up(
        self, records: Sequence[KafkaRecord], condition: str, invoked: int, outcome: Outcome | None, event: bytes
    ) -> None:
        self.lost.append(([each.offset for each in records], condition, invoked))

    async def put(self, *offsets: int, **more: Any) -> None:
        for offset in offsets:
            self.lane.put(record(offset, **more))
        await self.turns()

    async def pass_(self, seconds: float) -> None:
        self.clock.move(seconds)
        await self.turns()

    async def turns(self) -> None:
        for _ in range(40):
            await asyncio.sleep(0)

    async def end(self) -> None:
        self.lane.close()
        await self.task
        await self.turns()
        assert len(asyncio.all_tasks()) == 1


async def test_a_full_batch_goes_at_once_and_a_small_one_when_its_window_ends() -> None:
    scene = Scene()
    await scene.put(0, 1, 2)
    assert scene.invoked == [[0, 1]]
    assert scene.committed == [2]
    await scene.pass_(9)
    assert scene.committed == [2]
    await scene.pass_(1.1)
    assert (scene.invoked, scene.committed, scene.told) == ([[0, 1], [2]], [2, 3], [OK, OK])
    await scene.end()


async def test_what_does_not_pass_the_filters_is_settled_unseen() -> None:
    scene = Scene(FilterCriteria={"Filters": [{"Pattern": '{"value": {"a": [1]}}'}]})
    await scene.put(0, value=b'{"a": 2}')
    await scene.put(1, value=b"plain")
    await scene.pass_(10.1)
    assert (scene.invoked, scene.committed) == ([], [2])
    await scene.put(2, 3, value=b'{"a": 1}')
    assert scene.invoked == [[2, 3]]
    await scene.end()


async def test_a_failure_is_tried_again_and_nothing_overtakes_it() -> None:
    scene = Scene(FAILED, LATER, FAILED)
    await scene.put(0, 1, 2, 3)
    for seconds in (1, 2, 4):
        assert scene.committed == []
        await scene.pass_(seconds + 0.1)
    assert scene.invoked == [[0, 1]] * 4 + [[2, 3]]
    assert scene.committed == [2, 4]
    assert scene.told == [CALL_FAILED] * 3 + [OK, OK]
    await scene.end()


async def test_retries_end_throttles_do_not_count_and_the_next_batch_begins_anew() -> None:
    scene = Scene(FAILED, LATER, FAILED, DONE, MaximumRetryAttempts=1)
    await scene.put(0, 1, 2, 3)
    await scene.pass_(1.1)
    await scene.pass_(2.1)
    assert scene.lost == [([0, 1], "RetryAttemptsExhausted", 2)]
    assert scene.invoked == [[0, 1], [0, 1], [0, 1], [2, 3]]
    assert scene.committed == [2, 4]
    await scene.end()


async def test_poison_is_found_by_halving() -> None:
    scene = Scene(FAILED, DONE, FAILED, MaximumRetryAttempts=0, BisectBatchOnFunctionError=True)
    await scene.put(0, 1)
    await scene.pass_(1.1)
    assert scene.invoked == [[0, 1], [0], [1]]
    assert scene.lost == [([1], "RetryAttemptsExhausted", 1)]
    assert scene.committed == [2]
    await scene.end()


async def test_what_the_function_names_is_tried_again_from_there() -> None:
    answer = b'{"batchItemFailures": [{"itemIdentifier": {"partition": "t-0", "offset": 1}}]}'
    scene = Scene(Outcome(Result.DONE, answer), FunctionResponseTypes=["ReportBatchItemFailures"], BatchSize=3)
    await scene.put(0, 1, 2)
    await scene.pass_(1.1)
    assert (scene.invoked, scene.committed) == ([[0, 1, 2], [1, 2]], [3])
    await scene.end()


async def test_old_records_are_given_up() -> None:
    scene = Scene(FAILED, MaximumRecordAgeInSeconds=60)
    now = int(scene.clock.now() * 1000)
    await scene.put(0, timestamp=now - 70_000)
    await scene.put(1, timestamp=now)
    assert scene.lost == [([0], "MaximumRecordAgeExceeded", 0)]
    assert scene.invoked == [[1]]
    await scene.pass_(61)
    assert scene.lost[1] == ([1], "MaximumRecordAgeExceeded", 1)
    assert scene.committed == [2]
    await scene.end()


async def test_what_has_expired_is_tried_no_longer() -> None:
    scene = Scene(*[FAILED] * 9)
    await scene.put(0, 1)
    for _ in range(4):
        await scene.pass_(10)
    scene.expired = 1
    await scene.pass_(20)
    assert scene.committed == []
    scene.expired = 2
    await scene.pass_(60)
    assert scene.committed == [2]
    await scene.end()


async def test_a_lane_that_closes_leaves_what_failed_and_settles_what_was_done() -> None:
    scene = Scene(FAILED, DONE, FAILED, BisectBatchOnFunctionError=True)
    await scene.put(0, 1)
    await scene.pass_(1.1)
    assert scene.invoked == [[0, 1], [0], [1]]
    await scene.end()
    assert scene.committed == [1]
    assert scene.lost == []


async def test_the_next_lane_of_a_partition_waits_for_the_one_before() -> None:
    scene = Scene()
    scene.gate.clear()
    await scene.put(0, 1)
    scene.lane.close()
    second, before = scene.made(), scene.task
    scene.lane, scene.task = second, asyncio.create_task(second.run(before))
    await scene.put(2, 3)
    assert scene.invoked == [[0, 1]]
    scene.gate.set()
    await scene.turns()
    assert (scene.invoked, scene.committed) == ([[0, 1], [2, 3]], [2, 4])
    await scene.end()


async def test_no_more_is_fetched_than_is_dealt_with() -> None:
    scene = Scene(concurrency=1, BatchSize=1)
    scene.gate.clear()
    await scene.put(*range(1999))
    assert scene.fetching == []
    await scene.put(1999, 2000)
    assert scene.fetching == ["pause"]
    scene.gate.set()
    while scene.fetching == ["pause"]:
        await scene.turns()
    assert scene.fetching == ["pause", "resume"]
    await scene.turns()
    await scene.end()
    assert scene.invoked == [[number] for number in range(len(scene.invoked))]
