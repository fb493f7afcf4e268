"""The service put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.wire.model import load

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World

REFUSED = (
    "ApiDestination",
    "Connection",
    "Endpoint",
    "EventSource",
    "PartnerEvent",
)
"""What is refused by name: targets and sources outside."""


def test_all_but_partners_connections_and_endpoints(world: World) -> None:
    every = set(load("events").operations)
    assert set(world.operations) == {name for name in every if not any(part in name for part in REFUSED)}
