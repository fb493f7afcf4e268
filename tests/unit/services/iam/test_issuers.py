"""OpenID Connect providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.services.iam.conftest import ACCOUNT

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


async def test_a_life(world: World) -> None:
    made = await world.call(
        "CreateOpenIDConnectProvider", Url="https://id.example.com/a/", ClientIDList=["one"], ThumbprintList=["f" * 40]
    )
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/id.example.com/a"
    assert made["OpenIDConnectProviderArn"] == arn
    who = {"OpenIDConnectProviderArn": arn}
    assert (await world.call("ListOpenIDConnectProviders"))["OpenIDConnectProviderList"] == [{"Arn": arn}]
    await world.call("AddClientIDToOpenIDConnectProvider", **who, ClientID="two")
    await world.call("AddClientIDToOpenIDConnectProvider", **who, ClientID="two")
    await world.call("RemoveClientIDFromOpenIDConnectProvider", **who, ClientID="one")
    await world.call("UpdateOpenIDConnectProviderThumbprint", **who, ThumbprintList=["0" * 40])
    found = await world.call("GetOpenIDConnectProvider", **who)
    assert (found["Url"], found["ClientIDList"], found["ThumbprintList"]) == (
        "id.example.com/a",
        ["two"],
        ["0" * 40],
    )
    assert await world.refused("CreateOpenIDConnectProvider", Url="https://id.example.com/a") == (
        "EntityAlreadyExists",
        "Provider with url https://id.example.com/a already exists.",
    )
    await world.call("DeleteOpenIDConnectProvider", **who)
    assert await world.refused("GetOpenIDConnectProvider", **who) == (
        "NoSuchEntity",
        f"OpenIDConnect Provider not found for arn {arn}",
    )


@pytest.mark.parametrize("url", ["http://id.example.com", "id.example.com", "https://", "https://a b"])
async def test_bad_urls(world: World, url: str) -> None:
    assert await world.refused("CreateOpenIDConnectProvider", Url=url) == (
        "ValidationError",
        "Invalid Open ID Connect Provider URL",
    )


async def test_a_hundred_audiences_at_most(world: World) -> None:
    clients = [f"c{number}" for number in range(101)]
    assert await world.refused("CreateOpenIDConnectProvider", Url="https://a.example", ClientIDList=clients) == (
        "LimitExceeded",
        "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
    )
