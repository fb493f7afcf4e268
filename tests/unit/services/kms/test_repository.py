"""Where keys are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.services.kms.repository import put_key
from lambent.store.base import Conflict
from tests.unit.services.kms.conftest import AT

if TYPE_CHECKING:
    from tests.unit.services.kms.conftest import World


async def test_a_stale_write_fails_and_a_read_after_a_write_is_fresh(world: World) -> None:
    key_id = await world.key()
    kept = await world.repository.kept(AT, key_id)
    assert kept is not None
    await world.call("DisableKey", KeyId=key_id)
    with pytest.raises(Conflict):
        await world.repository.commit(put_key(kept.key, kept))
    key = await world.repository.key(AT, key_id)
    assert key is not None
    assert not key.enabled


async def test_grants_are_read_once_and_never_stale(world: World) -> None:
    key = await world.key()
    assert await world.repository.grants(AT, key) == []
    who = "arn:aws:iam::000000000000:user/ann"
    await world.call("CreateGrant", KeyId=key, GranteePrincipal=who, Operations=["Decrypt"])
    first = await world.repository.grants(AT, key)
    assert len(first) == 1
    assert await world.repository.grants(AT, key) is first
