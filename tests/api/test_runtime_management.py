"""Runtime management through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT_ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
Create = Callable[..., dict[str, Any]]


def refused(call: Callable[..., Any], **params: Any) -> tuple[int, str, str]:
    """Status, code and text of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def test_a_life(aws: Any, create: Create, name: str) -> None:
    build = create(name)["RuntimeVersionConfig"]["RuntimeVersionArn"]
    assert build.startswith("arn:aws:lambda:us-east-1::runtime:")
    shown = aws.get_runtime_management_config(FunctionName=name)
    assert (shown["UpdateRuntimeOn"], shown["FunctionArn"]) == ("Auto", f"{ACCOUNT_ARN}{name}:$LATEST")
    assert "RuntimeVersionArn" not in shown
    put = aws.put_runtime_management_config(FunctionName=name, UpdateRuntimeOn="Manual", RuntimeVersionArn=build)
    assert (put["UpdateRuntimeOn"], put["RuntimeVersionArn"]) == ("Manual", build)
    assert aws.get_runtime_management_config(FunctionName=name, Qualifier="$LATEST")["RuntimeVersionArn"] == build
    assert aws.invoke(FunctionName=name)["StatusCode"] == 200
    put = aws.put_runtime_management_config(FunctionName=name, UpdateRuntimeOn="FunctionUpdate")
    assert "RuntimeVersionArn" not in put
    assert aws.invoke(FunctionName=name)["StatusCode"] == 200


def test_refusals(aws: Any, create: Create, name: str) -> None:
    create(name, Publish=True)
    aws.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert refused(aws.put_runtime_management_config, FunctionName=name, Qualifier="live", UpdateRuntimeOn="Auto") == (
        400,
        "InvalidParameterValueException",
        f"The provided function name {ACCOUNT_ARN}{name}:live is invalid. Aliases are not allowed.",
    )
    other = "arn:aws:lambda:us-east-1::runtime:" + "0" * 64
    assert refused(
        aws.put_runtime_management_config, FunctionName=name, UpdateRuntimeOn="Manual", RuntimeVersionArn=other
    ) == (
        400,
        "InvalidParameterValueException",
        f"The runtime version {other} is not on this machine. GetFunctionConfiguration tells which one is.",
    )
    assert refused(aws.get_runtime_management_config, FunctionName=f"{name}-nobody")[:2] == (
        404,
        "ResourceNotFoundException",
    )
