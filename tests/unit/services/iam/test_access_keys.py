"""Access keys."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lambent.services.iam.records import KeyUse
from tests.unit.services.iam.conftest import ACCOUNT

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


@pytest.fixture
async def world(world: World) -> World:
    """With a user `ann`."""
    await world.call("CreateUser", UserName="ann")
    return world


async def test_a_life(world: World) -> None:
    made = (await world.call("CreateAccessKey", UserName="ann"))["AccessKey"]
    assert made["AccessKeyId"].startswith("AKIA")
    assert len(made["AccessKeyId"]) == 20
    assert len(made["SecretAccessKey"]) == 40
    (listed,) = (await world.call("ListAccessKeys", UserName="ann"))["AccessKeyMetadata"]
    assert listed == {k: v for k, v in made.items() if k != "SecretAccessKey"}
    await world.call("UpdateAccessKey", UserName="ann", AccessKeyId=made["AccessKeyId"], Status="Inactive")
    key = await world.repository.key(made["AccessKeyId"])
    assert key is not None
    assert (key.secret, key.active, key.account) == (made["SecretAccessKey"], False, ACCOUNT)
    await world.call("DeleteAccessKey", UserName="ann", AccessKeyId=made["AccessKeyId"])
    assert await world.repository.key(made["AccessKeyId"]) is None
    assert (await world.call("ListAccessKeys", UserName="ann"))["AccessKeyMetadata"] == []


async def test_two_at_most_even_at_once(world: World) -> None:
    results = await asyncio.gather(
        *(world.call("CreateAccessKey", UserName="ann") for _ in range(3)), return_exceptions=True
    )
    (failed,) = [each for each in results if isinstance(each, Exception)]
    assert str(failed) == "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"


async def test_when_it_was_used(world: World) -> None:
    key_id = (await world.call("CreateAccessKey", UserName="ann"))["AccessKey"]["AccessKeyId"]
    unused = {"ServiceName": "N/A", "Region": "N/A"}
    assert (await world.call("GetAccessKeyLastUsed", AccessKeyId=key_id)) == {
        "UserName": "ann",
        "AccessKeyLastUsed": unused,
    }
    await world.repository.used(key_id, KeyUse(12.0, "lambda", "eu-west-1"))
    used = (await world.call("GetAccessKeyLastUsed", AccessKeyId=key_id))["AccessKeyLastUsed"]
    assert used == {"LastUsedDate": 12.0, "ServiceName": "lambda", "Region": "eu-west-1"}


async def test_anothers_key_is_none(world: World) -> None:
    key_id = (await world.call("CreateAccessKey", UserName="ann"))["AccessKey"]["AccessKeyId"]
    await world.call("CreateUser", UserName="bob")
    said = ("NoSuchEntity", f"The Access Key with id {key_id} cannot be found.")
    assert await world.refused("DeleteAccessKey", UserName="bob", AccessKeyId=key_id) == said
    assert await world.refused("UpdateAccessKey", UserName="bob", AccessKeyId=key_id, Status="Inactive") == said
    stranger = world.ctx(account="999999999999")
    assert await world.refused("GetAccessKeyLastUsed", stranger, AccessKeyId=key_id) == said
