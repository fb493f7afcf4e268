"""The service put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.services.iam.api import RESOURCES
from lambent.services.operation import marks
from lambent.wire.model import load

if TYPE_CHECKING:
    from tests.unit.services.iam.conftest import World


async def test_every_operation_is_one_of_iams(world: World) -> None:
    named = {mark.name for resource in RESOURCES for mark in marks(resource)}
    assert set(world.api.operations) == named
    assert named <= set(load("iam").operations)
