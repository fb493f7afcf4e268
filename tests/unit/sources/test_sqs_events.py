"""Events of queues, and answers of functions that name what failed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.sources.sqs_events import EVENT_BYTES, Batch, failed, record

ARN = "arn:aws:sqs:us-east-1:000000000000:q"
MAPPING = EventSourceMapping(
    "u", "000000000000", "us-east-1", SourceKind.SQS, "f", "", ARN, True, MappingState.ENABLED, 1.0, {"BatchSize": 3}
)
MESSAGE = {
    "MessageId": "m",
    "ReceiptHandle": "r",
    "Body": "b",
    "MD5OfBody": "5",
    "MD5OfMessageAttributes": "6",
    "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1"},
    "MessageAttributes": {
        "text": {"DataType": "String", "StringValue": "t"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00"},
    },
}


def test_to_the_letter() -> None:
    lists: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
    assert record(MAPPING, MESSAGE) == {
        "messageId": "m",
        "receiptHandle": "r",
        "body": "b",
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1"},
        "messageAttributes": {
            "text": {"stringValue": "t", "dataType": "String"} | lists,
            "bytes": {"binaryValue": "AA==", "dataType": "Binary"} | lists,
        },
        "md5OfBody": "5",
        "md5OfMessageAttributes": "6",
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN,
        "awsRegion": "us-east-1",
    }
    bare = record(MAPPING, {"MessageId": "m", "ReceiptHandle": "r"})
    assert (bare["body"], bare["messageAttributes"], "md5OfMessageAttributes" in bare) == ("", {}, False)


def test_a_batch_is_an_event() -> None:
    batch = Batch(MAPPING)
    assert batch.room == 3
    assert batch.add(MESSAGE) and batch.add(MESSAGE)
    assert batch.room == 1
    assert json.loads(batch.event) == {"Records": [record(MAPPING, MESSAGE)] * 2}


def test_an_event_holds_six_megabytes_and_one_message_in_any_case() -> None:
    large = MESSAGE | {"Body": "x" * (EVENT_BYTES // 2 - 1000)}
    batch = Batch(MAPPING)
    assert batch.add(large) and batch.add(large)
    assert not batch.add(large)
    assert len(batch.event) <= EVENT_BYTES
    assert Batch(MAPPING).add(MESSAGE | {"Body": "x" * EVENT_BYTES})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("", ""),
        ("null", ""),
        ("{}", ""),
        ('{"batchItemFailures": []}', ""),
        ('{"batchItemFailures": null}', ""),
        ('{"batchItemFailures": [{"itemIdentifier": "b"}]}', "b"),
        ('{"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "a"}]}', "ab"),
        ("{", "abc"),
        ('"done"', "abc"),
        ('{"failures": []}', "abc"),
        ('{"batchItemFailures": "b"}', "abc"),
        ('{"batchItemFailures": ["b"]}', "abc"),
        ('{"batchItemFailures": [{"itemIdentifier": ""}]}', "abc"),
        ('{"batchItemFailures": [{"itemIdentifier": null}]}', "abc"),
        ('{"batchItemFailures": [{"item": "b"}]}', "abc"),
        ('{"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "z"}]}', "abc"),
        ('{"batchItemFailures": [{"itemIdentifier": 5}]}', "abc"),
        ('{"batchItemFailures": [{"itemIdentifier": ["a"]}]}', "abc"),
    ],
)
def test_what_failed(answer: str, expected: str) -> None:
    assert failed(answer.encode(), "abc") == set(expected)
