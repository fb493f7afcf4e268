"""A consumer of one group over librdkafka, which blocks, on a thread of its own.

A call of the consumer waits until the one before has ended, and that may be the wait for records. So what lanes want of
it is kept, and done before the next wait: nobody waits for that, and a crash in between repeats, as it may.

The only file that knows confluent-kafka, which need not be installed. Its errors end here.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from lambent.model.event_source import EventSourceMapping
from lambent.sources.base import NO_CONNECTION, SourceFailed
from lambent.sources.kafka_events import KafkaRecord

AT_ONCE = 1000
"""Records of one answer at most."""

_WAIT_SECONDS = 1.0
"""How long a wait for records cannot be interrupted: what an end or a change of the mapping may take longer."""

_ASK_SECONDS = 20.0
_LOG = logging.getLogger(__name__)

Partitions = Callable[[Sequence[int]], None]


class ClusterError(SourceFailed):
    """The cluster cannot be used."""


def installed() -> bool:
    """Whether librdkafka is there."""
    return importlib.util.find_spec("confluent_kafka") is not None


class Cluster:
    """Reads a mapping's topic. Use with `async with`; leaving leaves the group.

    `gained` and `lost` hear, on the event loop and before any record, which partitions are read from now on, and no
    more. Every method raises ClusterError.
    """

    def __init__(
        self,
        mapping: EventSourceMapping,
        config: Mapping[str, Any],
        gained: Partitions,
        lost: Partitions,
        wait_seconds: float = _WAIT_SECONDS,
    ) -> None:
        self._wait_seconds = wait_seconds
        self._mapping = mapping
        self._config = config
        self._gained = gained
        self._lost = lost
        self._kafka: Any = importlib.import_module("confluent_kafka")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"kafka {mapping.uuid}")
        self._fetching: dict[int, bool] = {}
        self._settled: dict[int, int] = {}
        self._paused: set[int] = set()
        self._done: dict[int, int] = {}
        self._committed = self._uncommitted = 0
        self._failure: ClusterError | None = None
        self._consumer: Any = None
        self._producer: Any = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        try:
            await self._asked(self._open)
        except BaseException:
            self._thread.shutdown(wait=False)
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        try:
            await asyncio.shield(self._asked(self._close))
        except ClusterError as error:
            _LOG.warning("%s could not leave its group: %s", self._mapping.uuid, error)
        finally:
            self._thread.shutdown(wait=False)

    async def receive(self) -> list[KafkaRecord]:
        """Records as soon as some come, or none after a while."""
        messages = await self._asked(self._round)
        if self._failure is not None:
            raise self._failure
        for message in messages:
            if (error := message.error()) is not None:
                raise self._told(error)
        return [self._record(message) for message in messages]

    def pause(self, partition: int) -> None:
        """Fetch no more of a partition for now."""
        self._fetching[partition] = False

    def resume(self, partition: int) -> None:
        """Go on with a partition."""
        self._fetching[partition] = True

    def settled(self, partition: int, offset: int) -> None:
        """Everything before `offset` is done, and need not come again; a failure to say so is only logged."""
        self._settled[partition] = offset

    def commits(self) -> tuple[int, int]:
        """By how many offsets the group went on since this was last asked, and how often it could not be said."""
        told, self._committed, self._uncommitted = (self._committed, self._uncommitted), 0, 0
        return told

    async def lags(self) -> list[int]:
        """How many offsets each partition that is read has before it, of those of which that is known by now."""
        return list(await self._asked(self._measured))

    async def oldest(self, partition: int) -> int:
        """The offset of the oldest record that has not expired."""
        low, _ = await self._asked(self._consumer.get_watermark_offsets, self._at(partition), _ASK_SECONDS)
        return int(low)

    async def produce(self, topic: str, value: bytes) -> None:
        """Write a record to another topic, and return when it is there."""
        told = self._loop.create_future()

        def delivered(error: Any, message: Any) -> None:
            self._loop.call_soon_threadsafe(told.set_result, error)

        def send() -> None:
            if self._producer is None:
                common = {name: self._config[name] for name in self._config if not name.startswith(_OF_CONSUMERS)}
                self._producer = self._kafka.Producer(common, logger=_LOG)
            self._producer.produce(topic, value=value, on_delivery=delivered)
            self._producer.flush(_ASK_SECONDS)

        try:
            await asyncio.to_thread(send)
        except self._kafka.KafkaException as error:
            raise self._told(error.args[0]) from None
        if not told.done() or told.result() is not None:
            raise ClusterError(f"{topic} did not take the record", NO_CONNECTION)

    def _round(self) -> list[Any]:
        """On the thread: do what is wanted, and wait for records."""
        for partition, on in self._taken(self._fetching).items():
            (self._consumer.resume if on else self._consumer.pause)([self._at(partition)])
            (self._paused.discard if on else self._paused.add)(partition)
        self._commit()
        first = self._consumer.poll(self._wait_seconds)
        return [] if first is None else [first, *self._consumer.consume(AT_ONCE - 1, 0)]

    def _commit(self) -> None:
        settled = self._taken(self._settled)
        if not settled:
            return
        try:
            offsets = [self._at(partition, offset) for partition, offset in settled.items()]
            self._consumer.commit(offsets=offsets, asynchronous=False)
            for partition, offset in settled.items():
                self._committed += max(0, offset - self._done.get(partition, offset))
                self._done[partition] = offset
        except self._kafka.KafkaException as error:
            self._uncommitted += 1
            _LOG.warning("%s could not commit: %s", self._mapping.uuid, error.args[0])

    def _measured(self) -> list[int]:
        """What fetches tell of a partition's end is enough, but for those that are not fetched now."""
        found = []
        for partition, done in self._done.items():
            asked = {"timeout": _ASK_SECONDS} if partition in self._paused else {"cached": True}
            _, end = self._consumer.get_watermark_offsets(self._at(partition), **asked)
            if end >= 0:
                found.append(max(0, end - done))
        return found

    def _close(self) -> None:
        self._commit()
        self._consumer.close()

    @staticmethod
    def _taken(wanted: dict[int, Any]) -> dict[int, Any]:
        """What the event loop has put there meanwhile; it may go on to do so."""
        return {partition: wanted.pop(partition) for partition in list(wanted)}

    def _open(self) -> None:
        self._consumer = self._kafka.Consumer({**self._config, "error_cb": self._complain}, logger=_LOG)
        self._consumer.subscribe(
            [self._mapping.topic], on_assign=self._assign, on_revoke=self._revoke, on_lost=self._drop
        )

    def _complain(self, error: Any) -> None:
        """librdkafka goes on by itself after most errors, but not when nobody lets it in."""
        told = self._told(error)
        _LOG.warning("%s: %s", self._mapping.uuid, told)
        if error.code() in (self._kafka.KafkaError._AUTHENTICATION, self._kafka.KafkaError._SSL) or error.fatal():
            self._failure = told

    def _assign(self, consumer: Any, partitions: list[Any]) -> None:
        """Begin where the group stands; where it never stood, at the mapping's starting position, from then on."""
        unread = [each for each in consumer.committed(partitions, _ASK_SECONDS) if each.offset < 0]
        if unread:
            begun = self._beginnings(consumer, unread)
            consumer.commit(offsets=begun, asynchronous=False)
        found = consumer.committed(partitions, _ASK_SECONDS)
        consumer.assign([self._at(each.partition, each.offset) for each in found])
        self._done, self._paused = {each.partition: each.offset for each in found}, set()
        self._loop.call_soon_threadsafe(self._gained, [each.partition for each in found])

    def _revoke(self, consumer: Any, partitions: list[Any]) -> None:
        self._commit()
        self._drop(consumer, partitions)

    def _drop(self, consumer: Any, partitions: list[Any]) -> None:
        for each in partitions:
            self._done.pop(each.partition, None)
        self._loop.call_soon_threadsafe(self._lost, [each.partition for each in partitions])

    def _beginnings(self, consumer: Any, partitions: list[Any]) -> list[Any]:
        options = self._mapping.options
        position, begun = options.get("StartingPosition"), []
        times: dict[int, int] = {}
        if position == "AT_TIMESTAMP":
            at = int(options["StartingPositionTimestamp"] * 1000)
            asked = [self._at(each.partition, at) for each in partitions]
            times = {each.partition: each.offset for each in consumer.offsets_for_times(asked, _ASK_SECONDS)}
        for each in partitions:
            low, high = consumer.get_watermark_offsets(self._at(each.partition), _ASK_SECONDS)
            start = low if position == "TRIM_HORIZON" else times.get(each.partition, -1)
            begun.append(self._at(each.partition, start if start >= 0 else high))
        return begun

    def _record(self, message: Any) -> KafkaRecord:
        kind, at = message.timestamp()
        appended = kind == self._kafka.TIMESTAMP_LOG_APPEND_TIME
        return KafkaRecord(
            message.topic(),
            message.partition(),
            message.offset(),
            at,
            "LOG_APPEND_TIME" if appended else "CREATE_TIME",
            message.key(),
            message.value(),
            tuple(message.headers() or ()),
        )

    def _at(self, partition: int, offset: int | None = None) -> Any:
        place = (self._mapping.topic, partition) + (() if offset is None else (offset,))
        return self._kafka.TopicPartition(*place)

    async def _asked(self, call: Callable[..., Any], *args: Any) -> Any:
        try:
            return await self._loop.run_in_executor(self._thread, call, *args)
        except self._kafka.KafkaException as error:
            raise self._told(error.args[0]) from None

    def _told(self, error: Any) -> ClusterError:
        kinds = self._kafka.KafkaError
        result = NO_CONNECTION
        if error.code() in (kinds._AUTHENTICATION, kinds.SASL_AUTHENTICATION_FAILED):
            result = "PROBLEM: SASL authentication failed."
        elif error.code() == kinds._INVALID_ARG and ".pem" in str(error):
            result = "PROBLEM: Certificate and/or private key must be in PEM format."
        elif error.code() == kinds._SSL:
            result = "PROBLEM: Lambda failed to authenticate server."
        elif error.code() in (kinds.TOPIC_AUTHORIZATION_FAILED, kinds.GROUP_AUTHORIZATION_FAILED):
            result = "PROBLEM: Cluster failed to authorize Lambda."
        elif error.code() == kinds.UNKNOWN_TOPIC_OR_PART:
            result = "PROBLEM: The topic does not exist."
        return ClusterError(str(error), result)


_OF_CONSUMERS = ("group.", "enable.auto.", "auto.offset.", "queued.")
