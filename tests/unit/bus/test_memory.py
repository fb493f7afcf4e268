"""What is the memory bus's own: it calls at once. The rest is tests/contract/test_bus.py."""

from __future__ import annotations

from collections.abc import Callable

from lambent.bus.memory import MemoryBus


def test_a_cache_is_invalid_before_the_publisher_goes_on() -> None:
    bus = MemoryBus()
    heard: list[str] = []
    bus.subscribe("functions", lambda topic, message: heard.append(message))
    bus.publish("functions", "key")
    assert heard == ["key"]


def test_a_subscriber_may_end_others_and_itself_while_it_is_called() -> None:
    bus = MemoryBus()
    heard: list[str] = []
    ends: list[Callable[[], None]] = []

    def end_all(topic: str, message: str) -> None:
        heard.append("first")
        for end in ends:
            end()

    ends.append(bus.subscribe("functions", end_all))
    ends.append(bus.subscribe("functions", lambda topic, message: heard.append("second")))
    bus.publish("functions", "x")
    bus.publish("functions", "y")
    assert heard == ["first"]


def test_a_subscriber_may_subscribe_while_it_is_called() -> None:
    bus = MemoryBus()
    heard: list[str] = []

    def subscribe(topic: str, message: str) -> None:
        bus.subscribe("functions", lambda topic, message: heard.append(message))

    bus.subscribe("functions", subscribe)
    bus.publish("functions", "x")
    assert heard == []
    bus.publish("functions", "y")
    assert heard == ["y"]


async def test_leaving_the_bus_ends_every_subscription() -> None:
    heard: list[str] = []
    async with MemoryBus() as bus:
        end = bus.subscribe("functions", lambda topic, message: heard.append(message))
    bus.publish("functions", "x")
    end()
    assert heard == []
