"""The secret that a caller means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.services.secretsmanager.conftest import AT

if TYPE_CHECKING:
    from tests.unit.services.secretsmanager.conftest import World


async def test_what_is_gone_is_buried_when_somebody_asks(world: World) -> None:
    await world.call("CreateSecret", Name="a", SecretString="s")
    gone = (await world.call("DeleteSecret", SecretId="a"))["DeletionDate"]
    assert await world.finder.found(AT, "a", gone - 1) is not None
    assert await world.finder.found(AT, "a", gone) is None
    assert await world.store.count("") == 0
