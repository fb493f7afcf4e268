"""Where archived events lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.services.events.conftest import event

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World


async def read(world: World, behind: tuple[float, int] = (0.0, 0), first: float = 0.0, limit: int = 10) -> list[str]:
    found = await world.shelf.following("a", first=first, last=200.0, behind=behind, limit=limit)
    return [each.event.id for each in found]


async def test_minute_by_minute_as_they_came(world: World) -> None:
    for number, time in enumerate([130.0, 50.0, 121.0, 10.0, 250.0]):
        await world.shelf.add("a", event(id=str(number), time=time), 1.0)
    await world.shelf.add("b", event(id="other", time=50.0), 1.0)
    assert await read(world) == ["1", "3", "0", "2"]
    assert await read(world, first=30.0) == ["1", "0", "2"]
    first = await world.shelf.following("a", first=0.0, last=200.0, behind=(0.0, 0), limit=3)
    assert await read(world, behind=(first[-1].event.time, first[-1].number)) == ["2"]


async def test_how_much_there_is(world: World) -> None:
    assert (await world.shelf.holds("a"), await world.shelf.oldest("a")) == ((0, 0), None)
    await world.shelf.add("a", event(), 5.0)
    await world.shelf.add("a", event(), 7.0)
    assert (await world.shelf.holds("a"), await world.shelf.oldest("a")) == ((2 * len(event().encoded()), 2), 5.0)
    await world.shelf.drop("a", until=5.0)
    assert (await world.shelf.holds("a"))[1] == 1
    await world.shelf.drop("a")
    assert (await world.shelf.holds("a"))[1] == 0
