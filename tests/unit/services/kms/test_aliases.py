"""Aliases and key policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.unit.services.kms.conftest import ACCOUNT, ARN

if TYPE_CHECKING:
    from tests.unit.services.kms.conftest import World


async def test_a_life(world: World) -> None:
    first, second = await world.key(), await world.key()
    await world.call("CreateAlias", AliasName="alias/mine", TargetKeyId=first)
    assert (await world.call("DescribeKey", KeyId="alias/mine"))["KeyMetadata"]["KeyId"] == first
    await world.call("UpdateAlias", AliasName="alias/mine", TargetKeyId=f"{ARN}key/{second}")
    assert (await world.call("DescribeKey", KeyId=f"{ARN}alias/mine"))["KeyMetadata"]["KeyId"] == second
    (listed,) = (await world.call("ListAliases", KeyId=second))["Aliases"]
    assert (listed["AliasName"], listed["AliasArn"], listed["TargetKeyId"]) == (
        "alias/mine",
        f"{ARN}alias/mine",
        second,
    )
    assert (await world.call("ListAliases", KeyId=first))["Aliases"] == []
    await world.call("DeleteAlias", AliasName="alias/mine")
    said = ("NotFoundException", f"Alias {ARN}alias/mine is not found.")
    assert await world.refused("DescribeKey", KeyId="alias/mine") == said
    assert await world.refused("DeleteAlias", AliasName="alias/mine") == said
    assert await world.refused("UpdateAlias", AliasName="alias/mine", TargetKeyId=first) == said


async def test_what_is_refused(world: World) -> None:
    key = await world.key()
    await world.call("CreateAlias", AliasName="alias/mine", TargetKeyId=key)
    assert await world.refused("CreateAlias", AliasName="alias/mine", TargetKeyId=key) == (
        "AlreadyExistsException",
        f"An alias with the name {ARN}alias/mine already exists",
    )
    assert (await world.refused("CreateAlias", AliasName="mine", TargetKeyId=key))[0] == "ValidationException"
    assert (await world.refused("CreateAlias", AliasName="alias/aws/x", TargetKeyId=key))[0] == "NotAuthorizedException"
    assert (await world.refused("DisableKey", KeyId="alias/mine"))[0] == "InvalidArnException"
    for number in range(49):
        await world.call("CreateAlias", AliasName=f"alias/{number}", TargetKeyId=key)
    assert (await world.refused("CreateAlias", AliasName="alias/more", TargetKeyId=key))[0] == "LimitExceededException"
    await world.call("ScheduleKeyDeletion", KeyId=key)
    assert (await world.refused("CreateAlias", AliasName="alias/late", TargetKeyId=key))[0] == (
        "KMSInvalidStateException"
    )


async def test_policies(world: World) -> None:
    key = await world.key()
    found = await world.call("GetKeyPolicy", KeyId=key)
    (statement,) = json.loads(found["Policy"])["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert (await world.call("ListKeyPolicies", KeyId=key))["PolicyNames"] == ["default"]
    mine = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Sid": "mine"}]})
    await world.call("PutKeyPolicy", KeyId=key, Policy=mine)
    assert (await world.call("GetKeyPolicy", KeyId=key, PolicyName="default"))["Policy"] == mine
    assert (await world.refused("GetKeyPolicy", KeyId=key, PolicyName="other"))[0] == "NotFoundException"
    assert (await world.refused("PutKeyPolicy", KeyId=key, PolicyName="other", Policy=mine))[0] == "NotFoundException"
