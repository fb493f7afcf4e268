"""Keys of provisioned concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.services.lambda_.provisioned_repository import (
    KIND,
    Provision,
    as_provision,
    drop_provision,
    put_provision,
)

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def test_keys_and_totals(world: World) -> None:
    ctx = world.ctx()
    made = [Provision(name, q, wanted, 1.0) for name, q, wanted in (("f", "1", 2), ("f", "live", 3), ("ff", "1", 4))]
    await world.repository.commit(*(put_provision(ctx, each) for each in made))
    assert [record.key for record in await world.store.list("")] == [
        f"000000000000/us-east-1/lambda/provisioned/{each.name}/{each.qualifier}" for each in made
    ]
    assert [as_provision(record) async for _, kind, record in world.repository.everything() if kind == KIND] == made
    assert await world.provisions.every_provision(ctx, "f") == made[:2]
    assert await world.provisions.provisions(ctx, "f", after="1", limit=5) == made[1:2]
    assert await world.provisions.totals(ctx) == {"f": 5, "ff": 4}
    assert await world.provisions.totals(world.ctx("eu-west-1")) == {}
    await world.repository.commit(drop_provision(ctx, "f", "1"))
    assert await world.provisions.provision(ctx, "f", "1") is None
    assert await world.provisions.provision(ctx, "f", "live") == made[1]
