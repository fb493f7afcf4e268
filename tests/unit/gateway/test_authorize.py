"""Root may do everything, a function may read and invoke."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.context import Principal
from lambent.gateway.authorize import authorize
from lambent.gateway.refusals import Refusal, Refused

ROOT = Principal("0" * 12, "arn:aws:iam::000000000000:root", "AKIA")
FUNCTION = Principal(
    "0" * 12, "arn:aws:sts::000000000000:assumed-role/r/f", "ASIA", "arn:aws:lambda:us-east-1:000000000000:function:f:1"
)
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.mark.parametrize("operation", ["CreateFunction", "Invoke", "DeleteFunction", "ListFunctions"])
def test_root(operation: str) -> None:
    authorize(ROOT, "lambda", operation, "us-east-1", {})


@pytest.mark.parametrize("operation", ["Invoke", "InvokeWithResponseStream", "GetFunction", "ListFunctions"])
def test_a_function_may(operation: str) -> None:
    authorize(FUNCTION, "lambda", operation, "us-east-1", {"FunctionName": "g"})


@pytest.mark.parametrize(
    ("service", "operation", "params", "action", "resource"),
    [
        ("lambda", "CreateFunction", {"FunctionName": "g"}, "lambda:CreateFunction", f"{ARN}g"),
        ("lambda", "DeleteFunction", {"FunctionName": f"{ARN}g"}, "lambda:DeleteFunction", f"{ARN}g"),
        (
            "lambda",
            "UpdateFunctionCode",
            {"FunctionName": "0" * 12 + ":function:g"},
            "lambda:UpdateFunctionCode",
            f"{ARN}g",
        ),
        ("lambda", "TagResource", {}, "lambda:TagResource", "*"),
        ("sqs", "GetQueueUrl", {"FunctionName": "g"}, "sqs:GetQueueUrl", "*"),
    ],
)
def test_a_function_may_not(service: str, operation: str, params: dict[str, Any], action: str, resource: str) -> None:
    with pytest.raises(Refused) as caught:
        authorize(FUNCTION, service, operation, "us-east-1", params)
    assert caught.value.refusal is Refusal.DENIED
    assert caught.value.message == (
        f"User: {FUNCTION.arn} is not authorized to perform: {action} on resource: {resource} because no identity-based"
        f" policy allows the {action} action"
    )
