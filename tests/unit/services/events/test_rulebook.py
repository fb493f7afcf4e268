"""The index of a bus's rules: made once, and anew when they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.services.events.names import Named
from tests.unit.services.events.conftest import AT, event

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World

BUS = Named(AT, "default")


async def found(world: World) -> list[str]:
    return [rule.name for rule in await world.rulebook.matching(BUS, event())]


async def test_it_follows_the_rules(world: World) -> None:
    assert await found(world) == []
    await world.rule("b", '{"source": ["shop"]}')
    await world.rule("a", '{"detail": {"lines": {"n": [{"numeric": [">", 2]}]}}}')
    await world.call("PutRule", Name="clock", ScheduleExpression="rate(1 minute)")
    assert await found(world) == ["a", "b"]
    await world.call("DisableRule", Name="a")
    assert await found(world) == ["b"]
    await world.call("DeleteRule", Name="b")
    assert await found(world) == []
