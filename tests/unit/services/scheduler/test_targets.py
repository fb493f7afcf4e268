from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.scheduler import targets

PLACE = "us-east-1:000000000000"
UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"
SERVED = {"lambda", "sqs", "sns", "events", "kms", "iam"}


def refusal(**target: Any) -> str:
    with pytest.raises(ApiError) as raised:
        targets.check(target, SERVED.__contains__)
    assert raised.value.code == "ValidationException"
    return raised.value.message


@pytest.mark.parametrize(
    "arn", ["queue", "arn:aws:sqs", "arn:aws:s3:::bucket", "arn:aws:sqs:::work", "arn:aws:sqs:a:b:"]
)
def test_no_target(arn: str) -> None:
    assert refusal(Arn=arn) == "Provided Arn is not in correct format."


def test_a_service_that_is_not_served() -> None:
    with pytest.raises(ApiError, match="there is no service sns to call"):
        targets.check({"Arn": f"arn:aws:sns:{PLACE}:news"}, lambda service: False)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({"Arn": f"arn:aws:events:{PLACE}:event-bus/b"}, "EventBridgeParameters is required for this target."),
        ({"Arn": f"arn:aws:sqs:{PLACE}:q.fifo"}, "SqsParameters.MessageGroupId is required for this target."),
        (
            {"Arn": f"arn:aws:sns:{PLACE}:t", "SqsParameters": {"MessageGroupId": "g"}},
            "SqsParameters is not supported for this target.",
        ),
        (
            {"Arn": f"arn:aws:sqs:{PLACE}:q", "Input": "x" * 262_145},
            "Invalid RequestJson provided. Reason: the input is larger than 262144 bytes",
        ),
        (
            {"Arn": UNIVERSAL + "sqs:sendMassage"},
            f"{UNIVERSAL}sqs:sendMassage does not name an API action of an AWS service.",
        ),
        ({"Arn": UNIVERSAL + "sqz:send"}, f"{UNIVERSAL}sqz:send does not name an API action of an AWS service."),
        (
            {"Arn": UNIVERSAL + "sqs:receiveMessage"},
            f"{UNIVERSAL}sqs:receiveMessage is a read-only API action, which a schedule cannot call.",
        ),
        (
            {"Arn": UNIVERSAL + "sfn:startExecution", "Input": "{}"},
            f"The target {UNIVERSAL}sfn:startExecution is not supported by Lambent: there is no service stepfunctions"
            " to call.",
        ),
        (
            {"Arn": UNIVERSAL + "sqs:sendMessage", "Input": "[]"},
            "Invalid RequestJson provided. Reason: it is no JSON object",
        ),
        (
            {"Arn": UNIVERSAL + "sqs:sendMessage", "Input": "{"},
            "Invalid RequestJson provided. Reason: it is not JSON",
        ),
        (
            {"Arn": UNIVERSAL + "sqs:sendMessage", "Input": '{"Body": "x"}'},
            "Invalid RequestJson provided. Reason: SendMessageRequest has no member Body",
        ),
        (
            {"Arn": UNIVERSAL + "sqs:sendMessage", "Input": '{"MessageBody": 1}'},
            "Invalid RequestJson provided. Reason: a string was expected for String",
        ),
    ],
)
def test_what_is_refused(target: dict[str, Any], text: str) -> None:
    assert refusal(**target) == text


def test_the_model_is_held_against_an_input() -> None:
    text = refusal(Arn=UNIVERSAL + "sqs:sendMessage", Input='{"MessageBody": "x"}')
    assert "Value null at 'queueUrl' failed to satisfy constraint: Member must not be null" in text


def test_parameters_of_every_type() -> None:
    given = {"functionName": "work", "Payload": '{"a": 1}', "InvocationType": "Event"}
    service, operation, params = targets.call(UNIVERSAL + "lambda:invoke", json.dumps(given))
    assert (service, operation.name) == ("lambda", "Invoke")
    assert params == {"FunctionName": "work", "Payload": b'{"a": 1}', "InvocationType": "Event"}
    entry = {"Source": "s", "DetailType": "t", "Detail": "{}", "Time": "2026-11-28T12:00:00Z", "Resources": ["r"]}
    _, _, params = targets.call(UNIVERSAL + "eventbridge:putEvents", json.dumps({"Entries": [entry]}))
    assert params["Entries"][0]["Time"] == datetime(2026, 11, 28, 12, tzinfo=UTC)
    attribute = {"DataType": "String", "StringValue": "v"}
    given = {"QueueUrl": "q", "MessageBody": "b", "DelaySeconds": 5, "MessageAttributes": {"a": attribute}}
    _, _, params = targets.call(UNIVERSAL + "sqs:sendMessage", json.dumps(given))
    assert params == given
    with pytest.raises(ApiError, match="tomorrow is no timestamp"):
        targets.call(UNIVERSAL + "eventbridge:putEvents", json.dumps({"Entries": [entry | {"Time": "tomorrow"}]}))
