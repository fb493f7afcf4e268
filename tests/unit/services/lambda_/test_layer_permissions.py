"""Policies of layer versions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:layer:l:1"
VERSION = {"LayerName": "l", "VersionNumber": 1}
EVERYBODY = {"Action": "lambda:GetLayerVersion", "Principal": "*"}


@pytest.fixture
async def world(world: World, zipped: Any) -> World:
    """With a layer `l`, version 1."""
    await world.call("PublishLayerVersion", LayerName="l", Content={"ZipFile": zipped()})
    return world


async def test_a_life(world: World) -> None:
    first = await world.call("AddLayerVersionPermission", **VERSION, StatementId="s1", **EVERYBODY)
    assert json.loads(first["Statement"]) == {
        "Sid": "s1",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:GetLayerVersion",
        "Resource": ARN,
    }
    policy = await world.call("GetLayerVersionPolicy", **VERSION)
    assert policy["RevisionId"] == first["RevisionId"]
    assert json.loads(policy["Policy"])["Statement"] == [json.loads(first["Statement"])]
    second = await world.call(
        "AddLayerVersionPermission",
        **VERSION,
        StatementId="s2",
        RevisionId=first["RevisionId"],
        **EVERYBODY,
        OrganizationId="o-1234567890",
    )
    assert json.loads(second["Statement"])["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    await world.call("RemoveLayerVersionPermission", **VERSION, StatementId="s1")
    left = await world.call("GetLayerVersionPolicy", **VERSION)
    assert [one["Sid"] for one in json.loads(left["Policy"])["Statement"]] == ["s2"]
    assert left["RevisionId"] not in (first["RevisionId"], second["RevisionId"])
    await world.call("RemoveLayerVersionPermission", **VERSION, StatementId="s2", RevisionId=left["RevisionId"])
    none = ("ResourceNotFoundException", "No policy is associated with the given resource.")
    assert await world.refused("GetLayerVersionPolicy", **VERSION) == none
    assert await world.refused("RemoveLayerVersionPermission", **VERSION, StatementId="s2") == none


async def test_an_account(world: World) -> None:
    account = {"Action": "lambda:GetLayerVersion", "Principal": "111111111111"}
    made = await world.call("AddLayerVersionPermission", **VERSION, StatementId="s", **account)
    assert json.loads(made["Statement"])["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}
    refusal = await world.refused(
        "AddLayerVersionPermission", **VERSION, StatementId="t", **account, OrganizationId="o-1234567890"
    )
    assert refusal[0] == "InvalidParameterValueException"


async def test_refusals(world: World) -> None:
    await world.call("AddLayerVersionPermission", **VERSION, StatementId="s1", **EVERYBODY)
    wrong = {"RevisionId": "00000000-0000-0000-0000-000000000000"}
    outdated = (
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the"
        " latest Revision Id",
    )
    refusal = await world.refused("AddLayerVersionPermission", **VERSION, StatementId="s2", **EVERYBODY, **wrong)
    assert refusal == outdated
    assert await world.refused("RemoveLayerVersionPermission", **VERSION, StatementId="s1", **wrong) == outdated
    assert await world.refused("AddLayerVersionPermission", **VERSION, StatementId="s1", **EVERYBODY) == (
        "ResourceConflictException",
        "The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing"
        " statement.",
    )
    assert await world.refused("RemoveLayerVersionPermission", **VERSION, StatementId="s9") == (
        "ResourceNotFoundException",
        "Statement s9 is not found in resource policy.",
    )


async def test_of_a_version_that_is_not_there(world: World) -> None:
    nowhere = {"LayerName": "l", "VersionNumber": 2}
    gone = ("ResourceNotFoundException", f"Layer version {ARN[:-1]}2 does not exist.")
    assert await world.refused("AddLayerVersionPermission", **nowhere, StatementId="s", **EVERYBODY) == gone
    assert await world.refused("GetLayerVersionPolicy", **nowhere) == gone
    assert await world.refused("RemoveLayerVersionPermission", **nowhere, StatementId="s") == gone


async def test_a_policy_goes_with_its_version(world: World) -> None:
    await world.call("AddLayerVersionPermission", **VERSION, StatementId="s1", **EVERYBODY)
    await world.call("DeleteLayerVersion", **VERSION)
    assert await world.layers.policy(world.ctx(), "l", 1) is None


async def test_others_change_nothing(world: World) -> None:
    stranger = world.ctx(account="111111111111")
    refusal = await world.refused(
        "AddLayerVersionPermission",
        stranger,
        LayerName=ARN[:-2],
        VersionNumber=1,
        StatementId="s",
        **EVERYBODY,
    )
    assert refusal == (
        "AccessDeniedException",
        "User: arn:aws:iam::111111111111:root is not authorized to perform: lambda:AddLayerVersionPermission on"
        f" resource: {ARN} because no resource-based policy allows the lambda:AddLayerVersionPermission action",
    )
