"""A body between the parser and the handler."""

from __future__ import annotations

import asyncio

import pytest

from lambent.http.body import BadRequest, Body, BodyTooLarge, ClientGone, RequestError


async def reading(body: Body, limit: int = 1000) -> asyncio.Task[bytes]:
    """A reader that waits for the rest."""
    task = asyncio.create_task(body.read(limit))
    await asyncio.sleep(0)
    return task


async def test_read_gives_all_and_then_nothing() -> None:
    body = Body.of(b"abc")
    assert await body.read(3) == b"abc"
    assert await body.read(3) == b""


async def test_read_waits_for_the_end_and_joins() -> None:
    pulls: list[bool] = []
    body = Body(6, lambda: pulls.append(body.wanted))
    body.feed(b"ab")
    reader = await reading(body)
    assert body.wanted
    body.feed(b"cd")
    await asyncio.sleep(0)
    assert not reader.done()
    body.feed(b"ef")
    body.end()
    assert await reader == b"abcdef"
    assert not body.wanted
    assert pulls and all(pulls), "whoever feeds must be told that somebody waits"


@pytest.mark.parametrize("chunked", [True, False])
async def test_read_refuses_more_than_its_limit(chunked: bool) -> None:
    body = Body(None if chunked else 4)
    body.feed(b"abcd")
    body.end()
    with pytest.raises(BodyTooLarge) as refusal:
        await body.read(3)
    assert (refusal.value.status, refusal.value.limit) == (413, 3)
    assert await body.read(4) == b"abcd", "the body is still there for a reader who allows it"


async def test_read_refuses_a_declared_length_before_any_of_it_came() -> None:
    with pytest.raises(BodyTooLarge):
        await Body(10**12).read(10)


async def test_read_refuses_a_chunked_body_as_soon_as_it_is_too_long() -> None:
    body = Body(None)
    reader = await reading(body, 3)
    body.feed(b"abcd")
    with pytest.raises(BodyTooLarge):
        await reader


async def test_a_failure_reaches_the_reader_after_what_came() -> None:
    body = Body(9)
    body.feed(b"abc")
    body.fail(BadRequest("bad chunk"))
    assert await body.take() == b"abc"
    with pytest.raises(BadRequest, match="bad chunk"):
        await body.take()


async def test_a_failure_wakes_the_reader() -> None:
    body = Body(9)
    reader = await reading(body)
    body.fail(ClientGone())
    with pytest.raises(RequestError, match="client disconnected"):
        await reader


async def test_a_failure_after_the_end_changes_nothing() -> None:
    body = Body.of(b"x")
    body.fail(ClientGone())
    assert await body.read(1) == b"x"


async def test_stream_gives_pieces_and_pulls_for_more() -> None:
    pulls = 0

    def pull() -> None:
        nonlocal pulls
        pulls += 1

    body = Body(None, pull)
    stream = body.stream(100)
    body.feed(b"ab")
    body.feed(b"cd")
    assert await anext(stream) == b"abcd"
    assert (body.buffered, body.arrived, pulls) == (0, 4, 1)
    body.end()
    assert [piece async for piece in stream] == []


async def test_stream_counts_against_its_limit() -> None:
    with pytest.raises(BodyTooLarge):
        Body(5).stream(4)
    body = Body(None)
    stream = body.stream(4)
    body.feed(b"abc")
    assert await anext(stream) == b"abc"
    body.feed(b"de")
    with pytest.raises(BodyTooLarge) as refusal:
        await anext(stream)
    assert refusal.value.limit == 4


async def test_two_readers_at_once_are_a_mistake() -> None:
    body = Body(3)
    reader = await reading(body)
    with pytest.raises(RuntimeError, match="two readers"):
        await body.take()
    body.feed(b"abc")
    body.end()
    assert await reader == b"abc"


async def test_a_reader_that_gives_up_leaves_the_body_readable() -> None:
    body = Body(3)
    reader = await reading(body)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert not body.wanted
    body.feed(b"abc")
    body.end()
    assert await body.read(3) == b"abc"


async def test_a_discarded_body_keeps_nothing() -> None:
    body = Body(4)
    body.feed(b"ab")
    body.discard()
    body.feed(b"cd")
    body.end()
    assert (body.buffered, body.arrived) == (0, 4)
    assert await body.read(4) == b""


async def test_what_is_there_already_needs_no_waiting() -> None:
    body = Body(3)
    body.feed(b"ab")
    assert body.whole(3) is None
    body.feed(b"c")
    assert body.whole(3) is None
    body.end()
    with pytest.raises(BodyTooLarge) as caught:
        body.whole(2)
    assert caught.value.limit == 2
    assert body.whole(3) == b"abc"
    assert body.whole(3) == b""
