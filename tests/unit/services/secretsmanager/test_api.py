"""The service put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.services.operation import marks
from lambent.services.secretsmanager.api import RESOURCES
from lambent.wire.model import load

if TYPE_CHECKING:
    from tests.unit.services.secretsmanager.conftest import World


def test_every_operation_is_one_of_secrets_managers(world: World) -> None:
    named = {mark.name for resource in RESOURCES for mark in marks(resource)}
    assert set(world.operations) == named
    assert named <= set(load("secretsmanager").operations)
    assert "RotateSecret" not in named
