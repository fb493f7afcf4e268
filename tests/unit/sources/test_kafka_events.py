"""Records of a topic as events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.sources.kafka_events import EVENT_BYTES, KafkaBatch, KafkaRecord, batch_info, done, filtered, shown

CLUSTER = "arn:aws:kafka:us-east-1:000000000000:cluster/c/1"


def mapping(arn: str = "", **options: Any) -> EventSourceMapping:
    """A mapping of the topic `t`, of a cluster of MSK if it has an ARN."""
    return EventSourceMapping(
        "u1",
        "000000000000",
        "us-east-1",
        SourceKind.MSK if arn else SourceKind.KAFKA,
        "f",
        "",
        arn,
        True,
        MappingState.ENABLED,
        1.0,
        {"BatchSize": 2, "Topics": ["t"], "StartingPosition": "TRIM_HORIZON"} | options,
    )


def record(offset: int, value: bytes | None = b"{}", **more: Any) -> KafkaRecord:
    """A record of partition 0."""
    given: dict[str, Any] = {"timestamp": 1_545_084_650_987, "timestamp_type": "CREATE_TIME", "key": None} | more
    return KafkaRecord(topic="t", partition=0, offset=offset, value=value, **given)


def test_to_the_letter() -> None:
    batch = KafkaBatch(mapping(CLUSTER), "a:1,b:2")
    whole = record(15, b'{"key":"value"}', key=b"recordKey", headers=(("headerKey", b"h\xff"), ("none", None)))
    assert batch.add(whole)
    assert json.loads(batch.event(batch.records)) == {
        "eventSource": "aws:kafka",
        "eventSourceArn": CLUSTER,
        "bootstrapServers": "a:1,b:2",
        "records": {
            "t-0": [
                {
                    "topic": "t",
                    "partition": 0,
                    "offset": 15,
                    "timestamp": 1545084650987,
                    "timestampType": "CREATE_TIME",
                    "key": "cmVjb3JkS2V5",
                    "value": "eyJrZXkiOiJ2YWx1ZSJ9",
                    "headers": [{"headerKey": [104, -1]}, {"none": []}],
                }
            ]
        },
    }
    ours = json.loads(KafkaBatch(mapping(), "a:1").event([record(1, None)]))
    assert ours["eventSource"] == "SelfManagedKafka"
    assert "eventSourceArn" not in ours
    assert ours["records"]["t-0"][0]["value"] is None


def test_as_many_as_fit() -> None:
    batch = KafkaBatch(mapping(), "a:1")
    assert batch.add(record(1, b"x" * EVENT_BYTES))
    assert not batch.add(record(2))
    small = KafkaBatch(mapping(), "a:1")
    assert [small.add(record(number)) for number in range(3)] == [True, True, False]
    assert small.full


def test_filters_see_text() -> None:
    seen = filtered(record(1, b'{"a": 1}', key=b"k"))
    assert (seen["value"], seen["key"]) == ('{"a": 1}', "k")
    assert filtered(record(1, b"\xff"))["value"] is None
    assert shown(record(1, b"\xff"))["value"] == "/w=="


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ("", 3),
        ("{}", 3),
        ("null", 3),
        ('{"batchItemFailures": []}', 3),
        ('{"batchItemFailures": null}', 3),
        ('{"batchItemFailures": [{"itemIdentifier": {"partition": "t-0", "offset": 6}}]}', 1),
        (
            '{"batchItemFailures": [{"itemIdentifier": {"partition": "t-0", "offset": 7}},'
            ' {"itemIdentifier": {"partition": "t-0", "offset": 6}}]}',
            1,
        ),
        ('{"batchItemFailures": [{"itemIdentifier": {"partition": "t-0", "offset": 99}}]}', 0),
        ('{"batchItemFailures": [{"itemIdentifier": "t-0"}]}', 0),
        ('{"batchItemFailures": [{"itemIdentifier": {"partition": 0, "offset": 6}}]}', 0),
        ('{"batchItemFailures": [{"itemIdentifier": {"partition": "t-0", "offset": "6"}}]}', 0),
        ('{"batchItemFailures": "x"}', 0),
        ('{"failures": []}', 0),
        ("[]", 0),
        ("rubbish", 0),
    ],
)
def test_what_is_done(answer: str, count: int) -> None:
    assert done(answer.encode(), [record(5), record(6), record(7)]) == count


def test_what_a_failure_was_about() -> None:
    assert batch_info(mapping(CLUSTER), "a:1", [record(5), record(6)], 77) == {
        "KafkaBatchInfo": {
            "batchSize": 2,
            "eventSourceArn": CLUSTER,
            "bootstrapServers": "a:1",
            "payloadSize": 77,
            "recordInfo": {"offset": "5", "timestamp": "2018-12-17T22:10:50.987Z"},
        }
    }
    assert "eventSourceArn" not in batch_info(mapping(), "a:1", [record(5)], 1)["KafkaBatchInfo"]
