"""Whether a target will do."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.events.target_checks import checked
from tests.unit.services.events.conftest import DEAD, QUEUE, ROLE

LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f"


def made(**given: Any) -> Any:
    return checked({"Id": "t", "Arn": QUEUE} | given, lambda service: service != "logs")


def test_all_that_counts_is_taken_along() -> None:
    target = made(
        Arn=f"{QUEUE}.fifo",
        SqsParameters={"MessageGroupId": "g"},
        RoleArn=ROLE,
        InputTransformer={"InputPathsMap": {"s": "$.detail.s"}, "InputTemplate": '{"s": <s>}'},
        RetryPolicy={"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
        DeadLetterConfig={"Arn": DEAD},
    )
    assert (target.group, target.role, target.attempts, target.age, target.dead_letters) == ("g", ROLE, 0, 60, DEAD)
    assert (target.template, target.variables) == ('{"s": <s>}', {"s": "$.detail.s"})


def test_an_empty_input_is_none() -> None:
    target = made(Input="", InputPath="$.detail")
    assert (target.input, target.path) == (None, "$.detail")


@pytest.mark.parametrize(
    "arn",
    [
        LAMBDA,
        f"{LAMBDA}:live",
        "arn:aws:sns:us-east-1:000000000000:t",
        "arn:aws:events:eu-west-1:111111111111:event-bus/b",
    ],
)
def test_kinds_that_are_served(arn: str) -> None:
    assert made(Arn=arn).arn == arn


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"Arn": "q"}, "Parameter Arn is not valid. Reason: Provided Arn is not in correct format."),
        (
            {"Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:m"},
            "The target arn:aws:states:us-east-1:000000000000:stateMachine:m is not supported by Lambent: rules send to"
            " lambda, sqs, sns, events, logs, not to states.",
        ),
        (
            {"Arn": "arn:aws:events:us-east-1:000000000000:api-destination/d/1"},
            "The target arn:aws:events:us-east-1:000000000000:api-destination/d/1 is not supported by Lambent: there"
            " are no API destinations and global endpoints.",
        ),
        (
            {"Arn": "arn:aws:logs:us-east-1:000000000000:log-group:/g"},
            "The target arn:aws:logs:us-east-1:000000000000:log-group:/g is not supported by Lambent: there is no"
            " service logs, neither here nor at an endpoint.",
        ),
        ({"Arn": f"{QUEUE}.fifo"}, "Parameter(s) SqsParameters must be specified for target: t."),
        ({"SqsParameters": {"MessageGroupId": "g"}}, "Parameter(s) MessageGroupId is not valid for target: t."),
        (
            {"KinesisParameters": {"PartitionKeyPath": "$"}},
            "KinesisParameters is not supported by Lambent: there are no streams of Kinesis.",
        ),
        (
            {"Input": "{}", "InputPath": "$"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
        ),
        ({"Input": "{"}, "JSON syntax error in input for target t."),
        ({"InputPath": "detail"}, "Invalid InputPath for target t: detail."),
        (
            {"InputTransformer": {"InputPathsMap": {"a": "$["}, "InputTemplate": "<a>"}},
            "Invalid InputPath for target t: $[.",
        ),
        (
            {"InputTransformer": {"InputTemplate": '"<b>"'}},
            "InputTemplate for target t contains invalid placeholder b.",
        ),
        (
            {"InputTransformer": {"InputPathsMap": {"aws.x": "$"}, "InputTemplate": "<aws.x>"}},
            "InputPathsMap for target t contains reserved name aws.x.",
        ),
        (
            {"InputTransformer": {"InputTemplate": '{"a": <aws.events.rule-arn>'}},
            "Invalid InputTemplate for target t.",
        ),
        (
            {"DeadLetterConfig": {"Arn": LAMBDA}},
            "Parameter DeadLetterConfig.Arn is not valid. Reason: It must be the ARN of a standard queue of SQS.",
        ),
        ({"RoleArn": "r"}, "Parameter RoleArn is not valid. Reason: Provided role is not an ARN of IAM."),
    ],
)
def test_refusals(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ApiError) as refused:
        made(**given)
    assert (refused.value.code, refused.value.message) == ("ValidationException", text)
