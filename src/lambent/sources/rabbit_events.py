"""Messages of a RabbitMQ queue as events. Pure.

Events are to the letter what Lambda sends; sizes in bytes of JSON.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from lambent.model.event_source import EventSourceMapping

EVENT_BYTES = 6 * 1024 * 1024
"""What an event may hold."""

Header = Any
"""What AMQP's tables hold: texts, bytes, numbers, times, tables and lists."""


class Delivery(msgspec.Struct, frozen=True):
    """One message as the broker gave it. `properties` by AMQP's names (`content_type`); what is not there is not."""

    tag: int
    redelivered: bool
    properties: Mapping[str, Any]
    body: bytes


_PROPERTIES = {
    "content_type": "contentType",
    "content_encoding": "contentEncoding",
    "headers": "headers",
    "delivery_mode": "deliveryMode",
    "priority": "priority",
    "correlation_id": "correlationId",
    "reply_to": "replyTo",
    "expiration": "expiration",
    "message_id": "messageId",
    "timestamp": "timestamp",
    "type": "type",
    "user_id": "userId",
    "app_id": "appId",
    "cluster_id": "clusterId",
}


def shown(delivery: Delivery) -> dict[str, Any]:
    """A message as the function sees it."""
    return _told(delivery, b64encode(delivery.body).decode())


def filtered(delivery: Delivery) -> dict[str, Any]:
    """A message as filters see it: its data as text. What is no text matches nothing."""
    try:
        return _told(delivery, delivery.body.decode())
    except UnicodeDecodeError:
        return _told(delivery, None)


class RabbitBatch:
    """Messages on their way to one event: as many as fit."""

    def __init__(self, mapping: EventSourceMapping, virtual_host: str) -> None:
        self._most = mapping.batch_size
        head = {"eventSource": "aws:rmq", "eventSourceArn": mapping.source_arn}
        queue = msgspec.json.encode(f"{mapping.queue}::{virtual_host}")
        self._head = msgspec.json.encode(head)[:-1] + b',"rmqMessagesByQueue":{' + queue + b":["
        self._bytes = len(self._head) + len(b"]}}")
        self._messages: list[bytes] = []
        self.tags: list[int] = []

    @property
    def full(self) -> bool:
        """Whether there is no room for more messages."""
        return len(self.tags) >= self._most

    def add(self, delivery: Delivery) -> bool:
        """Take a message, if the event can hold it; the first always."""
        encoded = msgspec.json.encode(shown(delivery))
        if self.full or (self.tags and self._bytes + len(encoded) + 1 > EVENT_BYTES):
            return False
        self._bytes += len(encoded) + 1
        self._messages.append(encoded)
        self.tags.append(delivery.tag)
        return True

    @property
    def event(self) -> bytes:
        """The event."""
        return self._head + b",".join(self._messages) + b"]}}"


def _told(delivery: Delivery, data: str | None) -> dict[str, Any]:
    given = delivery.properties
    basic = {told: _plain(given.get(name)) for name, told in _PROPERTIES.items()}
    if isinstance(at := given.get("timestamp"), int):
        basic["timestamp"] = _java(datetime.fromtimestamp(at, UTC))
    if given.get("headers") is not None:
        basic["headers"] = {name: _header(value) for name, value in given["headers"].items()}
    basic["bodySize"] = len(delivery.body)
    return {"basicProperties": basic, "redelivered": delivery.redelivered, "data": data}


def _header(value: Header) -> Any:
    """Headers stay what they are, but for texts, which are shown as bytes."""
    if isinstance(value, str):
        return {"bytes": _signed(value.encode())}
    if isinstance(value, bytes | bytearray):
        return _signed(bytes(value))
    if isinstance(value, Mapping):
        return {name: _header(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_header(each) for each in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _java(value if value.tzinfo else value.replace(tzinfo=UTC))
    return float(value) if isinstance(value, Decimal) else value


def _java(at: datetime) -> str:
    """As Java writes it: `Jan 1, 1970, 12:33:41 AM`."""
    half = at.astimezone(UTC)
    return f"{half:%b} {half.day}, {half.year}, {half.hour % 12 or 12}:{half:%M:%S %p}"


def _signed(content: bytes) -> list[int]:
    return [byte - 256 if byte > 127 else byte for byte in content]
