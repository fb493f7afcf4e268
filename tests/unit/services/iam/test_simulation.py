"""Simulations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.unit.services.iam.conftest import ACCOUNT, document

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World

BUCKET = "arn:aws:s3:::bucket/key"


def decisions(result: Any) -> list[tuple[str, str, str]]:
    return [(e["EvalActionName"], e["EvalResourceName"], e["EvalDecision"]) for e in result["EvaluationResults"]]


async def test_documents_alone(world: World) -> None:
    result = await world.call(
        "SimulateCustomPolicy",
        PolicyInputList=[document("s3:Get*"), document("s3:GetAcl", effect="Deny")],
        ActionNames=["s3:GetObject", "s3:GetAcl", "s3:PutObject"],
        ResourceArns=[BUCKET],
    )
    assert decisions(result) == [
        ("s3:GetObject", BUCKET, "allowed"),
        ("s3:GetAcl", BUCKET, "explicitDeny"),
        ("s3:PutObject", BUCKET, "implicitDeny"),
    ]
    (matched,) = result["EvaluationResults"][1]["MatchedStatements"]
    assert matched == {"SourcePolicyId": "PolicyInputList.2", "SourcePolicyType": "IAM Policy"}


async def test_an_identity_with_its_boundary(world: World) -> None:
    boundary = await world.policy("limit", "s3:Get*")
    arn = await world.role(PermissionsBoundary=boundary)
    await world.call("PutRolePolicy", RoleName="worker", PolicyName="p", PolicyDocument=document("s3:*"))
    result = await world.call(
        "SimulatePrincipalPolicy", PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:PutObject"]
    )
    assert decisions(result) == [("s3:GetObject", "*", "allowed"), ("s3:PutObject", "*", "implicitDeny")]
    within = [
        e["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for e in result["EvaluationResults"]
    ]
    assert within == [True, False]
    assert (await world.refused("SimulatePrincipalPolicy", PolicySourceArn="me", ActionNames=["s3:X"]))[0] == (
        "InvalidInput"
    )


async def test_an_identity_without_some_of_its_policies(world: World) -> None:
    arn = await world.role(PermissionsBoundary=await world.policy("limit", "sqs:*"))
    await world.call("PutRolePolicy", RoleName="worker", PolicyName="p", PolicyDocument=document("s3:*"))
    asked = {"PolicySourceArn": arn, "ActionNames": ["s3:GetObject"]}
    for excluded, decision in (
        ([{"PolicyType": "scp"}], "implicitDeny"),
        ([{"PolicyType": "permission-boundary"}], "allowed"),
        ([{"PolicyType": "permission-boundary"}, {"PolicyType": "inline"}], "implicitDeny"),
    ):
        result = await world.call("SimulatePrincipalPolicy", **asked, PolicyExclusionList=excluded)
        assert decisions(result) == [("s3:GetObject", "*", decision)]


async def test_what_cannot_be_simulated(world: World) -> None:
    asked = {"PolicyInputList": [document("s3:*")], "ActionNames": ["s3:GetObject"]}
    assert await world.refused("SimulateCustomPolicy", **asked, ResourceHandlingOption="EC2-VPC-InstanceStore") == (
        "InvalidInput",
        "ResourceHandlingOption is not supported by Lambent: it is about instances of EC2.",
    )
    assert await world.refused("SimulateCustomPolicy", **asked, ResourceOwner="arn:aws:lambda") == (
        "InvalidInput",
        "Invalid ResourceOwner: arn:aws:lambda. It must be the ARN of an account.",
    )
    assert await world.refused("SimulateCustomPolicy", **asked, ContextEntries=[{"ContextKeyValues": ["x"]}]) == (
        "InvalidInput",
        "Every entry of ContextEntries must have a ContextKeyName and ContextKeyValues.",
    )
    owned = await world.call("SimulateCustomPolicy", **asked, ResourceOwner=f"arn:aws:iam::{ACCOUNT}:root")
    assert decisions(owned) == [("s3:GetObject", "*", "allowed")]


async def test_keys_that_are_given_and_keys_that_are_missing(world: World) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::${aws:username}",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    keys = (await world.call("GetContextKeysForCustomPolicy", PolicyInputList=[text]))["ContextKeyNames"]
    assert keys == ["aws:SecureTransport", "aws:username"]
    asked = {"PolicyInputList": [text], "ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::ann"]}
    (result,) = (await world.call("SimulateCustomPolicy", **asked))["EvaluationResults"]
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", ["aws:username"])
    entries = [
        {"ContextKeyName": "aws:username", "ContextKeyValues": ["ann"], "ContextKeyType": "string"},
        {"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"},
    ]
    (result,) = (await world.call("SimulateCustomPolicy", **asked, ContextEntries=entries))["EvaluationResults"]
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])


async def test_keys_of_an_identity(world: World) -> None:
    arn = await world.role()
    text = document("s3:*", resource="arn:aws:s3:::${aws:userid}")
    await world.call("PutRolePolicy", RoleName="worker", PolicyName="p", PolicyDocument=text)
    found = await world.call("GetContextKeysForPrincipalPolicy", PolicySourceArn=arn, PolicyInputList=[document("a:b")])
    assert found["ContextKeyNames"] == ["aws:userid"]


async def test_a_resource_with_a_policy_of_another_account(world: World) -> None:
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:*", "Resource": BUCKET},
        }
    )
    asked: dict[str, Any] = {
        "PolicyInputList": [document("s3:*")],
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": [BUCKET],
        "ResourceOwner": "arn:aws:iam::999999999999:root",
        "CallerArn": f"arn:aws:iam::{ACCOUNT}:user/ann",
    }
    assert decisions(await world.call("SimulateCustomPolicy", **asked)) == [("s3:GetObject", BUCKET, "implicitDeny")]
    allowed = await world.call("SimulateCustomPolicy", **asked, ResourcePolicy=policy)
    assert decisions(allowed) == [("s3:GetObject", BUCKET, "allowed")]
    assert await world.refused("SimulateCustomPolicy", **asked, ResourcePolicy="{") == (
        "InvalidInput",
        "This policy contains invalid Json",
    )
