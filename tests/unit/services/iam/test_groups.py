"""Groups."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.unit.services.iam.conftest import ACCOUNT, ADMINISTRATOR, document

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


async def members(world: World, group: str) -> list[str]:
    found: dict[str, Any] = dict(await world.call("GetGroup", GroupName=group))
    return [user["UserName"] for user in found["Users"]]


async def test_a_life(world: World) -> None:
    made = (await world.call("CreateGroup", GroupName="devs", Path="/x/"))["Group"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/x/devs"
    for name in ("ann", "bob"):
        await world.call("CreateUser", UserName=name)
        await world.call("AddUserToGroup", UserName=name, GroupName="devs")
        await world.call("AddUserToGroup", UserName=name, GroupName="devs")
    assert await members(world, "devs") == ["ann", "bob"]
    assert (await world.call("ListGroups", PathPrefix="/x/"))["Groups"] == [made]
    assert (await world.call("ListGroupsForUser", UserName="ann"))["Groups"] == [made]
    await world.call("RemoveUserFromGroup", UserName="ann", GroupName="devs")
    assert await members(world, "devs") == ["bob"]
    assert await world.refused("RemoveUserFromGroup", UserName="ann", GroupName="devs") == (
        "NoSuchEntity",
        "The user with name ann is not in the group with name devs.",
    )


async def test_a_new_name_takes_the_users_along(world: World) -> None:
    await world.call("CreateGroup", GroupName="devs")
    await world.call("CreateGroup", GroupName="others")
    await world.call("CreateUser", UserName="ann")
    await world.call("AddUserToGroup", UserName="ann", GroupName="devs")
    assert await world.refused("UpdateGroup", GroupName="devs", NewGroupName="Others") == (
        "EntityAlreadyExists",
        "Group with name Others already exists.",
    )
    await world.call("UpdateGroup", GroupName="devs", NewGroupName="team")
    assert await members(world, "team") == ["ann"]
    assert (await world.refused("GetGroup", GroupName="devs"))[0] == "NoSuchEntity"
    await world.call("UpdateGroup", GroupName="team", NewPath="/p/")
    assert (await world.call("GetGroup", GroupName="team"))["Group"]["Path"] == "/p/"


async def test_what_must_go_first(world: World) -> None:
    await world.call("CreateGroup", GroupName="devs")
    await world.call("CreateUser", UserName="ann")
    await world.call("AddUserToGroup", UserName="ann", GroupName="devs")
    await world.call("AttachGroupPolicy", GroupName="devs", PolicyArn=ADMINISTRATOR)
    await world.call("PutGroupPolicy", GroupName="devs", PolicyName="p", PolicyDocument=document("s3:*"))
    said = []
    for undo, params in (
        ("DeleteGroupPolicy", {"PolicyName": "p"}),
        ("DetachGroupPolicy", {"PolicyArn": ADMINISTRATOR}),
        ("RemoveUserFromGroup", {"UserName": "ann"}),
    ):
        said.append(await world.refused("DeleteGroup", GroupName="devs"))
        await world.call(undo, GroupName="devs", **params)
    assert said == [
        ("DeleteConflict", "Cannot delete entity, must delete policies first."),
        ("DeleteConflict", "Cannot delete entity, must detach all policies first."),
        ("DeleteConflict", "Cannot delete entity, must remove users from group first."),
    ]
    await world.call("DeleteGroup", GroupName="devs")
    assert (await world.call("ListGroups"))["Groups"] == []


async def test_a_user_is_in_ten_groups_at_most_even_if_all_come_at_once(world: World) -> None:
    await world.call("CreateUser", UserName="ann")
    for number in range(11):
        await world.call("CreateGroup", GroupName=f"g{number}")
    results = await asyncio.gather(
        *(world.call("AddUserToGroup", UserName="ann", GroupName=f"g{n}") for n in range(11)), return_exceptions=True
    )
    (failed,) = [each for each in results if isinstance(each, Exception)]
    assert str(failed) == "LimitExceeded: Cannot exceed quota for GroupsPerUser: 10"
