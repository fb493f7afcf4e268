"""What the destination of failed records is told."""

from __future__ import annotations

import json

from lambent.sources.base import Outcome, Result
from lambent.sources.failure_records import record, s3_key
from tests.unit.sources.test_kafka_events import mapping


def test_to_the_letter() -> None:
    outcome = Outcome(Result.FAILED, b"", "r1", "7", "Unhandled")
    made = record(
        mapping(), "RetryAttemptsExhausted", 3, outcome, 1.5, {"KafkaBatchInfo": {"batchSize": 1}}, b'{"a":1}'
    )
    assert json.loads(made) == {
        "requestContext": {
            "requestId": "r1",
            "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "7", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "1970-01-01T00:00:01.500Z",
        "KafkaBatchInfo": {"batchSize": 1},
        "payload": '{"a":1}',
    }


def test_what_never_ran() -> None:
    made = json.loads(record(mapping(), "MaximumRecordAgeExceeded", 0, None, 1.5, {}, None))
    assert made.keys() == {"requestContext", "version", "timestamp"}


def test_a_place_in_a_bucket() -> None:
    assert s3_key(mapping(), "t-0", 0.0, "id") == "aws/lambda/u1/t-0/1970/01/01/1970-01-01T00.00.00-id"
