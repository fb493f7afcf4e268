"""The service put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.wire.model import load

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World

ELSEWHERE = ("SMS", "Platform", "Endpoint", "Phone", "DataProtection", "OriginationNumbers")
"""What the rest is about: text messages, mobile devices, and what messages may hold."""


def test_all_of_topics_and_subscriptions(world: World) -> None:
    missing = set(load("sns").operations) - set(world.operations)
    assert all(any(word in name for word in ELSEWHERE) for name in missing), missing
    assert len(world.operations) == 19
