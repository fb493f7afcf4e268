"""Dead letters, and what becomes of them when their queue does not take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambent.model.errors import ApiError, PlatformError
from lambent.services.events.deliveries import Delivery, Letter
from lambent.services.events.delivery_errors import Failure
from lambent.services.events.records import Target
from lambent.services.events.retries import Spent
from tests.unit.services.events.conftest import ARN, DEAD, QUEUE, event

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World

TARGET = Target(id="t", arn=QUEUE, dead_letters=DEAD)
LETTER = Letter(Delivery(f"{ARN}rule/r", TARGET, event()), Failure("CODE", "why"), Spent.ATTEMPTS, 2)
DOWN = ApiError("ServiceUnavailable", "down", status=503)


async def test_a_letter_is_kept_until_its_queue_takes_it(world: World) -> None:
    world.town.refusing["dead"] = DOWN
    await world.undertaker.bury(LETTER)
    assert await world.queue.names() == [LETTER.line]
    assert await world.told() == []
    world.town.refusing.clear()
    for _ in range(5):
        await world.settle()
    assert world.town.bodies(DEAD)[-1]["id"] == "e-1"
    (step,) = await world.told()
    assert (step.what, step.detail, step.attempt) == ("dead", "CODE: why", 3)
    assert await world.queue.names() == []


async def test_after_a_day_it_is_dropped_and_told(world: World) -> None:
    world.town.refusing["dead"] = DOWN
    now = world.clock.now()
    assert await world.undertaker.attempt(LETTER, 0, now) == now + 0.75
    assert await world.undertaker.attempt(LETTER, 0, now - 86_400) is None
    (step,) = await world.told("dropped")
    assert step.detail == "CODE: why; dead-letter queue: down"


async def test_a_failure_of_ours_is_no_end(world: World) -> None:
    world.town.refusing["dead"] = PlatformError("the disk is full")  # type: ignore[assignment]
    now = world.clock.now()
    assert await world.undertaker.attempt(LETTER, 0, now) == now + 0.75
