"""Keys of capacity providers and scalings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.services.lambda_.capacity_repository import (
    PROVIDER_KIND,
    CapacityShare,
    Scaling,
    as_provider,
    drop_provider,
    drop_scaling,
    put_provider,
    put_scaling,
)
from lambent.store.base import Conflict

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def test_keys(world: World) -> None:
    ctx = world.ctx()
    share = CapacityShare("p", ["subnet-1"], ["sg-1"], "role", 1.0)
    scaling = Scaling("f", "$LATEST.PUBLISHED", 1, None)
    await world.capacities.commit(put_provider(ctx, share), put_scaling(ctx, scaling))
    root = "000000000000/us-east-1/lambda/"
    keys = [record.key for record in await world.store.list("")]
    assert keys == [f"{root}capacity-provider/p", f"{root}scaling/f/$LATEST.PUBLISHED"]
    found = [record async for _, kind, record in world.repository.everything() if kind == PROVIDER_KIND]
    assert [as_provider(record) for record in found] == [share]
    assert await world.capacities.provider_count(ctx) == 1
    assert await world.capacities.scaling(ctx, "f", "$LATEST.PUBLISHED") == scaling
    kept = await world.capacities.provider(ctx, "p")
    assert kept is not None
    with pytest.raises(Conflict):
        await world.capacities.commit(put_provider(ctx, share))
    await world.capacities.commit(drop_provider(ctx, "p", expect=kept.revision), drop_scaling(ctx, "f", "1"))
    assert await world.capacities.providers(ctx, limit=5) == []
