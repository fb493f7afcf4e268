"""Letters and sightings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.services.sns.ledger import Sighting

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World


async def test_a_letter_goes_with_its_last_holder(world: World) -> None:
    ledger = world.ledger
    assert ledger.letter("a") is None
    await ledger.keep("a", b"body", holders=1, until=9.0)
    await ledger.keep("a", b"body", holders=1, until=9.0)
    await ledger.release("a")
    assert (ledger.letter("a"), await ledger.letters()) == (b"body", 1)
    await ledger.release("a")
    await ledger.release("a")
    assert (ledger.letter("a"), await ledger.letters()) == (None, 0)


async def test_a_letter_goes_when_its_time_is_over(world: World) -> None:
    await world.ledger.keep("a", b"body", holders=7, until=9.0)
    await world.ledger.sweep(now=8.9)
    assert await world.ledger.letters() == 1
    await world.ledger.sweep(now=9.0)
    assert await world.ledger.letters() == 0


async def test_what_was_seen_is_forgotten_after_a_while(world: World) -> None:
    ledger = world.ledger
    assert (ledger.sighting("t", "", "d", now=1.0), await ledger.last_sequence()) == (None, 0)
    await ledger.remember("t", "", "d", Sighting("m", 5), now=1.0, until=10.0)
    assert ledger.sighting("t", "", "d", now=9.9) == Sighting("m", 5)
    assert ledger.sighting("t", "g", "d", now=9.9) is None
    assert ledger.sighting("t", "", "d", now=10.0) is None
    await ledger.remember("t", "", "e", Sighting("n", 6), now=11.0, until=20.0)
    assert ledger.sighting("t", "", "d", now=9.9) is None
    assert await ledger.last_sequence() == 6
