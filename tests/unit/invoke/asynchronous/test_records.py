"""Records, to the letter."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lambent.invoke.asynchronous.event import AsyncEvent, EventConfig
from lambent.invoke.asynchronous.records import Ending, deliveries, record, s3_key
from lambent.invoke.asynchronous.schedule import Condition
from lambent.model.invocation import InvocationResult
from tests.unit.gateway.test_credentials import FUNCTION

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
EVENT = AsyncEvent("r", "123456789012", "eu-west-1", "f", "live", b'{"a": 1}', 1.0, trace_id="Root=1")
RESULT = InvocationResult(b'{"errorMessage": "no"}', "1", "Unhandled", trace_id="Root=2")
BOTH = EventConfig(on_success="arn:s", on_failure="arn:f", dead_letters="arn:d")


def ending(condition: Condition = Condition.RETRIES, **more: Any) -> Ending:
    given = {"invoked": 3, "at": 1_790_000_000.568, "function": FUNCTION, "result": RESULT, "message": "no"} | more
    return Ending(condition, **given)


def test_a_failure() -> None:
    assert json.loads(record(EVENT, ending())) == {
        "version": "1.0",
        "timestamp": "2026-09-21T14:13:20.568Z",
        "requestContext": {
            "requestId": "r",
            "functionArn": f"{ARN}:live",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"a": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "no"},
    }


def test_a_success() -> None:
    told = json.loads(record(EVENT, ending(Condition.SUCCESS, result=InvocationResult(b'"ok"', "$LATEST"))))
    assert told["requestContext"]["condition"] == "Success"
    assert told["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert told["responsePayload"] == "ok"


def test_what_never_ran_has_no_response() -> None:
    told = json.loads(record(EVENT, ending(Condition.AGE, result=None, invoked=0)))
    assert set(told) == {"version", "timestamp", "requestContext", "requestPayload"}


@pytest.mark.parametrize(
    ("payload", "shown"), [(b"", None), (b"not json", "not json"), (b"\xff", "\ufffd"), (b"[" * 5000, "[" * 5000)]
)
def test_payloads_that_are_not_json(payload: bytes, shown: object) -> None:
    told = json.loads(record(msgspec.structs.replace(EVENT, payload=payload), ending()))
    assert told["requestPayload"] == shown


def test_a_failure_goes_to_both() -> None:
    destination, letter = deliveries(EVENT, ending(), BOTH)
    assert (destination.target, destination.dead_letter, destination.trace_id) == ("arn:f", False, "Root=2")
    assert destination.body == record(EVENT, ending())
    assert (letter.target, letter.dead_letter, letter.body) == ("arn:d", True, b'{"a": 1}')
    assert letter.attributes == {
        "RequestID": ("String", "r"),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "no"),
    }
    assert letter.function_arn == f"{ARN}:live"


def test_a_success_goes_to_its_destination_alone() -> None:
    (destination,) = deliveries(EVENT, ending(Condition.SUCCESS), BOTH)
    assert (destination.target, destination.succeeded) == ("arn:s", True)
    assert deliveries(EVENT, ending(Condition.SUCCESS), EventConfig(dead_letters="arn:d")) == []
    assert deliveries(EVENT, ending(), EventConfig()) == []


def test_error_messages_are_cut_at_a_kilobyte_between_characters() -> None:
    letter = deliveries(EVENT, ending(message="ü" * 1000), EventConfig(dead_letters="arn:d"))[0]
    assert letter.attributes["ErrorMessage"] == ("String", "ü" * 512)


def test_where_records_lie_in_a_bucket() -> None:
    assert s3_key("f", 1_790_000_000.5, "u") == "aws/lambda/async/f/2026/09/21/2026-09-21T14.13.20-u"
