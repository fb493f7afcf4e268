"""Aliases through boto3: their life, their refusals, and who answers behind them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT_ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
Create = Callable[..., dict[str, Any]]
SOON = {"Delay": 0.05, "MaxAttempts": 200}


@pytest.fixture
def function(aws: Any, create: Create, name: str, zipped: Callable[..., bytes]) -> str:
    """A function that tells its version, with versions 1 and 2."""
    create(name, "def handler(e, c): return [c.function_version, c.invoked_function_arn]", Publish=True)
    code = zipped("def handler(e, c): return [c.function_version, c.invoked_function_arn] # again")
    aws.update_function_code(FunctionName=name, ZipFile=code, Publish=True)
    aws.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="2", WaiterConfig=SOON)
    return name


def refused(call: Callable[..., Any], **params: Any) -> tuple[int, str, str]:
    """Status, code and text of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def test_a_life(aws: Any, function: str) -> None:
    made = aws.create_alias(FunctionName=function, Name="live", FunctionVersion="1", Description="d")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["AliasArn"] == f"{ACCOUNT_ARN}{function}:live"
    answer = aws.invoke(FunctionName=f"{function}:live")
    assert answer["ExecutedVersion"] == "1"
    assert json.load(answer["Payload"]) == ["1", f"{ACCOUNT_ARN}{function}:live"]

    aws.update_alias(FunctionName=function, Name="live", FunctionVersion="2", RevisionId=made["RevisionId"])
    answer = aws.invoke(FunctionName=function, Qualifier="live")
    assert (answer["ExecutedVersion"], json.load(answer["Payload"])[0]) == ("2", "2")
    assert refused(
        aws.update_alias, FunctionName=function, Name="live", FunctionVersion="1", RevisionId=made["RevisionId"]
    ) == (
        412,
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve"
        " the latest Revision Id",
    )
    for waiter in ("function_active_v2", "function_exists", "function_updated_v2"):
        aws.get_waiter(waiter).wait(FunctionName=f"{function}:live", WaiterConfig=SOON)
    assert refused(aws.delete_function, FunctionName=function, Qualifier="2") == (
        409,
        "ResourceConflictException",
        "Unable to delete version because the following aliases reference it: [live]",
    )
    deleted = aws.delete_alias(FunctionName=function, Name="live")
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(aws.invoke, FunctionName=f"{function}:live") == (
        404,
        "ResourceNotFoundException",
        f"Function not found: {ACCOUNT_ARN}{function}:live",
    )


def test_two_versions_share_the_work(aws: Any, function: str) -> None:
    aws.create_alias(
        FunctionName=function,
        Name="both",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    answers = [aws.invoke(FunctionName=f"{function}:both") for _ in range(60)]
    executed = Counter(answer["ExecutedVersion"] for answer in answers)
    assert executed.keys() == {"1", "2"}
    assert [json.load(answer["Payload"])[0] for answer in answers] == [a["ExecutedVersion"] for a in answers]
    aws.update_alias(FunctionName=function, Name="both", RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}})
    assert {aws.invoke(FunctionName=f"{function}:both")["ExecutedVersion"] for _ in range(5)} == {"2"}
    shown = aws.get_alias(FunctionName=function, Name="both")
    assert shown["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 1.0}}


@pytest.mark.parametrize(
    ("params", "status", "code", "text"),
    [
        ({"Name": "7"}, 400, "ValidationException", "Member must satisfy regular expression pattern"),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"2": 2.0}}},
            400,
            "ValidationException",
            "1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy"
            " constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"$LATEST": 0.5}}},
            400,
            "ValidationException",
            "1 validation error detected: Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to"
            " satisfy constraint: Map keys must satisfy constraint: [",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1, "3": 0.1}}},
            400,
            "InvalidParameterValueException",
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ),
        ({"FunctionVersion": "9"}, 404, "ResourceNotFoundException", ":9"),
        ({"FunctionVersion": "live"}, 400, "ValidationException", "at 'functionVersion' failed to satisfy constraint"),
    ],
)
def test_refusals(aws: Any, function: str, params: dict[str, Any], status: int, code: str, text: str) -> None:
    found = refused(aws.create_alias, **({"FunctionName": function, "Name": "a", "FunctionVersion": "1"} | params))
    assert found[:2] == (status, code)
    assert text in found[2]
    assert aws.list_aliases(FunctionName=function)["Aliases"] == []


def test_pages(aws: Any, function: str) -> None:
    for number in range(5):
        aws.create_alias(FunctionName=function, Name=f"a{number}", FunctionVersion=str(number % 2 + 1))
    pages = aws.get_paginator("list_aliases").paginate(FunctionName=function, PaginationConfig={"PageSize": 2})
    assert [[alias["Name"] for alias in page["Aliases"]] for page in pages] == [["a0", "a1"], ["a2", "a3"], ["a4"]]
    of_one = aws.list_aliases(FunctionName=function, FunctionVersion="1")["Aliases"]
    assert [alias["Name"] for alias in of_one] == ["a0", "a2", "a4"]
