"""Where secrets are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lambent.services.secretsmanager.records import Secret, Value
from lambent.store.base import Conflict
from tests.unit.services.secretsmanager.conftest import ACCOUNT, AT, REGION

if TYPE_CHECKING:
    from tests.unit.services.secretsmanager.conftest import World


async def test_a_stale_write_fails_and_a_dropped_secret_leaves_nothing(world: World) -> None:
    secret = Secret(name="n/x", account=ACCOUNT, region=REGION, uid="u", suffix="abcdef", created=1.0, changed=1.0)
    await world.repository.commit(secret, None, {"v": Value("t")})
    with pytest.raises(Conflict):
        await world.repository.commit(secret, None)
    kept = await world.repository.secret(AT, "n/x")
    assert kept is not None
    assert await world.repository.value(secret, "v") == Value("t")
    assert await world.repository.value(secret, "w") is None
    await world.repository.commit(msgspec.structs.replace(secret, description="d"), kept)
    with pytest.raises(Conflict):
        await world.repository.commit(secret, kept)
    assert [each.description for each in await world.repository.secrets(AT)] == ["d"]
