"""Messages of a RabbitMQ queue as events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.sources.rabbit_events import EVENT_BYTES, Delivery, RabbitBatch, filtered, shown

BROKER = "arn:aws:mq:us-east-1:000000000000:broker:b:b-1"


def mapping(**options: Any) -> EventSourceMapping:
    """A mapping of the queue `q`."""
    access = [{"Type": "BASIC_AUTH", "URI": "s"}]
    given = {"BatchSize": 2, "Queues": ["q"], "SourceAccessConfigurations": access} | options
    here = ("000000000000", "us-east-1")
    return EventSourceMapping("u1", *here, SourceKind.MQ, "f", "", BROKER, True, MappingState.ENABLED, 1.0, given)


def delivery(tag: int, body: bytes = b"{}", **properties: Any) -> Delivery:
    """A message."""
    return Delivery(tag, False, properties, body)


def test_to_the_letter() -> None:
    batch = RabbitBatch(mapping(), "/")
    headers = {"header1": "value1", "header2": "v\u00e9", "numberInHeader": 10}
    body = b'{"timeout":0,"data":"CZrmf0Gw8Ov4bqLQxD4E"}'
    given = {"content_type": "text/plain", "headers": headers, "delivery_mode": 1, "priority": 34}
    batch.add(delivery(1, body, **given, expiration="60000", timestamp=2021, user_id="AIDACKCEVSQ6C2EXAMPLE"))
    assert json.loads(batch.event) == {
        "eventSource": "aws:rmq",
        "eventSourceArn": BROKER,
        "rmqMessagesByQueue": {
            "q::/": [
                {
                    "basicProperties": {
                        "contentType": "text/plain",
                        "contentEncoding": None,
                        "headers": {
                            "header1": {"bytes": [118, 97, 108, 117, 101, 49]},
                            "header2": {"bytes": [118, -61, -87]},
                            "numberInHeader": 10,
                        },
                        "deliveryMode": 1,
                        "priority": 34,
                        "correlationId": None,
                        "replyTo": None,
                        "expiration": "60000",
                        "messageId": None,
                        "timestamp": "Jan 1, 1970, 12:33:41 AM",
                        "type": None,
                        "userId": "AIDACKCEVSQ6C2EXAMPLE",
                        "appId": None,
                        "clusterId": None,
                        "bodySize": 43,
                    },
                    "redelivered": False,
                    "data": "eyJ0aW1lb3V0IjowLCJkYXRhIjoiQ1pybWYwR3c4T3Y0YnFMUXhENEUifQ==",
                }
            ]
        },
    }


def test_headers_of_every_kind() -> None:
    at = datetime(2026, 3, 4, 15, 6, 7, tzinfo=UTC)
    given = {"t": at, "d": Decimal("1.5"), "b": True, "l": ["x", 1], "m": {"k": "v"}, "raw": b"\xff", "n": None}
    assert shown(delivery(1, headers=given))["basicProperties"]["headers"] == {
        "t": "Mar 4, 2026, 3:06:07 PM",
        "d": 1.5,
        "b": True,
        "l": [{"bytes": [120]}, 1],
        "m": {"k": {"bytes": [118]}},
        "raw": [-1],
        "n": None,
    }


def test_as_many_as_fit() -> None:
    batch = RabbitBatch(mapping(), "/")
    assert batch.add(delivery(1, b"x" * EVENT_BYTES))
    assert not batch.add(delivery(2))
    small = RabbitBatch(mapping(), "/")
    assert [small.add(delivery(number)) for number in range(3)] == [True, True, False]
    assert (small.full, small.tags) == (True, [0, 1])


def test_filters_see_text() -> None:
    assert filtered(delivery(1, b'{"a": 1}'))["data"] == '{"a": 1}'
    assert filtered(delivery(1, b"\xff"))["data"] is None
