"""Grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.services.kms.conftest import ACCOUNT

if TYPE_CHECKING:
    from tests.unit.services.kms.conftest import World

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"


async def ids(world: World, **params: Any) -> list[str]:
    return [grant["GrantId"] for grant in (await world.call("ListGrants", **params))["Grants"]]


async def test_a_life(world: World) -> None:
    key = await world.key()
    constraints = {"EncryptionContextSubset": {"a": "b"}}
    made = await world.call(
        "CreateGrant",
        KeyId=key,
        GranteePrincipal=ANN,
        RetiringPrincipal=BOB,
        Operations=["Decrypt"],
        Constraints=constraints,
        Name="n",
    )
    (listed,) = (await world.call("ListGrants", KeyId=key))["Grants"]
    assert (listed["GrantId"], listed["GranteePrincipal"], listed["Operations"]) == (made["GrantId"], ANN, ["Decrypt"])
    assert (listed["Constraints"], listed["Name"], listed["RetiringPrincipal"]) == (constraints, "n", BOB)
    assert await ids(world, KeyId=key, GranteePrincipal=BOB) == []
    retirable = await world.call("ListRetirableGrants", RetiringPrincipal=BOB)
    assert [each["GrantId"] for each in retirable["Grants"]] == [made["GrantId"]]
    await world.call("RevokeGrant", KeyId=key, GrantId=made["GrantId"])
    assert await world.refused("RevokeGrant", KeyId=key, GrantId=made["GrantId"]) == (
        "NotFoundException",
        f"Grant ID {made['GrantId']} not found",
    )


async def test_the_same_by_the_same_name_is_the_same(world: World) -> None:
    key = await world.key()
    asked: dict[str, Any] = {"KeyId": key, "GranteePrincipal": ANN, "Operations": ["Encrypt", "Decrypt"]}
    first = await world.call("CreateGrant", **asked, Name="n")
    again = await world.call("CreateGrant", **{**asked, "Operations": ["Decrypt", "Encrypt"]}, Name="n")
    nameless = await world.call("CreateGrant", **asked)
    assert again == first
    listed = (await world.call("ListGrants", KeyId=key))["Grants"]
    assert {each["GrantId"]: each["Name"] for each in listed} == {first["GrantId"]: "n", nameless["GrantId"]: ""}


@pytest.mark.parametrize("by_token", [True, False])
async def test_retiring(world: World, by_token: bool) -> None:
    key = await world.key()
    made = await world.call("CreateGrant", KeyId=key, GranteePrincipal=ANN, Operations=["Decrypt"])
    named = {"GrantToken": made["GrantToken"]} if by_token else {"KeyId": key, "GrantId": made["GrantId"]}
    assert (await world.refused("RetireGrant", **named, DryRun=True))[0] == "DryRunOperationException"
    await world.call("RetireGrant", **named)
    assert await ids(world, KeyId=key) == []


async def test_what_is_refused(world: World) -> None:
    key = await world.key()
    assert (await world.refused("CreateGrant", KeyId=key, GranteePrincipal="ann", Operations=["Decrypt"])) == (
        "InvalidArnException",
        "Principal ann is not valid.",
    )
    assert (await world.refused("CreateGrant", KeyId=key, Operations=["Decrypt"]))[0] == "ValidationException"
    assert (await world.refused("RetireGrant", GrantToken="x"))[0] == "InvalidGrantTokenException"
    assert (await world.refused("RetireGrant", KeyId=key))[0] == "ValidationException"
    assert (await world.refused("ListRetirableGrants"))[0] == "ValidationException"
    await world.call("DisableKey", KeyId=key)
    assert (await world.refused("CreateGrant", KeyId=key, GranteePrincipal=ANN, Operations=["Decrypt"]))[0] == (
        "DisabledException"
    )
