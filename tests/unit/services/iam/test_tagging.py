"""Tags of users, roles, policies and providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.services.iam.conftest import ADMINISTRATOR

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


async def made(world: World, kind: str) -> dict[str, str]:
    """One of a kind, and how operations name it."""
    match kind:
        case "User":
            await world.call("CreateUser", UserName="x")
            return {"UserName": "x"}
        case "Role":
            await world.role("x")
            return {"RoleName": "x"}
        case "Policy":
            return {"PolicyArn": await world.policy()}
    arn = (await world.call("CreateOpenIDConnectProvider", Url="https://id.example.com"))["OpenIDConnectProviderArn"]
    return {"OpenIDConnectProviderArn": arn}


def tags(**given: str) -> list[dict[str, Any]]:
    return [{"Key": key, "Value": value} for key, value in given.items()]


@pytest.mark.parametrize("kind", ["User", "Role", "Policy", "OpenIDConnectProvider"])
async def test_a_life(world: World, kind: str) -> None:
    who = await made(world, kind)
    await world.call(f"Tag{kind}", **who, Tags=tags(a="1", b="2"))
    await world.call(f"Tag{kind}", **who, Tags=tags(B="3"))
    assert (await world.call(f"List{kind}Tags", **who))["Tags"] == tags(a="1", B="3")
    await world.call(f"Untag{kind}", **who, TagKeys=["A", "none"])
    assert (await world.call(f"List{kind}Tags", **who))["Tags"] == tags(B="3")


async def test_what_is_refused(world: World) -> None:
    assert await world.refused("CreateUser", UserName="x", Tags=tags(a="1", A="2")) == (
        "InvalidInput",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    await world.call("CreateUser", UserName="x", Tags=tags(**{f"k{n}": "v" for n in range(50)}))
    assert await world.refused("TagUser", UserName="x", Tags=tags(more="1")) == (
        "LimitExceeded",
        "Cannot exceed quota for TagsPerEntity: 50",
    )
    assert (await world.refused("TagPolicy", PolicyArn=ADMINISTRATOR, Tags=tags(a="1")))[0] == "AccessDenied"
