"""Users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.services.iam.conftest import ACCOUNT, ADMINISTRATOR, document

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


async def test_a_life(world: World) -> None:
    made = (await world.call("CreateUser", UserName="ann", Path="/staff/", Tags=[{"Key": "a", "Value": "1"}]))["User"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/staff/ann"
    assert made["UserId"].startswith("AIDA")
    assert (await world.call("GetUser", UserName="ANN"))["User"] == made
    listed = await world.call("ListUsers", PathPrefix="/staff/")
    assert listed == {"Users": [{k: v for k, v in made.items() if k != "Tags"}], "IsTruncated": False}
    assert (await world.call("ListUsers", PathPrefix="/x/"))["Users"] == []
    await world.call("DeleteUser", UserName="ann")
    assert await world.refused("GetUser", UserName="ann") == (
        "NoSuchEntity",
        "The user with name ann cannot be found.",
    )


async def test_names_are_unique_whatever_their_case(world: World) -> None:
    await world.call("CreateUser", UserName="ann")
    assert await world.refused("CreateUser", UserName="Ann") == (
        "EntityAlreadyExists",
        "User with name Ann already exists.",
    )


async def test_another_name_keeps_everything(world: World) -> None:
    await world.call("CreateUser", UserName="ann")
    await world.call("CreateUser", UserName="bob")
    key = (await world.call("CreateAccessKey", UserName="ann"))["AccessKey"]
    await world.call("UpdateUser", UserName="ann", NewUserName="eve", NewPath="/x/")
    assert (await world.call("GetUser", UserName="eve"))["User"]["Arn"].endswith(":user/x/eve")
    (listed,) = (await world.call("ListAccessKeys", UserName="eve"))["AccessKeyMetadata"]
    assert (listed["AccessKeyId"], listed["UserName"]) == (key["AccessKeyId"], "eve")
    assert await world.refused("UpdateUser", UserName="eve", NewUserName="bob") == (
        "EntityAlreadyExists",
        "User with name bob already exists.",
    )
    await world.call("UpdateUser", UserName="eve", NewUserName="EVE")
    assert (await world.call("GetUser", UserName="eve"))["User"]["UserName"] == "EVE"


async def test_who_has_something_stays(world: World) -> None:
    await world.call("CreateUser", UserName="ann")
    await world.call("CreateGroup", GroupName="g")
    await world.call("AddUserToGroup", UserName="ann", GroupName="g")
    await world.call("AttachUserPolicy", UserName="ann", PolicyArn=ADMINISTRATOR)
    await world.call("PutUserPolicy", UserName="ann", PolicyName="p", PolicyDocument=document("s3:*"))
    key = (await world.call("CreateAccessKey", UserName="ann"))["AccessKey"]["AccessKeyId"]
    said = []
    for undo, params in (
        ("DeleteAccessKey", {"UserName": "ann", "AccessKeyId": key}),
        ("DeleteUserPolicy", {"UserName": "ann", "PolicyName": "p"}),
        ("DetachUserPolicy", {"UserName": "ann", "PolicyArn": ADMINISTRATOR}),
        ("RemoveUserFromGroup", {"UserName": "ann", "GroupName": "g"}),
    ):
        code, text = await world.refused("DeleteUser", UserName="ann")
        assert code == "DeleteConflict"
        said.append(text)
        await world.call(undo, **params)
    assert said == [
        "Cannot delete entity, must delete access keys first.",
        "Cannot delete entity, must delete policies first.",
        "Cannot delete entity, must detach all policies first.",
        "Cannot delete entity, must remove users from group first.",
    ]
    await world.call("DeleteUser", UserName="ann")


async def test_who_asks_need_not_say_their_name(world: World) -> None:
    await world.call("CreateUser", UserName="ann", Path="/staff/")
    ann = world.ctx(f"arn:aws:iam::{ACCOUNT}:user/staff/ann")
    assert (await world.call("GetUser", ann))["User"]["UserName"] == "ann"
    assert (await world.call("GetUser"))["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    session = world.ctx(f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s")
    assert await world.refused("GetUser", session) == (
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
    )


async def test_a_bad_path_or_boundary(world: World) -> None:
    code, text = await world.refused("CreateUser", UserName="ann", Path="staff")
    assert code == "ValidationError"
    assert text.startswith("The specified value for path is invalid.")
    arn = f"arn:aws:iam::{ACCOUNT}:policy/none"
    assert await world.refused("CreateUser", UserName="ann", PermissionsBoundary=arn) == (
        "NoSuchEntity",
        f"Policy {arn} does not exist or is not attachable.",
    )
    assert (await world.call("ListUsers"))["Users"] == []
