"""What nobody has: none of it for who exists, NoSuchEntity for who does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World

LISTINGS = {
    "ListSSHPublicKeys": "SSHPublicKeys",
    "ListMFADevices": "MFADevices",
    "ListSigningCertificates": "Certificates",
    "ListServiceSpecificCredentials": "ServiceSpecificCredentials",
}
NOBODY = ("NoSuchEntity", "The user with name ann cannot be found.")


@pytest.mark.parametrize(("operation", "member"), LISTINGS.items())
async def test_a_user_has_none(world: World, operation: str, member: str) -> None:
    assert await world.refused(operation, UserName="ann") == NOBODY
    await world.call("CreateUser", UserName="ann")
    assert await world.call(operation, UserName="ann") == {member: [], "IsTruncated": False}


async def test_nor_has_any_user(world: World) -> None:
    told = await world.call("ListServiceSpecificCredentials", AllUsers=True)
    assert told == {"ServiceSpecificCredentials": [], "IsTruncated": False}
    assert await world.call("ListVirtualMFADevices") == {"VirtualMFADevices": [], "IsTruncated": False}


@pytest.mark.parametrize("operation", ["GetLoginProfile", "DeleteLoginProfile"])
async def test_no_user_has_a_password(world: World, operation: str) -> None:
    assert await world.refused(operation, UserName="ann") == NOBODY
    await world.call("CreateUser", UserName="ann")
    assert await world.refused(operation, UserName="ann") == (
        "NoSuchEntity",
        "Login Profile for User ann cannot be found.",
    )


async def test_a_role_is_in_no_instance_profile(world: World) -> None:
    asked = await world.refused("ListInstanceProfilesForRole", RoleName="worker")
    assert asked == ("NoSuchEntity", "The role with name worker cannot be found.")
    await world.role()
    told = await world.call("ListInstanceProfilesForRole", RoleName="worker")
    assert told == {"InstanceProfiles": [], "IsTruncated": False}
