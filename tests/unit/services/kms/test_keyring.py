"""The key that a caller means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError, PlatformError
from lambent.services.access import Place
from lambent.services.kms.keyring import Keyring
from lambent.store.seal import Seal
from tests.unit.services.kms.conftest import ACCOUNT, ARN, AT

if TYPE_CHECKING:
    from tests.unit.services.kms.conftest import World


async def test_where_it_is_said_to_be(world: World) -> None:
    other = "arn:aws:kms:us-east-1:111111111111:key/x"
    assert await world.keyring.locate(AT, other) == (Place("111111111111", "us-east-1"), "x")
    assert await world.keyring.locate(AT, "x") == (AT, "x")


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("arn:aws:s3:::x", "Invalid arn arn:aws:s3:::x"),
        ("arn:aws:kms:eu-west-1:000000000000:key/x", "Invalid arn arn:aws:kms:eu-west-1:000000000000:key/x"),
        ("alias/none", f"Alias {ARN}alias/none is not found."),
        ("none", f"Key '{ARN}key/none' does not exist"),
    ],
)
async def test_what_is_none(world: World, identifier: str, text: str) -> None:
    with pytest.raises(ApiError) as raised:
        await world.keyring.find(world.ctx(), identifier)
    assert (raised.value.code, raised.value.message) == ("NotFoundException", text)


async def test_another_master_key_opens_nothing(world: World) -> None:
    key = await world.keyring.find(world.ctx(), await world.key())
    stranger = Keyring(world.repository, Seal(bytes(31) + b"x"))
    with pytest.raises(PlatformError, match="another master key"):
        stranger.unsealed(key, key.materials[0])
    assert len(world.keyring.unsealed(key, key.materials[0])) == 32
    assert key.account == ACCOUNT
