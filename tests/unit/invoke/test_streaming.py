"""From the runtime to whoever asked: size, speed, slow and absent receivers, and the end of time."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.invoke.streaming import Collector, Courier, StreamRules
from lambent.model.invocation import FunctionError, InvocationResult
from lambent.runtime_api.answer_stream import AnswerStream, StreamEnd
from lambent.runtime_api.frames import MAX_PAYLOAD
from lambent.runtime_api.session import Disconnected, Failed, Responded
from lambent.settings import Settings
from tests.unit.invoke.conftest import TestClock

RULES = StreamRules(limit_bytes=1000, burst_bytes=100, bytes_per_second=10.0)


class Kept(Collector):
    """Keeps what it gets, and says at which time of the clock."""

    limit = None

    def __init__(self, clock: TestClock) -> None:
        super().__init__()
        self.clock = clock
        self.times: list[float] = []

    async def write(self, piece: bytes) -> None:
        self.times.append(self.clock.wall)
        await super().write(piece)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def stream() -> AnswerStream:
    return AnswerStream("text/plain", lambda: None)


async def quiet() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_the_rules_are_settings() -> None:
    mebibyte = 1024 * 1024
    assert StreamRules.of(Settings()) == StreamRules(200 * mebibyte, 6 * mebibyte, 2.0 * mebibyte)
    assert StreamRules.of(Settings(stream_limit_mb=20, stream_burst_mb=0, stream_mb_per_second=0.5)) == StreamRules(
        20 * mebibyte, 0, mebibyte / 2
    )


async def test_what_is_streamed_is_put_together(clock: TestClock, stream: AnswerStream) -> None:
    courier, sink = Courier(RULES, clock), Kept(clock)
    carrying = asyncio.ensure_future(courier.carry(stream, sink))
    for piece in (b"a", b"b"):
        stream.feed(piece)
        await quiet()
    stream.finish(StreamEnd())
    assert await carrying == Responded(b"ab", "text/plain")
    assert courier.size == 2


async def test_an_error_midway(clock: TestClock, stream: AnswerStream) -> None:
    error = FunctionError("E", b"{}")
    stream.feed(b"some")
    stream.finish(StreamEnd(error))
    assert await Courier(RULES, clock).carry(stream, Collector()) == Failed(error)


async def test_a_runtime_that_went_away(clock: TestClock, stream: AnswerStream) -> None:
    stream.feed(b"some")
    stream.finish(StreamEnd(cut=True))
    assert await Courier(RULES, clock).carry(stream, Collector()) == Disconnected()


async def test_the_burst_leaves_at_once_and_the_rest_in_time(clock: TestClock, stream: AnswerStream) -> None:
    sink, start = Kept(clock), clock.wall
    carrying = asyncio.ensure_future(Courier(RULES, clock).carry(stream, sink))
    for size in (100, 20, 30):
        stream.feed(bytes(size))
        await quiet()
    assert sink.times == [start]
    for _ in range(5):
        clock.move(1.0)
        await quiet()
    stream.finish(StreamEnd())
    await carrying
    assert sink.times == [start, start + 2, start + 5]


async def test_too_much_is_refused_and_what_still_comes_is_thrown_away(clock: TestClock, stream: AnswerStream) -> None:
    courier, sink = Courier(StreamRules(1000, 10_000, 10.0), clock), Kept(clock)
    stream.feed(bytes(1000))
    carrying = asyncio.ensure_future(courier.carry(stream, sink))
    await quiet()
    stream.feed(b"x")
    outcome = await carrying
    assert isinstance(outcome, Failed)
    assert outcome.error.error_type == "Function.ResponseSizeTooLarge"
    assert json.loads(outcome.error.payload)["errorMessage"] == (
        "Response payload size (1001 bytes) exceeded maximum allowed payload size (1000 bytes)."
    )
    assert (stream.refused, len(sink.whole())) == (1000, 1000)
    draining = asyncio.ensure_future(courier.drain())
    for _ in range(100):
        stream.feed(bytes(50))
        await quiet()
    assert not draining.done()
    stream.finish(StreamEnd())
    clock.move(1e6)
    await draining
    await courier.drain()
    assert len(sink.whole()) == 1000


async def test_who_asked_for_a_whole_answer_gets_no_more_than_that_may_be(clock: TestClock) -> None:
    rules = StreamRules(limit_bytes=1, burst_bytes=0, bytes_per_second=1.0)  # which are not for whole answers
    for extra, refused in ((0, False), (1, True)):
        stream = AnswerStream("text/plain", lambda: None)
        stream.feed(bytes(MAX_PAYLOAD + extra))
        stream.finish(StreamEnd())
        outcome = await Courier(rules, clock).carry(stream, Collector())
        assert isinstance(outcome, Failed) is refused


async def test_a_slow_receiver_holds_the_runtime_back(clock: TestClock) -> None:
    resumed: list[None] = []
    stream = AnswerStream("text/plain", lambda: resumed.append(None))
    answer = StreamedAnswer("1")
    carrying = asyncio.ensure_future(Courier(StreamRules(10**9, 10**9, 1.0), clock).carry(stream, answer))
    fed = 0
    while stream.feed(bytes(65536)):
        fed += 65536
        await quiet()
    assert fed < 1024 * 1024  # a piece with the receiver, one on the way, and what the stream holds
    assert not resumed
    await answer.aclose()
    await quiet()
    assert resumed
    stream.finish(StreamEnd())
    assert await carrying == Responded(b"", "text/plain")


@pytest.mark.parametrize("held_up_by", ["the runtime", "the bandwidth", "the receiver"])
async def test_when_time_is_over_nobody_is_waited_for(clock: TestClock, stream: AnswerStream, held_up_by: str) -> None:
    courier = Courier(RULES, clock)
    sink: Any = StreamedAnswer("1") if held_up_by == "the receiver" else Kept(clock)
    carrying = asyncio.ensure_future(courier.carry(stream, sink))
    await quiet()
    for _ in range({"the runtime": 0, "the bandwidth": 1, "the receiver": 3}[held_up_by]):
        stream.feed(bytes(500 if held_up_by == "the bandwidth" else 1))
        await quiet()
    assert not carrying.done()
    courier.cut()
    assert await carrying == Disconnected()
    courier.cut()


async def test_what_was_cut_before_it_is_carried_is_not_handed_over(clock: TestClock, stream: AnswerStream) -> None:
    stream.feed(b"some")
    stream.finish(StreamEnd(cut=True))
    answer = StreamedAnswer("1")  # that nobody reads
    assert await Courier(RULES, clock).carry(stream, answer) == Disconnected()
    answer.end(InvocationResult(b"{}", "1", "Unhandled"))
    assert [piece async for piece in answer] == []


async def test_who_carries_may_be_cancelled(clock: TestClock, stream: AnswerStream) -> None:
    carrying = asyncio.ensure_future(Courier(RULES, clock).carry(stream, Collector()))
    await quiet()
    carrying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await carrying
    await quiet()
    assert len(asyncio.all_tasks()) == 1
