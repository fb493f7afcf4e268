"""Keys of layers, and the order in which their versions are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.function import CodePackage
from lambent.services.lambda_.layer_repository import (
    KIND,
    LayerHead,
    LayerPolicy,
    LayerVersion,
    as_layer_version,
    drop_layer_policy,
    drop_layer_version,
    put_layer_head,
    put_layer_policy,
    put_layer_version,
)
from lambent.store.base import Conflict

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

CODE = CodePackage("0" * 64, 1, 2)


def version(number: int) -> LayerVersion:
    return LayerVersion("l", number, CODE, created=1.0)


async def test_keys(world: World) -> None:
    ctx = world.ctx()
    await world.layers.commit(
        put_layer_head(ctx, LayerHead("l", 3)),
        put_layer_version(ctx, version(1)),
        put_layer_version(ctx, version(2)),
        put_layer_policy(ctx, "l", 2, LayerPolicy("{}", "r")),
    )
    root = "000000000000/us-east-1/lambda/"
    records = await world.store.list("")
    assert [record.key for record in records] == [
        f"{root}layer-policy/l/2",
        f"{root}layer-version/l/999999999998",
        f"{root}layer-version/l/999999999999",
        f"{root}layer/l",
    ]
    found = [record async for _, kind, record in world.repository.everything() if kind == KIND]
    assert [as_layer_version(record).number for record in found] == [2, 1]
    await world.layers.commit(drop_layer_version(ctx, "l", 2), drop_layer_policy(ctx, "l", 2))
    assert await world.layers.version(ctx, "l", 2) is None
    assert await world.layers.policy(ctx, "l", 2) is None
    assert (await world.layers.heads(ctx, limit=5)) == [LayerHead("l", 3)]


async def test_the_newest_first(world: World) -> None:
    ctx = world.ctx()
    await world.layers.commit(*(put_layer_version(ctx, version(number)) for number in range(1, 12)))
    listed = await world.layers.versions(ctx, "l", limit=4)
    assert [one.number for one in listed] == [11, 10, 9, 8]
    assert [one.number for one in await world.layers.versions(ctx, "l", after="8", limit=3)] == [7, 6, 5]


@pytest.mark.parametrize("number", [0, -1, 10**12, 10**30])
async def test_numbers_that_no_version_has(world: World, number: int) -> None:
    assert await world.layers.version(world.ctx(), "l", number) is None


async def test_a_number_is_written_once(world: World) -> None:
    await world.layers.commit(put_layer_version(world.ctx(), version(1)))
    with pytest.raises(Conflict):
        await world.layers.commit(put_layer_version(world.ctx(), version(1)))
