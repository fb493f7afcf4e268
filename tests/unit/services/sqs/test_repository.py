"""Where queues are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lambent.services.access import Place
from lambent.store.base import Conflict
from tests.unit.services.sqs.conftest import ACCOUNT

if TYPE_CHECKING:
    from tests.unit.services.sqs.conftest import World

AT = Place(ACCOUNT, "us-east-1")


async def test_a_stale_write_fails_and_a_read_after_a_write_is_fresh(world: World) -> None:
    await world.queue()
    kept = await world.repository.kept(AT, "q")
    assert kept is not None
    assert await world.repository.queue(AT, "q") is await world.repository.queue(AT, "q")
    await world.repository.put(msgspec.structs.replace(kept.queue, tags={"a": "b"}), kept)
    found = await world.repository.queue(AT, "q")
    assert found is not None
    assert found.tags == {"a": "b"}
    with pytest.raises(Conflict):
        await world.repository.drop(kept)
    assert await world.repository.queue(Place(ACCOUNT, "eu-west-1"), "q") is None
