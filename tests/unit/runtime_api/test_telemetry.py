"""The hub: who gets what, when, and what is kept for those who come later. Time by hand; listeners are real."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lambent.runtime_api import telemetry_records as records
from lambent.runtime_api.telemetry import KEPT_BYTES, KEPT_EVENTS, Closed, OtherApi, TelemetryHub
from lambent.runtime_api.telemetry_outbox import BATCHES, FALLEN_BEHIND
from lambent.runtime_api.telemetry_records import Category, Event
from lambent.runtime_api.telemetry_render import Schema
from lambent.runtime_api.telemetry_subscriptions import (
    Api,
    Buffering,
    HttpDestination,
    Subscription,
    TcpDestination,
)
from tests.unit.runtime_api.listeners import ByHand, Listener, lines, listening, open_socket, turns, until

ALL = tuple(Category)


def wanting(port: int, *types: Category, schema: Schema = Schema.TELEMETRY_2022_12_13, **more: Any) -> Subscription:
    """A subscription to a listener on `port`."""
    return Subscription(
        more.get("api", Api.LOGS if schema.is_logs else Api.TELEMETRY),
        schema,
        types or ALL,
        more.get("buffering", Buffering(1000, 262_144, 1000)),
        more.get("destination", HttpDestination(port)),
    )


@pytest.fixture
def time() -> ByHand:
    """Time by hand."""
    return ByHand()


@pytest.fixture
async def hub(time: ByHand) -> AsyncIterator[TelemetryHub]:
    """A hub of a function with a JSON log."""
    made = TelemetryHub(open_socket=open_socket, clock=time, json_logs=True, call_later=time.call_later)
    yield made
    await made.close()
    await made.close()
    assert time.pending() == []


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    """One HTTP listener."""
    async with listening(Listener()) as made:
        yield made


def kinds(batch: list[Any]) -> list[str]:
    """The types of a batch's events."""
    return [event["type"].removeprefix("platform.") for event in batch]


async def test_what_happened_before_the_subscription_comes_first(
    hub: TelemetryHub, listener: Listener, time: ByHand
) -> None:
    hub.emit(records.init_start(initialization_type="on-demand", phase="init"), at=0.0)
    hub.write(Category.EXTENSION, ["early"])
    time.time += 1
    told = hub.subscribe("me", wanting(listener.port))
    assert told == records.telemetry_subscription("me", ["platform", "function", "extension"])
    hub.close_subscriptions()
    hub.write(Category.FUNCTION, ["plain", '{"level": "INFO"}'])
    await turns()
    time.advance(1)
    batch = await listener.batch()
    assert kinds(batch) == ["initStart", "extension", "telemetrySubscription", "function", "function"]
    assert [event["time"][11:19] for event in batch] == ["00:00:00", "00:16:40", "00:16:41", "00:16:41", "00:16:41"]
    assert [event["record"] for event in batch[3:]] == ["plain", {"level": "INFO"}]


async def test_each_sees_its_own_types_and_schema(hub: TelemetryHub, listener: Listener) -> None:
    async with listening(Listener()) as other:
        hub.subscribe("new", wanting(listener.port, Category.PLATFORM))
        told = hub.subscribe(
            "old", wanting(other.port, Category.PLATFORM, Category.FUNCTION, schema=Schema.LOGS_2020_08_15)
        )
        assert told == records.logs_subscription("old", ["platform", "function"])
        hub.write(Category.FUNCTION, ['{"a": 1}'])
        hub.write(Category.EXTENSION, ["x"])
        hub.emit(records.start("r", trace_id="Root=1"))
        hub.emit(records.end("r"))
        assert await hub.flush(10)
        assert kinds(await listener.batch()) == ["telemetrySubscription", "start"]
        old = await other.batch()
        assert kinds(old) == ["logsSubscription", "function", "start", "end"]
        assert [event["record"] for event in old[1:3]] == ['{"a": 1}', {"requestId": "r"}]


async def test_subscribing_again_replaces(hub: TelemetryHub, listener: Listener, time: ByHand) -> None:
    hub.subscribe("me", wanting(1))
    await turns()
    hub.subscribe("me", wanting(listener.port, Category.FUNCTION))
    hub.write(Category.FUNCTION, ["x"])
    assert await hub.flush(10)
    assert kinds(await listener.batch()) == ["function"]
    with pytest.raises(OtherApi):
        hub.subscribe("me", wanting(1, schema=Schema.LOGS_2021_03_18))


async def test_after_init_nobody_subscribes(hub: TelemetryHub) -> None:
    assert hub.listening
    hub.close_subscriptions()
    assert not hub.listening
    with pytest.raises(Closed):
        hub.subscribe("me", wanting(1))
    hub.emit(records.end("r"))
    hub.write(Category.FUNCTION, ["x"])
    assert await hub.flush(10)


async def test_what_is_kept_for_later_is_bounded(hub: TelemetryHub, listener: Listener) -> None:
    hub.write(Category.FUNCTION, ["x" * KEPT_BYTES, "too much"])
    for number in range(KEPT_EVENTS + 100):
        hub.emit(records.end(str(number)))
    hub.subscribe("me", wanting(listener.port, schema=Schema.LOGS_2020_08_15))
    assert await hub.flush(10)
    got = [*await listener.batch(), *await listener.batch()]
    assert kinds(got[:2]) == ["function", "end"]
    assert kinds(got)[-1] == "logsSubscription"
    assert len(got) == KEPT_EVENTS + 1


async def test_a_frozen_environment_is_left_alone(hub: TelemetryHub, listener: Listener, time: ByHand) -> None:
    hub.subscribe("me", wanting(listener.port))
    hub.pause()
    time.advance(60)
    await turns()
    assert not await hub.flush(0.01)
    assert listener.bodies.empty()
    hub.resume()
    assert kinds(await listener.batch()) == ["telemetrySubscription"]


async def test_a_listener_that_comes_late(hub: TelemetryHub, time: ByHand) -> None:
    async with lines() as (port, got, _):
        destination = TcpDestination(port)
    hub.subscribe("me", wanting(0, Category.FUNCTION, destination=destination))
    hub.write(Category.FUNCTION, ["a", "b"])
    flushed = asyncio.ensure_future(hub.flush(10))
    await until(lambda: time.pending() == [0.1])
    async with lines(port) as (_, got, _writers):
        time.advance(1)
        assert await flushed
        assert [json.loads(await got.get())["record"] for _ in range(2)] == ["a", "b"]
        await hub.close()


async def test_a_listener_that_falls_behind_is_told_what_it_lost(
    hub: TelemetryHub, listener: Listener, time: ByHand
) -> None:
    hub.subscribe("me", wanting(listener.port, Category.PLATFORM, Category.FUNCTION))
    hub.pause()
    hub.write(Category.FUNCTION, ["x" * 1000] * 2000)
    hub.resume()
    got: list[Any] = []
    assert await hub.flush(10)
    while not listener.bodies.empty():
        got += await listener.batch()
    [told] = [event["record"] for event in got if event["type"] == "platform.logsDropped"]
    delivered = sum(event["type"] == "function" for event in got)
    assert told == {
        "droppedBytes": told["droppedRecords"] * len(json.dumps(got[-1], separators=(",", ":"))),
        "droppedRecords": 2000 - delivered,
        "reason": FALLEN_BEHIND,
    }
    assert delivered >= 1000


async def test_many_lines_to_nobody_cost_bounded_memory(hub: TelemetryHub, time: ByHand) -> None:
    hub.subscribe("me", wanting(1, Category.FUNCTION, buffering=Buffering(1000, 262_144, 30_000)))
    hub.close_subscriptions()
    hub.pause()
    event = Event("function", "x" * 1000)
    for _ in range(3000):
        hub.emit(event, at=0.0)
    [subscriber] = hub._subscribers.values()
    outbox = subscriber._outbox
    held = sum(len(event) for batch in (*outbox._ready, outbox._filling) for event in batch)
    assert BATCHES * 262_144 < held < (BATCHES + 1) * 262_144 + 1000
