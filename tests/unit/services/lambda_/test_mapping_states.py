"""Settling mappings: what a broken poller and a change in between do to it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec
import pytest

from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.services.lambda_.mapping_states import settled

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

HERE = ("000000000000", "us-east-1")
ONE = EventSourceMapping("u1", *HERE, SourceKind.SQS, "f", "", "arn:q", True, MappingState.CREATING, 1.0)


@pytest.mark.parametrize("state", MappingState)
def test_what_ends_in_ing_is_not_settled(state: MappingState) -> None:
    assert settled(msgspec.structs.replace(ONE, state=state)) is not state.endswith("ing")


async def test_a_change_in_between_is_left_to_whoever_made_it(world: World) -> None:
    await world.mappings.create(ONE)
    world.pollers.gate.clear()
    world.mapping_states.settle(ONE)
    kept = await world.mappings.mapping(ONE, "u1")
    assert kept is not None
    changed = msgspec.structs.replace(ONE, state=MappingState.UPDATING, generation=1)
    await world.mappings.change(kept, changed)
    world.pollers.gate.set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.pollers.applied == [ONE]
    now = await world.mappings.mapping(ONE, "u1")
    assert now is not None
    assert now.value == changed


async def test_a_broken_poller_leaves_the_others_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    apply = world.pollers.apply

    async def break_first(mapping: EventSourceMapping) -> None:
        if mapping.uuid == "u1":
            raise RuntimeError("no pipe")
        await apply(mapping)

    monkeypatch.setattr(world.pollers, "apply", break_first)
    second = msgspec.structs.replace(ONE, uuid="u2", function_name="g")
    with caplog.at_level(logging.ERROR):
        for each in (ONE, second):
            await world.mappings.create(each)
            world.mapping_states.settle(each)
        assert await world.mapped("u2") is not None
    assert "the state of arn:aws:lambda:us-east-1:000000000000:event-source-mapping:u1 could not be" in caplog.text
