"""The policies of secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.services.secretsmanager.conftest import World


def document(principal: Any, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "secretsmanager:*", "Resource": "*"} | more
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


OPEN = document("*")
CLOSED = document({"AWS": "arn:aws:iam::111111111111:root"})


async def test_a_life(world: World) -> None:
    await world.call("CreateSecret", Name="a")
    assert "ResourcePolicy" not in await world.call("GetResourcePolicy", SecretId="a")
    await world.call("PutResourcePolicy", SecretId="a", ResourcePolicy=CLOSED, BlockPublicPolicy=True)
    assert (await world.call("GetResourcePolicy", SecretId="a"))["ResourcePolicy"] == CLOSED
    await world.call("DeleteResourcePolicy", SecretId="a")
    assert "ResourcePolicy" not in await world.call("GetResourcePolicy", SecretId="a")


async def test_what_is_refused(world: World) -> None:
    await world.call("CreateSecret", Name="a")
    put = {"SecretId": "a", "ResourcePolicy": OPEN}
    assert (await world.refused("PutResourcePolicy", **put, BlockPublicPolicy=True))[0] == "PublicPolicyException"
    assert (await world.refused("PutResourcePolicy", SecretId="a", ResourcePolicy="{"))[0] == (
        "MalformedPolicyDocumentException"
    )
    assert (await world.refused("PutResourcePolicy", **put, PolicyName="other"))[1] == (
        "PolicyName is not supported by Lambent: a secret has one policy."
    )


async def test_validation(world: World) -> None:
    for policy, passed in ((OPEN, False), (CLOSED, True), (document("*", Condition={"Bool": {"a:b": "true"}}), True)):
        assert (await world.call("ValidateResourcePolicy", ResourcePolicy=policy))["PolicyValidationPassed"] is passed
    assert (await world.refused("ValidateResourcePolicy", ResourcePolicy="x"))[0] == "MalformedPolicyDocumentException"
    assert (await world.refused("ValidateResourcePolicy", SecretId="b", ResourcePolicy=CLOSED))[0] == (
        "ResourceNotFoundException"
    )
