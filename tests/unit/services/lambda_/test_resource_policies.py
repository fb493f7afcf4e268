"""PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
GONE = ("ResourceNotFoundException", "The resource you requested does not exist.")


@pytest.fixture
async def world(world: World) -> World:
    """With a function `f`, version 1 of it and an alias `live`."""
    await world.create()
    await world.settled()
    await world.call("PublishVersion", FunctionName="f")
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    return world


def document(arn: str, sid: str = "mine") -> str:
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize("arn", [f"{ARN}f", f"{ARN}f:1", f"{ARN}f:live"])
async def test_a_life(world: World, arn: str) -> None:
    assert await world.refused("GetResourcePolicy", ResourceArn=arn) == GONE
    made = await world.call("PutResourcePolicy", ResourceArn=arn, Policy=document(arn))
    assert json.loads(made["Policy"]) == json.loads(document(arn))
    assert await world.call("GetResourcePolicy", ResourceArn=arn) == made
    assert (await world.call("GetPolicy", FunctionName=arn)) == made
    again = await world.call(
        "PutResourcePolicy", ResourceArn=arn, Policy=document(arn, "other"), RevisionId=made["RevisionId"]
    )
    assert [each["Sid"] for each in json.loads(again["Policy"])["Statement"]] == ["other"]
    for operation, more in (("PutResourcePolicy", {"Policy": document(arn)}), ("DeleteResourcePolicy", {})):
        refusal = await world.refused(operation, ResourceArn=arn, RevisionId=made["RevisionId"], **more)
        assert refusal[0] == "PreconditionFailedException"
    assert await world.call("DeleteResourcePolicy", ResourceArn=arn, RevisionId=again["RevisionId"]) == {}
    assert await world.call("DeleteResourcePolicy", ResourceArn=arn) == {}
    assert await world.refused("GetResourcePolicy", ResourceArn=arn) == GONE


async def test_it_replaces_every_permission(world: World) -> None:
    permission = {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    await world.call("AddPermission", StatementId="s3", **permission)
    await world.call("PutResourcePolicy", ResourceArn=f"{ARN}f", Policy=document(f"{ARN}f"))
    await world.call("AddPermission", StatementId="s4", **permission)
    policy = json.loads((await world.call("GetPolicy", FunctionName="f"))["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["mine", "s4"]


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"ResourceArn": f"{ARN}nobody"}, "ResourceNotFoundException", f"Function not found: {ARN}nobody"),
        ({"ResourceArn": f"{ARN}f:9"}, "ResourceNotFoundException", f"Function not found: {ARN}f:9"),
        (
            {"ResourceArn": f"{ARN}f:$LATEST"},
            "InvalidParameterValueException",
            "We currently do not support adding policies for $LATEST.",
        ),
        ({"ResourceArn": "arn:aws:lambda:us-east-1:000000000000:runtime/r"}, *GONE),
        ({"Policy": "{"}, "InvalidParameterValueException", "The provided policy is not valid: it is not JSON"),
        (
            {"Policy": document(f"{ARN}f").replace('{"Service": "events.amazonaws.com"}', '"*"')},
            "PublicPolicyException",
            "The resource-based policy you tried to add to the Lambda resource would grant public access to it, which"
            " isn't allowed.",
        ),
    ],
)
async def test_refusals(world: World, params: dict[str, Any], code: str, text: str) -> None:
    given = {"ResourceArn": f"{ARN}f", "Policy": document(f"{ARN}f")}
    assert await world.refused("PutResourcePolicy", **(given | params)) == (code, text)


async def test_others_do_not_reach_it(world: World) -> None:
    stranger = world.ctx(account="111111111111")
    refusal = await world.refused("GetResourcePolicy", stranger, ResourceArn=f"{ARN}f")
    assert refusal[0] == "AccessDeniedException"
