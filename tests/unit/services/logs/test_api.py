"""The service put together."""

from __future__ import annotations

from lambent.services.logs.api import RESOURCES
from lambent.services.operation import marks
from lambent.wire.model import load
from tests.unit.services.logs.conftest import World


async def test_every_marked_operation_is_served_and_in_the_model(world: World) -> None:
    marked = {mark.name for resource in RESOURCES for mark in marks(resource)}
    assert set(world.operations) == marked <= set(load("logs").operations)
