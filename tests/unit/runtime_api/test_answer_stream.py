"""An answer in pieces: bounded, in order, ended once."""

from __future__ import annotations

import asyncio

import pytest

from lambent.model.invocation import FunctionError
from lambent.runtime_api.answer_stream import HOLD_BACK_BYTES, AnswerStream, StreamEnd


@pytest.fixture
def resumed() -> list[None]:
    return []


@pytest.fixture
def stream(resumed: list[None]) -> AnswerStream:
    return AnswerStream("text/plain", lambda: resumed.append(None))


async def test_what_was_fed_is_taken_together_and_then_the_end(stream: AnswerStream) -> None:
    assert stream.feed(b"a")
    assert stream.feed(b"")
    assert stream.feed(b"b")
    assert await stream.take() == b"ab"
    stream.feed(b"c")
    stream.finish(StreamEnd())
    assert await stream.take() == b"c"
    assert await stream.take() is None
    assert stream.end == StreamEnd()


async def test_whoever_takes_waits_for_a_piece_or_the_end(stream: AnswerStream) -> None:
    waiting = asyncio.ensure_future(stream.take())
    await asyncio.sleep(0)
    stream.feed(b"a")
    assert await waiting == b"a"
    waiting = asyncio.ensure_future(stream.take())
    await asyncio.sleep(0)
    stream.finish(StreamEnd(cut=True))
    assert await waiting is None


async def test_a_wait_that_was_given_up_loses_nothing(stream: AnswerStream) -> None:
    waiting = asyncio.ensure_future(stream.take())
    await asyncio.sleep(0)
    waiting.cancel()
    stream.feed(b"a")
    assert await stream.take() == b"a"


async def test_the_feeder_is_held_back_until_something_was_taken(stream: AnswerStream, resumed: list[None]) -> None:
    assert stream.feed(bytes(HOLD_BACK_BYTES - 1))
    assert not stream.feed(b"x")
    assert resumed == []
    assert len(await stream.take() or b"") == HOLD_BACK_BYTES
    assert resumed == [None]
    assert stream.feed(b"y")
    await stream.take()
    assert resumed == [None]


async def test_only_the_first_end_counts_and_nothing_comes_after_it(stream: AnswerStream, resumed: list[None]) -> None:
    error = FunctionError("E", b"{}")
    stream.finish(StreamEnd(error))
    stream.finish(StreamEnd())
    stream.feed(b"late")
    assert resumed == [None]
    assert await stream.take() is None
    assert stream.end == StreamEnd(error)


async def test_what_is_refused_may_come_and_be_taken(stream: AnswerStream, resumed: list[None]) -> None:
    assert stream.refused is None
    stream.refuse(99)
    assert (stream.refused, resumed) == (99, [None])
    stream.feed(b"more")
    assert await stream.take() == b"more"
