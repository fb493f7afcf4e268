"""Records of a Kafka topic as events, and what the function says of them. Pure.

Events are to the letter what Lambda sends; sizes in bytes of JSON.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lambent.model.event_source import EventSourceMapping, SourceKind
from lambent.sources.failure_records import stamp

EVENT_BYTES = 6 * 1024 * 1024
"""What an event may hold."""


class KafkaRecord(msgspec.Struct, frozen=True):
    """One record. `timestamp` in milliseconds since the epoch, set by whom `timestamp_type` says."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def written(self) -> float:
        """When, in seconds since the epoch."""
        return self.timestamp / 1000


def part(topic: str, partition: int) -> str:
    """What a partition is called in events."""
    return f"{topic}-{partition}"


def shown(record: KafkaRecord) -> dict[str, Any]:
    """A record as the function sees it: bytes in base64, those of headers as Java's signed numbers."""
    return _told(record, _encoded(record.key), _encoded(record.value))


def filtered(record: KafkaRecord) -> dict[str, Any]:
    """A record as filters see it: key and value as text. What is no text matches nothing."""
    return _told(record, _text(record.key), _text(record.value))


class KafkaBatch:
    """Records of one partition on their way to one event: as many as fit."""

    def __init__(self, mapping: EventSourceMapping, bootstrap_servers: str) -> None:
        head: dict[str, Any] = {"eventSource": "SelfManagedKafka"}
        if mapping.kind is SourceKind.MSK:
            head = {"eventSource": "aws:kafka", "eventSourceArn": mapping.source_arn}
        self._head = msgspec.json.encode(head | {"bootstrapServers": bootstrap_servers})[:-1]
        self._most = mapping.batch_size
        self._bytes = len(self._head)
        self.records: list[KafkaRecord] = []

    @property
    def full(self) -> bool:
        """Whether there is no room for more records."""
        return len(self.records) >= self._most

    def add(self, record: KafkaRecord) -> bool:
        """Take a record, if the event can hold it; the first always."""
        size = len(msgspec.json.encode(shown(record))) + 1
        if self.full or (self.records and self._bytes + size > EVENT_BYTES):
            return False
        self._bytes += size
        self.records.append(record)
        return True

    def event(self, records: Sequence[KafkaRecord]) -> bytes:
        """The event of some of the records."""
        first = records[0]
        body = msgspec.json.encode({part(first.topic, first.partition): [shown(each) for each in records]})
        return self._head + b',"records":' + body + b"}"


def done(payload: bytes, sent: Sequence[KafkaRecord]) -> int:
    """How many of the records, from the first, a function with ReportBatchItemFailures says are done.

    All for an empty answer; none for an answer that cannot be understood.
    """
    try:
        answer = msgspec.json.decode(payload) if payload else None
    except (msgspec.DecodeError, RecursionError):
        return 0
    if answer is None or answer == {}:
        return len(sent)
    if not isinstance(answer, dict) or "batchItemFailures" not in answer:
        return 0
    items = answer["batchItemFailures"]
    if items is None or items == []:
        return len(sent)
    places = {(part(each.topic, each.partition), each.offset): place for place, each in enumerate(sent)}
    named = [_identifier(item) for item in items] if isinstance(items, list) else [None]
    found = [places.get(name, 0) if name is not None else 0 for name in named]
    return min(found)


def batch_info(
    mapping: EventSourceMapping, bootstrap_servers: str, records: Sequence[KafkaRecord], size: int
) -> Mapping[str, Any]:
    """Which records a failure was about, for its destination; `size` is that of their event."""
    info: dict[str, Any] = {
        "batchSize": len(records),
        "bootstrapServers": bootstrap_servers,
        "payloadSize": size,
        "recordInfo": {"offset": str(records[0].offset), "timestamp": stamp(records[0].written)},
    }
    if mapping.source_arn:
        info["eventSourceArn"] = mapping.source_arn
    return {"KafkaBatchInfo": info}


def _told(record: KafkaRecord, key: Any, value: Any) -> dict[str, Any]:
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "timestampType": record.timestamp_type,
        "key": key,
        "value": value,
        "headers": [{name: _signed(content or b"")} for name, content in record.headers],
    }


def _identifier(item: Any) -> tuple[str, int] | None:
    name = item.get("itemIdentifier") if isinstance(item, dict) else None
    if not isinstance(name, dict) or not isinstance(name.get("partition"), str):
        return None
    offset = name.get("offset")
    return (name["partition"], offset) if isinstance(offset, int) else None


def _encoded(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()


def _text(content: bytes | None) -> str | None:
    try:
        return None if content is None else content.decode()
    except UnicodeDecodeError:
        return None


def _signed(content: bytes) -> list[int]:
    return [byte - 256 if byte > 127 else byte for byte in content]
