"""Roles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.unit.services.iam.conftest import ACCOUNT, ADMINISTRATOR, TRUST, document, shown

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


async def test_a_life(world: World) -> None:
    arn = await world.role(Path="/service-role/", Description="d", MaxSessionDuration=7200)
    assert arn == f"arn:aws:iam::{ACCOUNT}:role/service-role/worker"
    role = (await world.call("GetRole", RoleName="worker"))["Role"]
    assert shown(role["AssumeRolePolicyDocument"]) == json.loads(TRUST)
    assert (role["Description"], role["MaxSessionDuration"]) == ("d", 7200)
    (listed,) = (await world.call("ListRoles", PathPrefix="/service-role/"))["Roles"]
    assert listed == {k: v for k, v in role.items() if k != "Tags"}
    await world.call("UpdateRole", RoleName="worker", MaxSessionDuration=3600)
    changed = (await world.call("UpdateRoleDescription", RoleName="worker", Description="e"))["Role"]
    assert (changed["Description"], changed["MaxSessionDuration"]) == ("e", 3600)
    await world.call("DeleteRole", RoleName="worker")
    assert (await world.refused("GetRole", RoleName="worker"))[0] == "NoSuchEntity"


async def test_who_may_assume_it_can_change(world: World) -> None:
    await world.role()
    other = TRUST.replace("lambda.amazonaws.com", "edgelambda.amazonaws.com")
    await world.call("UpdateAssumeRolePolicy", RoleName="worker", PolicyDocument=other)
    role = (await world.call("GetRole", RoleName="worker"))["Role"]
    assert shown(role["AssumeRolePolicyDocument"]) == json.loads(other)


async def test_bad_trust(world: World) -> None:
    for text, code, message in (
        ("{", "MalformedPolicyDocument", "This policy contains invalid Json"),
        (document("sts:AssumeRole"), "MalformedPolicyDocument", "Has prohibited field Resource"),
        (TRUST.replace("lambda", "l" * 2048), "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"),
    ):
        assert await world.refused("CreateRole", RoleName="r", AssumeRolePolicyDocument=text) == (code, message)
    await world.role("r")
    assert await world.refused("CreateRole", RoleName="R", AssumeRolePolicyDocument=TRUST) == (
        "EntityAlreadyExists",
        "Role with name R already exists.",
    )


async def test_what_must_go_first(world: World) -> None:
    await world.role(PermissionsBoundary=ADMINISTRATOR)
    await world.call("AttachRolePolicy", RoleName="worker", PolicyArn=ADMINISTRATOR)
    await world.call("PutRolePolicy", RoleName="worker", PolicyName="p", PolicyDocument=document("s3:*"))
    assert (await world.refused("DeleteRole", RoleName="worker"))[1].endswith("must delete policies first.")
    await world.call("DeleteRolePolicy", RoleName="worker", PolicyName="p")
    assert (await world.refused("DeleteRole", RoleName="worker"))[1].endswith("must detach all policies first.")
    await world.call("DetachRolePolicy", RoleName="worker", PolicyArn=ADMINISTRATOR)
    await world.call("DeleteRole", RoleName="worker")
