"""Code storage: what counts, and where it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.storage import CodeStorage

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def test_every_version_counts(world: World, zipped: Any) -> None:
    storage = CodeStorage(world.repository, world.layers)
    small, large = zipped("x = 1"), zipped("x = 1" * 100)

    async def used() -> int:
        return await storage.used(world.ctx())

    assert await used() == 0
    await world.create(Code={"ZipFile": small})
    assert await used() == len(small)
    await world.settled()
    await world.call("UpdateFunctionCode", FunctionName="f", ZipFile=large, Publish=True)
    assert await used() == 2 * len(large)
    await world.settled()
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=9)
    await world.settled()
    assert await used() == 2 * len(large)
    await world.call("PublishVersion", FunctionName="f")
    assert await used() == 3 * len(large)
    await world.call("PublishLayerVersion", LayerName="l", Content={"ZipFile": small})
    assert await used() == 3 * len(large) + len(small)
    assert await storage.used(world.ctx("eu-west-1")) == 0
    await world.call("DeleteFunction", FunctionName="f", Qualifier="1")
    await world.call("DeleteLayerVersion", LayerName="l", VersionNumber=1)
    assert await used() == 2 * len(large)
    await world.call("DeleteFunction", FunctionName="f")
    assert await used() == 0


async def test_an_end(world: World, zipped: Any) -> None:
    storage = CodeStorage(world.repository, world.layers, limit=1000)
    await storage.admit(world.ctx(), 1000)
    await storage.admit(world.ctx("eu-west-1"), 1000)
    with pytest.raises(ApiError) as caught:
        await storage.admit(world.ctx(), 1001)
    assert (caught.value.code, caught.value.message) == ("CodeStorageExceededException", "Code storage limit exceeded.")


async def test_it_is_counted_again_only_before_a_refusal(world: World, monkeypatch: Any) -> None:
    storage = CodeStorage(world.repository, world.layers, limit=1000)
    counted = []

    async def used(at: Any) -> int:
        counted.append(at)
        return 100

    monkeypatch.setattr(storage, "used", used)
    for _ in range(9):
        await storage.admit(world.ctx(), 100)
    assert len(counted) == 1
    await storage.admit(world.ctx(), 100)  # what was admitted has been deleted, it turns out
    assert len(counted) == 2
