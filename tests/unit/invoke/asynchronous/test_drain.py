"""The drain over the memory queue, with work that does as it is told and a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from lambent.clock import MovableClock
from lambent.invoke.asynchronous.drain import Drain, Prepared
from lambent.invoke.asynchronous.event import AsyncEvent, Delivery, EventConfig, line_of
from lambent.invoke.base import InvokeRequest
from lambent.model.errors import ApiError
from lambent.model.invocation import InvocationResult
from lambent.queue.memory import MemoryQueue
from tests.unit.gateway.test_credentials import FUNCTION

Answer = Callable[[AsyncEvent], InvocationResult | Exception]
GOOD = InvocationResult(b'"ok"', "1")
BAD = InvocationResult(b'{"errorMessage": "no"}', "1", "Unhandled")
THROTTLED = ApiError("TooManyRequestsException", "Rate Exceeded.", status=429)


class Told:
    """Work that remembers what it was asked for."""

    def __init__(self) -> None:
        self.config = EventConfig()
        self.answer: Answer = lambda event: GOOD
        self.invoked: list[tuple[str, int]] = []
        self.delivered: list[Delivery] = []
        self.refusals: list[Exception] = []
        self.there = True
        self.zero = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.running = self.most = 0

    async def prepare(self, event: AsyncEvent) -> Prepared | None:
        if not self.there:
            return None
        return Prepared(FUNCTION, InvokeRequest(event.payload, "arn"), self.config, self.zero)

    async def invoke(self, event: AsyncEvent, prepared: Prepared) -> InvocationResult:
        self.running += 1
        self.most = max(self.most, self.running)
        await self.gate.wait()
        self.running -= 1
        self.invoked.append((event.request_id, event.retries))
        answer = self.answer(event)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def deliver(self, delivery: Delivery) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.delivered.append(delivery)


class World:
    def __init__(self, places: int = 10) -> None:
        self.clock = MovableClock()
        self.queue = MemoryQueue()
        self.work = Told()
        self.drain = Drain(self.queue, self.work, self.clock, places=places)

    async def send(self, request_id: str = "r", name: str = "f", **more: Any) -> None:
        event = AsyncEvent(request_id, "1", "us-east-1", name, None, b"{}", self.clock.now(), **more)
        await self.drain.accept(event)

    async def settled(self) -> None:
        """Until nothing moves any more."""
        for _ in range(60):
            await asyncio.sleep(0)

    async def after(self, seconds: float) -> None:
        self.clock.move(seconds)
        await self.settled()

    def counts(self, name: str = "f") -> Any:
        return self.drain.counters.of(line_of("1", "us-east-1", name))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    async with made.drain:
        yield made


async def test_an_event_is_invoked_once_and_gone(world: World) -> None:
    await world.send()
    await world.settled()
    assert world.work.invoked == [("r", 0)]
    assert await world.queue.names() == []
    assert (world.counts().received, world.counts().succeeded) == (1, 1)
    assert world.drain._wakes == {}


async def test_a_loop_ends_without_another_attempt(world: World) -> None:
    world.work.config = EventConfig(on_failure="arn:f")
    await world.send(looping=True)
    await world.settled()
    assert world.work.invoked == []
    (told,) = world.work.delivered
    assert b'"condition":"RetriesExhausted","approximateInvokeCount":0' in told.body


async def test_an_event_that_is_being_worked_on_is_not_begun_again_when_the_clock_runs_ahead(world: World) -> None:
    world.work.gate.clear()
    await world.send("long")
    await world.settled()
    await world.after(3600)
    await world.send("next")
    await world.settled()
    assert world.work.running == 2
    world.work.gate.set()
    await world.settled()
    assert sorted(world.work.invoked) == [("long", 0), ("next", 0)]
    assert await world.queue.names() == []
    assert world.drain._held == {}


async def test_every_step_is_told(world: World) -> None:
    world.work.answer = lambda event: GOOD if event.retries else BAD
    world.work.config = EventConfig(on_success="arn:s")
    world.work.refusals = [ApiError("Internal", "later", status=503)]
    await world.send()
    await world.settled()
    await world.after(60)
    await world.after(1)
    steps = [(step.what, step.attempt) async for step in world.drain.journal.steps("r", follow=True)]
    assert steps == [
        ("accepted", 0),
        ("started", 1),
        ("failed", 1),
        ("started", 2),
        ("succeeded", 2),
        ("undelivered", 1),
        ("delivered", 1),
    ]


async def test_function_errors_are_retried_after_one_minute_and_two(world: World) -> None:
    world.work.answer = lambda event: BAD
    world.work.config = EventConfig(on_failure="arn:f", dead_letters="arn:d")
    await world.send()
    await world.settled()
    await world.after(59)
    assert len(world.work.invoked) == 1
    await world.after(1.1)
    assert len(world.work.invoked) == 2
    await world.after(119)
    assert len(world.work.invoked) == 2
    await world.after(1.1)
    assert world.work.invoked == [("r", 0), ("r", 1), ("r", 2)]
    assert [each.target for each in world.work.delivered] == ["arn:f", "arn:d"]
    assert b'"approximateInvokeCount":3' in world.work.delivered[0].body
    assert world.work.delivered[1].attributes["ErrorMessage"] == ("String", "no")
    assert (world.counts().retried, world.counts().failed, world.counts().dropped) == (2, 1, 0)


async def test_throttles_do_not_count_as_retries_and_the_function_rests(world: World) -> None:
    world.work.answer = lambda event: THROTTLED
    await world.send("a")
    await world.settled()
    await world.send("b")
    await world.settled()
    assert [request for request, _ in world.work.invoked] == ["a"]  # b waits, too
    world.work.answer = lambda event: GOOD
    await world.after(1.1)
    assert sorted(request for request, _ in world.work.invoked) == ["a", "a", "b"]
    assert (world.counts().throttled, world.counts().succeeded) == (1, 2)


async def test_an_event_that_has_waited_too_long_is_over(world: World) -> None:
    world.work.config = EventConfig(most_seconds=60, on_failure="arn:f")
    world.work.answer = lambda event: THROTTLED
    await world.send()
    await world.settled()
    await world.after(61)
    assert len(world.work.invoked) == 1
    assert b'"condition":"EventAgeExceeded"' in world.work.delivered[0].body


async def test_zero_concurrency_ends_it_without_an_attempt(world: World) -> None:
    world.work.zero, world.work.config = True, EventConfig(on_failure="arn:f", dead_letters="arn:d")
    await world.send()
    await world.settled()
    assert world.work.invoked == []
    destination, letter = world.work.delivered
    assert b'"condition":"ZeroReservedConcurrency"' in destination.body
    assert letter.attributes["ErrorCode"] == ("Number", "429")


async def test_a_function_that_is_gone_loses_its_events(world: World) -> None:
    world.work.there = False
    await world.send()
    await world.settled()
    assert (world.counts().dropped, await world.queue.names()) == (1, [])


async def test_what_the_platform_fails_at_is_tried_again(world: World) -> None:
    world.work.answer = lambda event: GOOD if event.throttles else RuntimeError("ours")
    await world.send()
    await world.settled()
    await world.after(1.1)
    assert world.counts().succeeded == 1


async def test_deliveries_are_tried_again_and_counted(world: World) -> None:
    world.work.config = EventConfig(on_success="arn:s")
    world.work.refusals = [ApiError("X", "down", status=503), RuntimeError("down")]
    await world.send()
    await world.settled()
    assert world.work.delivered == []
    await world.after(1.1)
    await world.after(10.1)
    assert [each.attempts for each in world.work.delivered] == [2]
    assert world.counts().destination_delivery_failures == 2
    assert len(world.work.invoked) == 1


async def test_a_delivery_that_is_refused_is_dropped(world: World) -> None:
    world.work.config = EventConfig(dead_letters="arn:d", most_retries=0)
    world.work.answer = lambda event: BAD
    world.work.refusals = [ApiError("AccessDenied", "no", status=403)]
    await world.send()
    await world.settled()
    assert (world.counts().dead_letter_errors, world.counts().dropped) == (1, 1)
    assert await world.queue.names() == []


async def test_no_function_waits_for_anothers_events_and_all_keep_to_their_places() -> None:
    world = World(places=4)
    async with world.drain:
        world.work.gate.clear()
        for number in range(50):
            await world.send(str(number), "busy")
        await world.send("other", "quiet")
        await world.settled()
        assert world.work.most == 4
        world.work.gate.set()
        for _ in range(20):
            await world.settled()
        assert world.counts("busy").succeeded == 50
        order = [request for request, _ in world.work.invoked]
        assert order.index("other") < 12


async def test_what_a_stop_leaves_the_next_start_takes_up(world: World) -> None:
    world.work.gate.clear()
    await world.send("a")
    await world.settled()
    assert world.work.running == 1
    await world.drain.__aexit__(None, None, None)
    again = Told()
    async with Drain(world.queue, again, world.clock, places=1):
        await world.settled()
    assert again.invoked == [("a", 0)]


async def test_rubbish_is_dropped(world: World) -> None:
    await world.queue.put("1/us-east-1/f", [b"\x00"], now=world.clock.now())
    await world.send()
    await world.settled()
    assert (world.counts().dropped, world.counts().succeeded) == (1, 1)


async def test_how_much_waits(world: World) -> None:
    world.work.answer = lambda event: BAD
    await world.send()
    await world.settled()
    assert await world.drain.waiting() == {"1/us-east-1/f": (0, 1)}


async def test_every_attempt_is_traced_or_none_is(world: World) -> None:
    seen: list[str | None] = []

    def answer(event: AsyncEvent) -> InvocationResult:
        seen.append(event.trace_id)
        return InvocationResult(b"{}", "1", "Unhandled", trace_id=f"Root=1;Parent=f;Sampled={len(seen) % 2}")

    world.work.answer = answer
    await world.send(trace_id="Root=1;Parent=a")
    await world.settled()
    for seconds in (61.0, 121.0):
        await world.after(seconds)
    assert seen == ["Root=1;Parent=a", "Root=1;Parent=a;Sampled=1", "Root=1;Parent=a;Sampled=1"]
