"""What every Bus does. One that sends over a wire may take a moment: tests wait for it, not for a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from lambent.bus.base import Bus
from lambent.bus.memory import MemoryBus

BACKENDS = {"memory": MemoryBus}


@pytest.fixture(params=BACKENDS)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    async with BACKENDS[request.param]() as bus:
        yield bus


class Heard:
    """A subscriber that keeps what it hears and can be waited for."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self._more = asyncio.Event()

    def __call__(self, topic: str, message: str) -> None:
        self.messages.append((topic, message))
        self._more.set()

    async def until(self, message: str) -> list[tuple[str, str]]:
        while message not in [text for _, text in self.messages]:
            self._more.clear()
            await asyncio.wait_for(self._more.wait(), 5)
        return self.messages


async def test_every_subscriber_of_the_topic_hears(bus: Bus) -> None:
    one, two, other = Heard(), Heard(), Heard()
    bus.subscribe("functions", one)
    bus.subscribe("functions", two)
    bus.subscribe("layers", other)
    bus.publish("functions", "a/b/é")
    bus.publish("layers", "end")
    assert await one.until("a/b/é") == [("functions", "a/b/é")] == await two.until("a/b/é")
    assert await other.until("end") == [("layers", "end")]


async def test_messages_of_a_topic_come_in_order_once_each(bus: Bus) -> None:
    heard = Heard()
    bus.subscribe("functions", heard)
    for number in range(50):
        bus.publish("functions", str(number))
    assert await heard.until("49") == [("functions", str(number)) for number in range(50)]


async def test_only_what_is_published_after_subscribing_and_before_ending(bus: Bus) -> None:
    heard, witness = Heard(), Heard()
    bus.subscribe("functions", witness)
    bus.publish("functions", "before")
    await witness.until("before")
    end = bus.subscribe("functions", heard)
    bus.publish("functions", "during")
    await heard.until("during")
    end()
    end()
    bus.publish("functions", "after")
    await witness.until("after")
    assert heard.messages == [("functions", "during")]


async def test_nobody_needs_to_listen(bus: Bus) -> None:
    bus.publish("functions", "unheard")


async def test_a_subscriber_that_raises_hinders_no_other(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    def broken(topic: str, message: str) -> None:
        raise RuntimeError("boom")

    heard = Heard()
    bus.subscribe("functions", broken)
    bus.subscribe("functions", heard)
    bus.publish("functions", "x")
    assert await heard.until("x") == [("functions", "x")]
    assert "boom" in caplog.text


async def test_the_same_subscriber_twice_is_two_subscriptions(bus: Bus) -> None:
    heard = Heard()
    end = bus.subscribe("functions", heard)
    bus.subscribe("functions", heard)
    end()
    bus.publish("functions", "x")
    assert await heard.until("x") == [("functions", "x")]
