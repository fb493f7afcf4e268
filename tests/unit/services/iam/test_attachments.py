"""Managed policies at their users, groups and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.services.iam.conftest import ACCOUNT, ADMINISTRATOR, TRUST

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World

KINDS = {"User": {}, "Group": {}, "Role": {"AssumeRolePolicyDocument": TRUST}}


@pytest.mark.parametrize("kind", KINDS)
async def test_attach_and_detach(world: World, kind: str) -> None:
    who = {f"{kind}Name": "x"}
    await world.call(f"Create{kind}", **who, **KINDS[kind])
    mine = await world.policy("mine", Path="/team/")
    for arn in (mine, ADMINISTRATOR, mine):
        await world.call(f"Attach{kind}Policy", **who, PolicyArn=arn)
    listed = (await world.call(f"ListAttached{kind}Policies", **who))["AttachedPolicies"]
    assert listed == [
        {"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR},
        {"PolicyName": "mine", "PolicyArn": mine},
    ]
    (only,) = (await world.call(f"ListAttached{kind}Policies", **who, PathPrefix="/team/"))["AttachedPolicies"]
    assert only["PolicyName"] == "mine"
    assert (await world.call("GetPolicy", PolicyArn=mine))["Policy"]["AttachmentCount"] == 1
    entities = await world.call("ListEntitiesForPolicy", PolicyArn=mine)
    assert [each[f"{kind}Name"] for each in entities[f"Policy{kind}s"]] == ["x"]
    await world.call(f"Detach{kind}Policy", **who, PolicyArn=mine)
    assert await world.refused(f"Detach{kind}Policy", **who, PolicyArn=mine) == (
        "NoSuchEntity",
        f"Policy {mine} was not found.",
    )
    nobody = f"arn:aws:iam::{ACCOUNT}:policy/none"
    assert await world.refused(f"Attach{kind}Policy", **who, PolicyArn=nobody) == (
        "NoSuchEntity",
        f"Policy {nobody} does not exist or is not attachable.",
    )


async def test_ten_at_most(world: World) -> None:
    await world.role()
    for number in range(10):
        arn = await world.policy(f"p{number}")
        await world.call("AttachRolePolicy", RoleName="worker", PolicyArn=arn)
    assert await world.refused("AttachRolePolicy", RoleName="worker", PolicyArn=ADMINISTRATOR) == (
        "LimitExceeded",
        "Cannot exceed quota for PoliciesPerRole: 10",
    )


@pytest.mark.parametrize("kind", ["User", "Role"])
async def test_boundaries(world: World, kind: str) -> None:
    who = {f"{kind}Name": "x"}
    await world.call(f"Create{kind}", **who, **KINDS[kind])
    await world.call(f"Put{kind}PermissionsBoundary", **who, PermissionsBoundary=ADMINISTRATOR)
    shown = (await world.call(f"Get{kind}", **who))[kind]["PermissionsBoundary"]
    assert shown == {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": ADMINISTRATOR,
    }
    entities = await world.call("ListEntitiesForPolicy", PolicyArn=ADMINISTRATOR)
    assert len(entities[f"Policy{kind}s"]) == 1
    attached = await world.call(
        "ListEntitiesForPolicy", PolicyArn=ADMINISTRATOR, PolicyUsageFilter="PermissionsPolicy", EntityFilter=kind
    )
    assert attached[f"Policy{kind}s"] == []
    await world.call(f"Delete{kind}PermissionsBoundary", **who)
    assert "PermissionsBoundary" not in (await world.call(f"Get{kind}", **who))[kind]
    assert (await world.refused(f"Delete{kind}PermissionsBoundary", **who))[0] == "NoSuchEntity"
