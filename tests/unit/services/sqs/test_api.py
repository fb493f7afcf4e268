"""The service put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.wire.model import load

if TYPE_CHECKING:
    from tests.unit.services.sqs.conftest import World


def test_all_of_sqs(world: World) -> None:
    assert set(world.operations) == set(load("sqs").operations)
