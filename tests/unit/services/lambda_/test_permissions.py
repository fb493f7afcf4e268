"""AddPermission, RemovePermission, GetPolicy."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
S3 = {"StatementId": "s3", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}


@pytest.fixture
async def world(world: World) -> World:
    """With a function `f`, version 1 of it and an alias `live`."""
    await world.create()
    await world.settled()
    await world.call("PublishVersion", FunctionName="f")
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    return world


async def statement(world: World, **params: Any) -> Any:
    made = await world.call("AddPermission", **({"FunctionName": "f"} | S3 | params))
    return json.loads(made["Statement"])


async def test_a_life(world: World) -> None:
    first = await statement(world, SourceArn="arn:aws:s3:::bucket")
    assert first == {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": f"{ARN}f",
        "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}},
    }
    second = await statement(world, StatementId="account", Principal="111111111111")
    policy = await world.call("GetPolicy", FunctionName="f")
    assert json.loads(policy["Policy"]) == {"Version": "2012-10-17", "Id": "default", "Statement": [first, second]}
    assert policy["RevisionId"] == (await world.settled())["RevisionId"]
    await world.call("RemovePermission", FunctionName="f", StatementId="s3", RevisionId=policy["RevisionId"])
    left = await world.call("GetPolicy", FunctionName="f")
    assert json.loads(left["Policy"])["Statement"] == [second]
    await world.call("RemovePermission", FunctionName="f", StatementId="account")
    gone = ("ResourceNotFoundException", "The resource you requested does not exist.")
    assert await world.refused("GetPolicy", FunctionName="f") == gone


@pytest.mark.parametrize(
    ("params", "condition"),
    [
        ({}, None),
        ({"SourceAccount": "111111111111"}, {"StringEquals": {"AWS:SourceAccount": "111111111111"}}),
        ({"PrincipalOrgID": "o-1234567890"}, {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}),
        ({"EventSourceToken": "amzn1.ask.skill.x"}, {"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill.x"}}),
        ({"InvokedViaFunctionUrl": True}, {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
        (
            {
                "Action": "lambda:InvokeFunctionUrl",
                "FunctionUrlAuthType": "NONE",
                "PrincipalOrgID": "o-1234567890",
                "SourceAccount": "111111111111",
                "SourceArn": "arn:aws:s3:::b",
            },
            {
                "StringEquals": {
                    "lambda:FunctionUrlAuthType": "NONE",
                    "aws:PrincipalOrgID": "o-1234567890",
                    "AWS:SourceAccount": "111111111111",
                },
                "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
            },
        ),
    ],
)
async def test_conditions(world: World, params: dict[str, Any], condition: Any) -> None:
    made = await statement(world, Principal="*", **params)
    assert made["Principal"] == "*"
    assert made.get("Condition") == condition
    assert condition is None or json.dumps(made["Condition"]) == json.dumps(condition)


async def test_every_resource_has_a_policy_of_its_own(world: World) -> None:
    for qualifier in ("1", "live"):
        made = await statement(world, Qualifier=qualifier)
        assert made["Resource"] == f"{ARN}f:{qualifier}"
        assert (
            len(json.loads((await world.call("GetPolicy", FunctionName=f"f:{qualifier}"))["Policy"])["Statement"]) == 1
        )
    refusal = await world.refused("GetPolicy", FunctionName="f")
    assert refusal == ("ResourceNotFoundException", "The resource you requested does not exist.")
    alias = await world.call("GetAlias", FunctionName="f", Name="live")
    assert (await world.call("GetPolicy", FunctionName="f:live"))["RevisionId"] == alias["RevisionId"]


@pytest.mark.parametrize(
    ("operation", "params", "code", "text"),
    [
        (
            "AddPermission",
            S3 | {"Qualifier": "$LATEST"},
            "InvalidParameterValueException",
            "We currently do not support adding policies for $LATEST.",
        ),
        ("AddPermission", S3 | {"Qualifier": "9"}, "ResourceNotFoundException", f"Function not found: {ARN}f:9"),
        ("AddPermission", S3 | {"Qualifier": "no"}, "ResourceNotFoundException", f"Cannot find alias arn: {ARN}f:no"),
        (
            "AddPermission",
            S3 | {"FunctionName": "nobody"},
            "ResourceNotFoundException",
            f"Function not found: {ARN}nobody",
        ),
        (
            "AddPermission",
            S3 | {"Principal": "nobody"},
            "InvalidParameterValueException",
            "The provided principal was invalid. Please check the principal and try again.",
        ),
        (
            "AddPermission",
            S3 | {"FunctionUrlAuthType": "NONE"},
            "InvalidParameterValueException",
            "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
        ),
        (
            "AddPermission",
            S3 | {"Action": "lambda:InvokeFunctionUrl", "InvokedViaFunctionUrl": True},
            "InvalidParameterValueException",
            "InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action",
        ),
        (
            "AddPermission",
            S3 | {"RevisionId": "00000000-0000-0000-0000-000000000000"},
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to"
            " retrieve the latest Revision Id",
        ),
        (
            "RemovePermission",
            {"StatementId": "s"},
            "ResourceNotFoundException",
            "No policy is associated with the given resource.",
        ),
        (
            "RemovePermission",
            {"StatementId": "s", "FunctionName": "nobody"},
            "ResourceNotFoundException",
            f"No policy found for: {ARN}nobody",
        ),
        ("GetPolicy", {"FunctionName": "nobody"}, "ResourceNotFoundException", f"Function not found: {ARN}nobody"),
        ("GetPolicy", {"Qualifier": "9"}, "ResourceNotFoundException", "The resource you requested does not exist."),
        ("GetPolicy", {"Qualifier": "no"}, "ResourceNotFoundException", "The resource you requested does not exist."),
    ],
)
async def test_refusals(world: World, operation: str, params: dict[str, Any], code: str, text: str) -> None:
    assert await world.refused(operation, **({"FunctionName": "f"} | params)) == (code, text)


async def test_statements_that_are_there_and_that_are_not(world: World) -> None:
    await statement(world)
    assert (await world.refused("AddPermission", FunctionName="f", **S3))[0] == "ResourceConflictException"
    refusal = await world.refused("RemovePermission", FunctionName="f", StatementId="s9")
    assert refusal == ("ResourceNotFoundException", "Statement s9 is not found in resource policy.")
    old = (await world.call("GetPolicy", FunctionName="f"))["RevisionId"]
    await statement(world, StatementId="other")
    refusal = await world.refused("RemovePermission", FunctionName="f", StatementId="s3", RevisionId=old)
    assert refusal[0] == "PreconditionFailedException"


async def test_many_at_once_all_stay(world: World) -> None:
    await asyncio.gather(*(statement(world, StatementId=f"s{number}") for number in range(10)))
    policy = await world.call("GetPolicy", FunctionName="f")
    assert {each["Sid"] for each in json.loads(policy["Policy"])["Statement"]} == {f"s{n}" for n in range(10)}
