"""X-Ray put together."""

from __future__ import annotations

from lambent.wire.model import load
from tests.unit.services.xray.conftest import World


def test_every_operation_is_one_of_the_model(world: World) -> None:
    assert set(world.operations) <= set(load("xray").operations)
    assert len(world.operations) == 23
