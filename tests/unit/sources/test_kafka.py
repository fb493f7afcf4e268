"""Kafka topics as event sources: what is refused, which lanes there are, and who hears of failures."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from lambent.clock import MovableClock
from lambent.model.errors import ApiError
from lambent.model.event_source import EventSourceMapping
from lambent.observe.metrics.mappings import MappingMetric
from lambent.sources.base import Outcome, Result, SourceRefused
from lambent.sources.brokers import Brokers
from lambent.sources.kafka import KafkaSource
from lambent.sources.kafka_cluster import ClusterError, Partitions
from lambent.sources.kafka_events import KafkaRecord
from tests.unit.sources.test_brokers import Cloud
from tests.unit.sources.test_kafka_events import mapping, record

SERVERS = {"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["a:1"]}}}
POISON = Outcome(Result.FAILED, b"", "r1", "3", "Unhandled")


class Consumer:
    """A reader that a test feeds; it breaks if it is told to."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[list[KafkaRecord] | ClusterError] = asyncio.Queue()
        self.committed: dict[int, int] = {}
        self.produced: list[tuple[str, bytes]] = []
        self.config: Mapping[str, Any] = {}
        self.closed = False
        self.told = (0, 0)
        self.behind: list[int] = []

    def __call__(
        self, mapping: EventSourceMapping, config: Mapping[str, Any], gained: Partitions, lost: Partitions
    ) -> Consumer:
        self.config, self.gained, self.lost = config, gained, lost
        return self

    async def __aenter__(self) -> Consumer:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.closed = True

    async def receive(self) -> list[KafkaRecord]:
        got = await self.waiting.get()
        if isinstance(got, ClusterError):
            raise got
        return got

    def pause(self, partition: int) -> None:
        raise AssertionError

    def resume(self, partition: int) -> None:
        raise AssertionError

    def settled(self, partition: int, offset: int) -> None:
        self.committed[partition] = offset

    def commits(self) -> tuple[int, int]:
        told, self.told = self.told, (0, 0)
        return told

    async def lags(self) -> list[int]:
        return self.behind

    async def oldest(self, partition: int) -> int:
        return 0

    async def produce(self, topic: str, value: bytes) -> None:
        self.produced.append((topic, value))


class Scene(Cloud):
    """A source over such a reader; the function fails for what begins with `poison`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(SendMessage={})
        self.clock = MovableClock()
        self.reader = Consumer()
        self.told: list[str] = []
        self.counted: Counter[str] = Counter()
        self.mapping = mapping(**({"BatchSize": 1} | SERVERS | options))
        self.source = KafkaSource(
            Brokers(self, self, {}),
            self,
            self,
            self.clock,
            lambda uuid, result: self.told.append(result),
            self.reader,
            lambda: True,
            self.count,
            self.write,
        )
        self.lines: list[dict[str, Any]] = []
        self.invoked: list[str] = []

    def count(self, mapping: EventSourceMapping, metric: MappingMetric, number: int) -> None:
        self.counted[metric] += number

    async def write(self, mapping: EventSourceMapping, stream: str, timestamp_ms: int, line: str) -> None:
        self.lines.append(json.loads(line))

    async def invoke(self, mapping: EventSourceMapping, payload: bytes, traces: Sequence[str] = ()) -> Outcome:
        ((name, records),) = json.loads(payload)["records"].items()
        self.invoked += [f"{name}:{each['offset']}" for each in records]
        return POISON if "cG9pc29u" in payload.decode() else Outcome(Result.DONE)

    async def __aenter__(self) -> Scene:
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(self.source.poll(self.mapping, self.stop))
        await self.feed()
        self.reader.gained([0, 1])
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.stop.set()
        await self.feed()
        await self.task
        assert self.reader.closed
        assert len(asyncio.all_tasks()) == 1

    async def feed(self, *records: KafkaRecord) -> None:
        self.reader.waiting.put_nowait(list(records))
        for _ in range(60):
            await asyncio.sleep(0)


async def test_partitions_are_gained_and_lost() -> None:
    async with Scene() as scene:
        await scene.feed(record(0), record(1))
        assert (scene.invoked, scene.reader.committed) == (["t-0:0", "t-0:1"], {0: 2})
        scene.reader.lost([0])
        await scene.feed(record(2))
        scene.reader.gained([0])
        await scene.feed(record(2))
        assert scene.invoked == ["t-0:0", "t-0:1", "t-0:2"]
        assert scene.reader.config["group.id"] == "u1"


async def test_a_queue_hears_of_what_failed_for_good() -> None:
    target = "arn:aws:sqs:us-east-1:000000000000:dead"
    async with Scene(MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": target}}) as scene:
        await scene.feed(record(0, b"poison"), record(1))
        assert (scene.invoked, scene.reader.committed) == (["t-0:0", "t-0:1"], {0: 2})
        ((call, params),) = scene.asked
        told = json.loads(params["MessageBody"])
        assert call == "sqs:SendMessage"
        assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
        assert told["KafkaBatchInfo"]["recordInfo"]["offset"] == "0"
        assert told["responseContext"]["executedVersion"] == "3"
        assert "payload" not in told
    assert scene.counted == {
        "PolledEventCount": 2,
        "InvokedEventCount": 2,
        "FailedInvokeEventCount": 1,
        "InvokeErrorCount": 1,
        "OnFailureDestinationDeliveredEventCount": 1,
    }


async def test_what_is_committed_is_counted_and_lag_every_few_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Scene() as scene:
        scene.reader.told = (5, 1)
        await scene.feed()
        assert scene.counted == {"CommittedEventCount": 5, "CommitErrorCount": 1}
        scene.reader.behind = [0, 3, 4]
        await scene.feed()
        await scene.feed()
        lags = {"OffsetLag": 7, "MaxOffsetLag": 4, "SumOffsetLag": 7}
        assert scene.counted == {"CommittedEventCount": 5, "CommitErrorCount": 1} | lags
        monkeypatch.setattr(scene.clock, "monotonic", lambda: 1e9)
        await scene.feed()
        assert scene.counted["SumOffsetLag"] == 14


async def test_what_no_destination_hears_of_is_counted_as_dropped() -> None:
    async with Scene(MaximumRetryAttempts=0) as scene:
        await scene.feed(record(0, b"poison"))
    assert scene.counted["DroppedEventCount"] == 1
    refused = "arn:aws:sqs:us-east-1:000000000000:dead"
    async with Scene(MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": refused}}) as scene:
        scene.reader.waiting.put_nowait(ClusterError("away", "PROBLEM"))
        with pytest.raises(ClusterError):
            await scene.task
        assert scene.counted == {"PollingErrorCount": 1}
        scene.task = asyncio.create_task(asyncio.sleep(0))


async def test_a_topic_is_given_the_records_themselves() -> None:
    async with Scene(MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": "kafka://dead"}}) as scene:
        await scene.feed(record(0, b"poison"))
        ((topic, value),) = scene.reader.produced
        assert topic == "dead"
        assert json.loads(json.loads(value)["payload"])["records"]["t-0"][0]["offset"] == 0


async def test_a_destination_that_takes_nothing_is_tried_three_times(caplog: pytest.LogCaptureFixture) -> None:
    target = {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:dead"}}}
    async with Scene(MaximumRetryAttempts=0, **target) as scene:
        scene.answers["SendMessage"] = ApiError("QueueDoesNotExist", "gone")
        await scene.feed(record(0, b"poison"))
        for _ in range(2):
            scene.clock.move(1.1)
            await scene.feed()
        assert (len(scene.asked), scene.reader.committed) == (3, {0: 1})
        assert "could not tell arn:aws:sqs:us-east-1:000000000000:dead of records given up" in caplog.text


async def test_a_cluster_that_fails_ends_the_poller_with_its_lanes() -> None:
    scene = Scene()
    task = asyncio.create_task(scene.source.poll(scene.mapping, asyncio.Event()))
    await scene.feed()
    scene.reader.gained([0])
    scene.reader.waiting.put_nowait(ClusterError("down", "PROBLEM: down"))
    with pytest.raises(ClusterError, match="down"):
        await task
    assert len(asyncio.all_tasks()) == 1


async def test_provisioned_pollers_limit_what_runs_at_once() -> None:
    async with Scene(ProvisionedPollerConfig={"MinimumPollers": 1, "MaximumPollers": 1}) as scene:
        scene.reader.gained(range(2, 8))
        await scene.feed(*(KafkaRecord("t", number, 0, 0, "CREATE_TIME", None, b"x") for number in range(8)))
        assert len(scene.invoked) == 8


async def test_what_is_refused() -> None:
    scene = Scene()
    await scene.source.probe(scene.mapping, 840)
    with pytest.raises(SourceRefused, match="Function timeout: 841 seconds is more than a broker allows: 840"):
        await scene.source.probe(scene.mapping, 841)
    bare = KafkaSource(Brokers(scene, scene, {}), scene, scene, scene.clock, print, scene.reader, lambda: False)
    with pytest.raises(SourceRefused, match=r"not installed where Lambent runs: pip install 'lambent\[kafka\]'"):
        await bare.probe(scene.mapping, 3)


async def test_the_system_log_tells_what_the_poller_does() -> None:
    options = {"MaximumRetryAttempts": 0, "LoggingConfig": {"SystemLogLevel": "DEBUG"}}
    async with Scene(**options) as scene:
        await scene.feed(record(0), record(1, b"poison"))
    told = [(line["level"], line["message"], line.get("partition"), line.get("offset")) for line in scene.lines]
    assert told == [
        ("INFO", "Polling begins", None, None),
        ("INFO", "A partition was assigned", 0, None),
        ("INFO", "A partition was assigned", 1, None),
        ("DEBUG", "The function was invoked", 0, 0),
        ("WARN", "The function failed", 0, 1),
        ("WARN", "Records are given up", 0, 1),
        ("INFO", "Polling has ended", None, None),
    ]


async def test_the_system_log_tells_why_a_topic_cannot_be_read() -> None:
    scene = Scene(LoggingConfig={"SystemLogLevel": "WARN"})
    scene.reader.waiting.put_nowait(ClusterError("down", "PROBLEM: down"))
    with pytest.raises(ClusterError):
        await scene.source.poll(scene.mapping, asyncio.Event())
    ((line),) = scene.lines
    assert (line["level"], line["message"], line["error"]) == ("WARN", "The topic cannot be read now", "down")
