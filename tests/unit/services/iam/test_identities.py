"""What authorization reads of an identity, and that it is never stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.policy.index import PolicySet
from lambent.services.iam.records import ManagedPolicy
from lambent.services.iam.repository import drop
from tests.unit.services.iam.conftest import ACCOUNT, ADMINISTRATOR, document

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


def names(policies: PolicySet | None, action: str) -> set[str]:
    """The policies that speak of an action."""
    assert policies is not None
    return {ground.policy for ground in policies.about(action, "*", {}.get)}


async def test_a_user_has_its_groups_policies_too(world: World) -> None:
    mine = await world.policy("mine", "s3:*")
    await world.call("CreateUser", UserName="ann", PermissionsBoundary=ADMINISTRATOR, Tags=[{"Key": "a", "Value": "b"}])
    await world.call("CreateGroup", GroupName="g", Path="/x/")
    await world.call("AddUserToGroup", UserName="ann", GroupName="g")
    await world.call("PutUserPolicy", UserName="ann", PolicyName="p", PolicyDocument=document("s3:*"))
    await world.call("PutGroupPolicy", GroupName="g", PolicyName="q", PolicyDocument=document("s3:*"))
    await world.call("AttachGroupPolicy", GroupName="g", PolicyArn=mine)
    ann = await world.api.identities.user(ACCOUNT, "ann")
    assert ann is not None
    assert names(ann.policies, "s3:getobject") == {
        f"arn:aws:iam::{ACCOUNT}:user/ann/p",
        f"arn:aws:iam::{ACCOUNT}:group/x/g/q",
        mine,
    }
    assert names(ann.boundary, "s3:getobject") == {ADMINISTRATOR}
    assert (ann.arn, ann.tags, ann.trust) == (f"arn:aws:iam::{ACCOUNT}:user/ann", {"a": "b"}, None)


async def test_a_role_with_its_trust(world: World) -> None:
    arn = await world.role(MaxSessionDuration=7200)
    role = await world.api.identities.role(ACCOUNT, "worker")
    assert role is not None
    assert (role.arn, role.max_session, role.boundary) == (arn, 7200, None)
    assert names(role.trust, "sts:assumerole") == {"trust"}
    assert len(role.policies) == 0
    assert await world.api.identities.role(ACCOUNT, "none") is None


async def test_a_change_is_seen_at_once_and_a_warm_answer_reads_nothing(world: World) -> None:
    identities = world.api.identities
    await world.call("CreateUser", UserName="ann")
    first = await identities.user(ACCOUNT, "ann")
    assert identities.remembered("user", ACCOUNT, "ann") is first
    assert await identities.user(ACCOUNT, "ann") is first
    await world.call("PutUserPolicy", UserName="ann", PolicyName="p", PolicyDocument=document("s3:*"))
    assert identities.remembered("user", ACCOUNT, "ann") is None
    second = await identities.user(ACCOUNT, "ann")
    assert second is not None
    assert len(second.policies) == 1
    await world.call("DeleteUserPolicy", UserName="ann", PolicyName="p")
    await world.call("DeleteUser", UserName="ann")
    assert await identities.user(ACCOUNT, "ann") is None


async def test_a_boundary_that_is_gone_allows_nothing(world: World) -> None:
    arn = await world.policy()
    await world.role(PermissionsBoundary=arn)
    kept = await world.repository.kept(ManagedPolicy, ACCOUNT, arn)
    assert kept is not None
    await world.repository.commit(drop(kept[1]))
    role = await world.api.identities.role(ACCOUNT, "worker")
    assert role is not None
    assert role.boundary is not None
    assert len(role.boundary) == 0
