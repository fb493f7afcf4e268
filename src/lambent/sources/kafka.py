"""Kafka topics as event sources, self-managed or Amazon MSK: a consumer a mapping, a lane a partition."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from lambent.context import Clock
from lambent.model.errors import ApiError
from lambent.model.event_source import EventSourceMapping
from lambent.neighbours.base import Neighbours
from lambent.neighbours.delivery import Parcel, deliver
from lambent.observe.metrics.mappings import MappingMetric
from lambent.sources import kafka_config
from lambent.sources.base import Fed, Outcome, SourceRefused, Told
from lambent.sources.brokers import Brokers
from lambent.sources.failure_records import record, s3_key
from lambent.sources.kafka_cluster import Cluster, ClusterError, Partitions, installed
from lambent.sources.kafka_events import KafkaRecord, batch_info, part
from lambent.sources.kafka_lane import Lane
from lambent.sources.poller_log import PollerLog, Write, nowhere
from lambent.sources.tally import Count, Tally, uncounted

RUN_SECONDS = 14 * 60
"""How long a function may run that a broker feeds."""

NOT_INSTALLED = (
    "Kafka is read over librdkafka, which is not installed where Lambent runs: pip install 'lambent[kafka]', or"
    " confluent-kafka."
)
_INVOCATIONS_PER_POLLER = 5
_LAG_SECONDS = 15.0
"""How often it is measured how far a group is behind."""
_TO_TOPIC = "kafka://"
_ATTEMPTS = 3
_LOG = logging.getLogger(__name__)


class Reader(Protocol):
    """A consumer as `Cluster` is one."""

    async def __aenter__(self) -> Reader: ...

    async def __aexit__(self, *exc: object) -> None: ...

    async def receive(self) -> list[KafkaRecord]: ...

    def pause(self, partition: int) -> None: ...

    def resume(self, partition: int) -> None: ...

    def settled(self, partition: int, offset: int) -> None: ...

    async def oldest(self, partition: int) -> int: ...

    def commits(self) -> tuple[int, int]: ...

    async def lags(self) -> list[int]: ...

    async def produce(self, topic: str, value: bytes) -> None: ...


Open = Callable[[EventSourceMapping, dict[str, object], Partitions, Partitions], Reader]


class KafkaSource:
    """Reads topics through `open_cluster`, and tells `neighbours` in the functions' names what failed for good."""

    def __init__(
        self,
        brokers: Brokers,
        neighbours: Neighbours,
        fed: Fed,
        clock: Clock,
        tell: Told,
        open_cluster: Open = Cluster,
        is_installed: Callable[[], bool] = installed,
        count: Count = uncounted,
        write: Write = nowhere,
    ) -> None:
        self._write = write
        self._brokers = brokers
        self._count = count
        self._neighbours = neighbours
        self._fed = fed
        self._clock = clock
        self._tell = tell
        self._open = open_cluster
        self._is_installed = is_installed

    async def probe(self, mapping: EventSourceMapping, run_seconds: int) -> None:
        """The client must be there, the cluster's address known, its secrets readable; it need not run yet.

        Raises SourceRefused.
        """
        if not self._is_installed():
            raise SourceRefused(NOT_INSTALLED)
        if run_seconds > RUN_SECONDS:
            raise SourceRefused(f"Function timeout: {run_seconds} seconds is more than a broker allows: {RUN_SECONDS}")
        await self._config(mapping)

    async def poll(self, mapping: EventSourceMapping, stop: asyncio.Event) -> None:
        """Read until `stop` is set, and then until what is under way has ended. Raises SourceRefused, ClusterError."""
        tally, log = Tally(mapping, self._count), PollerLog(mapping, self._write, self._clock)
        try:
            servers, config = await self._config(mapping)
            await log.info("Polling begins", topic=mapping.topic, consumerGroupId=mapping.consumer_group)
            await _Poller(self, mapping, servers, tally, log).run(config, stop)
            await log.info("Polling has ended", topic=mapping.topic)
        except (SourceRefused, ClusterError) as error:
            tally.add(MappingMetric.POLLING_ERROR)
            await log.warn("The topic cannot be read now", topic=mapping.topic, error=str(error))
            raise

    async def _config(self, mapping: EventSourceMapping) -> tuple[str, dict[str, object]]:
        """The cluster's bootstrap servers, and the consumer's configuration. Raises SourceRefused."""
        bootstrap = await self._brokers.kafka(mapping)
        secrets = await self._brokers.secrets(mapping, kafka_config.SECRET_TYPES)
        common = kafka_config.client(bootstrap, secrets)
        return bootstrap.servers, kafka_config.consumer(common, mapping.consumer_group)


class _Poller:
    """One mapping at work."""

    def __init__(
        self, source: KafkaSource, mapping: EventSourceMapping, servers: str, tally: Tally, log: PollerLog
    ) -> None:
        self._tally = tally
        self._log = log
        self._source = source
        self._mapping = mapping
        self._servers = servers
        pollers = mapping.provisioned_pollers
        self._turns = asyncio.Semaphore(pollers[1] * _INVOCATIONS_PER_POLLER) if pollers else None
        self._lanes: dict[int, tuple[Lane, asyncio.Task[None]]] = {}
        self._left: set[asyncio.Task[None]] = set()
        self._measured = 0.0
        self._reader: Reader

    async def run(self, config: dict[str, object], stop: asyncio.Event) -> None:
        """Raises ClusterError."""
        async with self._source._open(self._mapping, config, self._gained, self._lost) as self._reader:
            try:
                while not stop.is_set():
                    for each in await self._reader.receive():
                        if (lane := self._lanes.get(each.partition)) is not None:
                            lane[0].put(each)
                    for _, task in self._lanes.values():
                        if task.done():
                            task.result()  # a lane that broke must not be missed
                    await self._measure()
            finally:
                self._lost(list(self._lanes))
                if self._left:
                    await asyncio.wait(self._left)

    async def _measure(self) -> None:
        """Count what was committed, and now and then how much is left to read."""
        self._tally.committed(*self._reader.commits())
        now = self._source._clock.monotonic()
        if self._lanes and now - self._measured >= _LAG_SECONDS:
            if lags := await self._reader.lags():
                self._measured = now
            self._tally.lagging(lags)

    def _gained(self, partitions: Sequence[int]) -> None:
        for number in partitions:
            before = next((task for task in self._left if task.get_name() == str(number)), None)
            lane = Lane(
                self._mapping,
                number,
                self._servers,
                self._reader,
                self._source._fed,
                self._source._clock,
                self._turns,
                self._given_up,
                lambda result: self._source._tell(self._mapping.uuid, result),
                self._tally,
                self._log,
            )
            task = asyncio.create_task(lane.run(before), name=str(number))
            self._lanes[number] = lane, task

    def _lost(self, partitions: Sequence[int]) -> None:
        for number in partitions:
            if (found := self._lanes.pop(number, None)) is not None:
                lane, task = found
                lane.close()
                self._left.add(task)
                task.add_done_callback(self._left.discard)

    async def _given_up(
        self, records: Sequence[KafkaRecord], condition: str, invoked: int, outcome: Outcome | None, event: bytes
    ) -> None:
        """Tell the destination, if there is one; records that it does not take are lost, and the log says so."""
        source, mapping, target, now = self._source, self._mapping, self._mapping.on_failure, self._source._clock.now()
        _LOG.warning("%s gives up %d records from %s", mapping.uuid, len(records), records[0].offset)
        where = {"partition": records[0].partition, "offset": records[0].offset, "records": len(records)}
        await self._log.warn("Records are given up", condition=condition, destination=target, **where)
        if not target:
            self._tally.add(MappingMetric.DROPPED, len(records))
            return
        shown = event if target.startswith(_TO_TOPIC) or ":s3:" in target else None
        info = batch_info(mapping, self._servers, records, len(event))
        body = record(mapping, condition, invoked, outcome, now, info, shown)
        try:
            ctx = await source._fed.context(mapping)
            key = s3_key(mapping, part(records[0].topic, records[0].partition), now, ctx.ids.request_id())
            parcel = Parcel(body, key=key)
            if target.startswith(_TO_TOPIC):
                await self._insisted(lambda: self._reader.produce(target.removeprefix(_TO_TOPIC), body))
            else:
                await self._insisted(lambda: deliver(source._neighbours, ctx, target, parcel))
            self._tally.add(MappingMetric.DELIVERED, len(records))
        except (ApiError, ClusterError) as error:
            self._tally.add(MappingMetric.DELIVERY_ERROR)
            _LOG.warning("%s could not tell %s of records given up: %s", mapping.uuid, target, error)
            await self._log.warn("The destination did not take the records", destination=target, error=str(error))

    async def _insisted(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Up to three attempts. Raises what the last one raised."""
        for left in reversed(range(_ATTEMPTS)):
            try:
                return await attempt()
            except (ApiError, ClusterError):
                if not left:
                    raise
                await self._source._clock.sleep(1.0)
        return None
