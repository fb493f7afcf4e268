"""The account as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.services.iam.conftest import ADMINISTRATOR, document, shown

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


async def test_an_alias(world: World) -> None:
    assert (await world.call("ListAccountAliases"))["AccountAliases"] == []
    await world.call("CreateAccountAlias", AccountAlias="one")
    await world.call("CreateAccountAlias", AccountAlias="two")
    assert (await world.call("ListAccountAliases"))["AccountAliases"] == ["two"]
    assert (await world.refused("DeleteAccountAlias", AccountAlias="one"))[0] == "NoSuchEntity"
    await world.call("DeleteAccountAlias", AccountAlias="two")
    assert (await world.call("ListAccountAliases"))["AccountAliases"] == []


async def test_how_much_there_is(world: World) -> None:
    arn = await world.policy()
    await world.call("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document("sqs:*"))
    await world.role()
    found = (await world.call("GetAccountSummary"))["SummaryMap"]
    assert (found["Users"], found["Roles"], found["Policies"], found["PolicyVersionsInUse"]) == (0, 1, 1, 2)


async def test_everything_at_once(world: World) -> None:
    arn = await world.policy()
    await world.role(Description="d")
    await world.call("CreateUser", UserName="ann")
    await world.call("CreateGroup", GroupName="g")
    await world.call("AddUserToGroup", UserName="ann", GroupName="g")
    await world.call("PutUserPolicy", UserName="ann", PolicyName="p", PolicyDocument=document("s3:*"))
    await world.call("AttachRolePolicy", RoleName="worker", PolicyArn=ADMINISTRATOR)
    found = await world.call("GetAccountAuthorizationDetails")
    (user,), (group,), (role,), (policy,) = (
        found[name] for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    )
    assert user["GroupList"] == ["g"]
    assert shown(user["UserPolicyList"][0]["PolicyDocument"])["Statement"][0]["Action"] == ["s3:*"]
    assert group["GroupPolicyList"] == []
    assert role["AttachedManagedPolicies"][0]["PolicyArn"] == ADMINISTRATOR
    assert (policy["Arn"], len(policy["PolicyVersionList"])) == (arn, 1)
    only = await world.call("GetAccountAuthorizationDetails", Filter=["Role"])
    assert [len(only[name]) for name in ("UserDetailList", "RoleDetailList", "Policies")] == [0, 1, 0]
    first = await world.call("GetAccountAuthorizationDetails", MaxItems=3)
    rest = await world.call("GetAccountAuthorizationDetails", Marker=first["Marker"])
    assert first["IsTruncated"]
    assert len(rest["UserDetailList"]) == 1
