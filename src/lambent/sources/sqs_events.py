"""Messages of a queue as records of an event, and what the function says of them. Pure.

Events are to the letter what Lambda sends; sizes in bytes of JSON.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence, Set
from typing import Any

import msgspec

from lambent.model.event_source import EventSourceMapping

EVENT_BYTES = 6 * 1024 * 1024
"""What an event may hold."""

_FRAME_BYTES = len(b'{"Records":[]}')

Message = Mapping[str, Any]
"""A member of ReceiveMessage's `Messages`."""


class Batch:
    """Messages on their way to one event: as many as fit."""

    def __init__(self, mapping: EventSourceMapping) -> None:
        self._mapping = mapping
        self._bytes = _FRAME_BYTES
        self._records: list[bytes] = []
        self.messages: list[Message] = []

    @property
    def room(self) -> int:
        """How many more messages it may take."""
        return self._mapping.batch_size - len(self.messages)

    def add(self, message: Message) -> bool:
        """Take a message, if the event can hold it; the first always."""
        encoded = msgspec.json.encode(record(self._mapping, message))
        if self._records and self._bytes + len(encoded) + 1 > EVENT_BYTES:
            return False
        self._bytes += len(encoded) + 1
        self._records.append(encoded)
        self.messages.append(message)
        return True

    @property
    def event(self) -> bytes:
        """The event."""
        return b'{"Records":[' + b",".join(self._records) + b"]}"


def record(mapping: EventSourceMapping, message: Message) -> dict[str, Any]:
    """One message as the function sees it."""
    made: dict[str, Any] = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message.get("Body", ""),
        "attributes": dict(message.get("Attributes") or {}),
        "messageAttributes": {
            name: _attribute(value) for name, value in (message.get("MessageAttributes") or {}).items()
        },
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source_arn,
        "awsRegion": mapping.region,
    }
    if "MD5OfMessageAttributes" in message:
        made["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return made


def failed(payload: bytes, sent: Sequence[str]) -> Set[str]:
    """Which of the messages (ids) that were sent a function with ReportBatchItemFailures says have failed.

    None at all for an empty answer; all of them for an answer that cannot be understood.
    """
    everything = frozenset(sent)
    try:
        answer = msgspec.json.decode(payload) if payload else None
    except (msgspec.DecodeError, RecursionError):
        return everything
    if answer is None or answer == {}:
        return frozenset()
    if not isinstance(answer, dict) or "batchItemFailures" not in answer:
        return everything
    items = answer["batchItemFailures"]
    if items is None:
        return frozenset()
    if not isinstance(items, list):
        return everything
    named = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
    if not all(isinstance(name, str) and name in everything for name in named):
        return everything
    return everything.intersection(named)


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if "StringValue" in value:
        made["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        made["binaryValue"] = b64encode(value["BinaryValue"]).decode()
    return made | {"stringListValues": [], "binaryListValues": [], "dataType": value.get("DataType", "String")}
