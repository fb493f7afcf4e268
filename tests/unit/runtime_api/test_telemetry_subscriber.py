"""The task of one subscriber, with time by hand and a delivery that does as it is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence

import pytest

from lambent.model.errors import PlatformError
from lambent.runtime_api.telemetry_delivery import Undelivered
from lambent.runtime_api.telemetry_outbox import Outbox
from lambent.runtime_api.telemetry_records import Category
from lambent.runtime_api.telemetry_render import Schema
from lambent.runtime_api.telemetry_subscriber import Pace, Subscriber
from lambent.runtime_api.telemetry_subscriptions import Api, Buffering, Subscription, TcpDestination
from tests.unit.runtime_api.listeners import ByHand, turns

PLATFORM = Category.PLATFORM
SUBSCRIPTION = Subscription(
    Api.TELEMETRY, Schema.TELEMETRY_2022_12_13, (PLATFORM,), Buffering(3, 1000, 125), TcpDestination(1)
)


class Scripted:
    """A delivery that raises `failures` in turn, then succeeds; `open` gates it."""

    def __init__(self) -> None:
        self.sent: list[list[bytes]] = []
        self.failures: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()
        self.closed = 0

    async def send(self, batch: Sequence[bytes]) -> None:
        await self.open.wait()
        self.sent.append(list(batch))
        if self.failures:
            raise self.failures.pop(0)

    def close(self) -> None:
        self.closed += 1


class World:
    """A subscriber and all that it is made of."""

    def __init__(self) -> None:
        self.time = ByHand()
        self.pace = Pace(self.time.monotonic, self.time.call_later)
        self.delivery = Scripted()
        self.subscriber = Subscriber("me", SUBSCRIPTION, Outbox(SUBSCRIPTION.buffering, None), self.delivery, self.pace)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """It ends without leaving a connection."""
    made = World()
    await turns()
    yield made
    made.subscriber.task.cancel()
    await asyncio.gather(made.subscriber.task, return_exceptions=True)
    assert made.delivery.closed == 1
    assert made.time.pending() == []


async def test_a_batch_leaves_when_its_time_is_over(world: World) -> None:
    world.subscriber.add(b"a", PLATFORM)
    await turns()
    assert world.time.pending() == [0.125]
    world.time.advance(0.0625)
    world.subscriber.add(b"b", PLATFORM)
    await turns()
    assert world.delivery.sent == []
    world.time.advance(0.0625)
    await turns()
    assert world.delivery.sent == [[b"a", b"b"]]
    assert world.time.pending() == []


async def test_only_what_is_wanted(world: World) -> None:
    world.subscriber.add(None, PLATFORM)
    world.subscriber.add(b"x", Category.FUNCTION)
    await turns()
    assert world.time.pending() == []


async def test_a_full_batch_leaves_at_once(world: World) -> None:
    for event in (b"a", b"b", b"c"):
        world.subscriber.add(event, PLATFORM)
    await turns()
    assert world.delivery.sent == [[b"a", b"b", b"c"]]


@pytest.mark.parametrize("failure", [Undelivered("x"), OSError("x"), PlatformError("x")])
async def test_it_tries_again_after_a_pause(world: World, failure: Exception) -> None:
    world.delivery.failures = [failure, failure]
    emptied = asyncio.ensure_future(world.subscriber.emptied())
    assert await emptied is None
    world.subscriber.add(b"a", PLATFORM)
    emptied = asyncio.ensure_future(world.subscriber.emptied())
    await turns()
    for pause in (0.1, 0.2):
        assert world.time.pending() == [pause]
        assert not emptied.done()
        world.time.advance(pause + 0.001)
        await turns()
    assert world.delivery.sent == [[b"a"]] * 3
    await emptied


async def test_frozen_it_sends_nothing_and_thawed_what_fell_due(world: World) -> None:
    world.subscriber.add(b"a", PLATFORM)
    world.pace.paused = True
    await turns()
    world.time.advance(1000)
    world.subscriber.woken.set()
    await turns()
    assert world.delivery.sent == []
    world.pace.paused = False
    world.subscriber.woken.set()
    await turns()
    assert world.delivery.sent == [[b"a"]]


async def test_what_is_under_way_when_it_is_frozen_takes_its_time(world: World) -> None:
    world.delivery.open.clear()
    world.subscriber.add(b"a", PLATFORM)
    emptied = asyncio.ensure_future(world.subscriber.emptied())
    await turns()
    world.pace.paused = True
    world.time.advance(1000)
    await turns()
    assert not emptied.done()
    world.delivery.open.set()
    await emptied
    assert world.delivery.sent == [[b"a"]]


async def test_a_mistake_of_ours_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.delivery.failures = [RuntimeError("a mistake")]
    world.subscriber.add(b"a", PLATFORM)
    world.time.advance(1)
    with caplog.at_level(logging.ERROR):
        world.time.advance(1)
        await turns()
        world.time.advance(1)
        await turns()
    assert "telemetry for me ended" in caplog.text
