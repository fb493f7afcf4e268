"""Keys of event source mappings, and the claim that keeps a source and a function from being mapped twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.services.lambda_.event_source_repository import KIND, as_mapping
from lambent.store.base import Conflict

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

HERE = ("000000000000", "us-east-1")
ONE = EventSourceMapping("u1", *HERE, SourceKind.MSK, "f", "", "arn:c", True, MappingState.CREATING, 1.0)


async def test_keys_and_claims(world: World) -> None:
    ctx, mappings = world.ctx(), world.mappings
    topics = [msgspec.structs.replace(ONE, uuid=f"u{n}", options={"Topics": [f"t{n}"]}) for n in (1, 2)]
    for each in topics:
        await mappings.create(each)
    assert [as_mapping(record) async for _, kind, record in world.repository.everything() if kind == KIND] == topics
    assert await mappings.mappings(ctx, after="u1", limit=9) == topics[1:]
    twin = msgspec.structs.replace(topics[0], uuid="u3")
    assert await mappings.twin(twin) == "u1"
    with pytest.raises(Conflict):
        await mappings.create(twin)
    kept = await mappings.mapping(ctx, "u1")
    assert kept is not None
    with pytest.raises(Conflict):
        await mappings.change(kept, msgspec.structs.replace(topics[1], uuid="u1"))
    await mappings.change(kept, msgspec.structs.replace(topics[0], function_name="g"))
    assert await mappings.twin(twin) is None
    await mappings.create(twin)
    for uuid in ("u1", "u2", "u3"):
        last = await mappings.mapping(ctx, uuid)
        assert last is not None
        await mappings.drop(last.value)
    assert await world.store.list("") == []
