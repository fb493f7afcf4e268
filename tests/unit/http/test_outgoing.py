"""Answers on their way out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest

from lambent.http.head import HeadError, date_line
from lambent.http.message import Request, Response
from lambent.http.outgoing import BrokenAnswer, Outgoing
from tests.unit.http.wire import Answer, AnswerReader, MemoryTransport, settle

DATE = date_line(0)


class Sender(asyncio.Protocol):
    """An Outgoing on a transport in memory."""

    def __init__(self) -> None:
        self.transport = MemoryTransport(self)
        self.out = Outgoing(self.transport)

    def pause_writing(self) -> None:
        self.out.pause()

    def resume_writing(self) -> None:
        self.out.resume()

    async def send(self, response: Response, method: str = "GET", version: str = "1.1", keep: bool = True) -> bool:
        request = Request.of(method, "/")
        request.version = version
        if isinstance(response.body, bytes):
            return self.out.whole(request, response, keep, DATE)
        return await self.out.stream(request, response, keep, DATE)

    def answer(self, method: str = "GET") -> Answer:
        (answer,) = AnswerReader().feed(bytes(self.transport.written))
        return answer


class Pieces:
    """An async generator's worth of pieces that notes whether it was closed."""

    def __init__(self, pieces: Iterable[bytes | Exception]) -> None:
        self.pieces = pieces
        self.started = 0
        self.closed = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.started += 1
        try:
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed += 1


@pytest.mark.parametrize("size", [0, 10, 200_000])
async def test_a_whole_answer(size: int) -> None:
    sender = Sender()
    assert await sender.send(Response(201, [("X-A", "b")], b"x" * size))
    answer = sender.answer()
    assert (answer.status, answer.body, answer.complete) == (201, b"x" * size, True)
    assert answer.headers == {"date": DATE[6:-2], "x-a": "b", "content-length": str(size)}
    assert sender.out.sent == len(sender.transport.written)


@pytest.mark.parametrize(
    ("response", "method", "expected"),
    [
        (Response(200, [], b"abc"), "HEAD", "3"),
        (Response(200, [("content-length", "9")], b""), "HEAD", "9"),
        (Response(204, [], b"abc"), "GET", None),
        (Response(304, [("Content-Length", "9")], b""), "GET", "9"),
        (Response(304, [], b""), "GET", None),
        (Response(200, [("content-length", "3")], b"abc"), "GET", "3"),
    ],
)
async def test_answers_that_have_no_body_of_their_own(response: Response, method: str, expected: str | None) -> None:
    sender = Sender()
    assert await sender.send(response, method)
    head, _, body = bytes(sender.transport.written).partition(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert lines.get("content-length") == expected
    assert body == (b"abc" if method == "GET" and response.status == 200 else b"")


@pytest.mark.parametrize(
    ("version", "keep", "wish", "line", "stays"),
    [
        ("1.1", True, [], None, True),
        ("1.1", False, [], "close", False),
        ("1.1", True, [("Connection", "close")], "close", False),
        ("1.0", True, [], "keep-alive", True),
        ("1.0", False, [], "close", False),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_who_is_told_that_the_connection_ends(
    version: str, keep: bool, wish: list[tuple[str, str]], line: str | None, stays: bool, streamed: bool
) -> None:
    sender = Sender()
    body: bytes | Pieces = Pieces([b"abc"]) if streamed else b"abc"
    fields = [*wish, ("content-length", "3")]
    assert await sender.send(Response(200, fields, body), version=version, keep=keep) is stays
    assert sender.answer().headers.get("connection") == line


async def test_a_length_that_is_not_the_body_s_is_refused_with_nothing_written() -> None:
    sender = Sender()
    with pytest.raises(HeadError):
        await sender.send(Response(200, [("content-length", "4")], b"abc"))
    assert not sender.transport.written


async def test_a_stream_goes_out_in_chunks_as_it_comes() -> None:
    sender = Sender()
    pieces = Pieces([b"abc", b"", b"y" * 100_000, b"z"])
    assert await sender.send(Response(200, [], pieces))
    answer = sender.answer()
    assert answer.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in answer.headers
    assert answer.body == b"abc" + b"y" * 100_000 + b"z"
    assert answer.complete
    assert pieces.closed == 1


async def test_trailers_are_asked_for_after_the_last_piece() -> None:
    sender = Sender()
    pieces = Pieces([b"abc"])
    await sender.send(Response(200, [("Trailer", "x-sum")], pieces, lambda: [("x-sum", str(pieces.closed))]))
    assert sender.answer().trailers == {"x-sum": "1"}


async def test_old_clients_get_a_stream_until_the_connection_ends_and_no_trailers() -> None:
    sender = Sender()
    response = Response(200, [], Pieces([b"abc", b"de"]), lambda: [("a", "b")])
    assert not await sender.send(response, version="1.0")
    head, _, body = bytes(sender.transport.written).partition(b"\r\n\r\n")
    assert body == b"abcde"
    assert b"connection: close" in head
    assert b"transfer-encoding" not in head


async def test_a_stream_of_declared_length_is_sent_as_it_is() -> None:
    sender = Sender()
    assert await sender.send(Response(200, [("Content-Length", "5")], Pieces([b"abc", b"de"])), version="1.0")
    assert sender.answer().body == b"abcde"


@pytest.mark.parametrize("pieces", [[b"abc"], [b"abc", b"defg"]])
async def test_a_stream_that_is_not_as_long_as_declared_is_broken(pieces: list[bytes]) -> None:
    sender = Sender()
    body = Pieces(pieces)
    with pytest.raises(BrokenAnswer, match="content-length 5"):
        await sender.send(Response(200, [("content-length", "5")], body))
    assert body.closed == 1
    assert len(bytes(sender.transport.written).partition(b"\r\n\r\n")[2]) <= 5


@pytest.mark.parametrize("where", [0, 1])
async def test_a_stream_that_fails_is_broken_and_says_why(where: int) -> None:
    sender = Sender()
    body = Pieces([b"abc"] * where + [KeyError("inside")])
    with pytest.raises(BrokenAnswer) as broken:
        await sender.send(Response(200, [], body))
    assert isinstance(broken.value.__cause__, KeyError)
    assert body.closed == 1
    assert not sender.out.streaming
    assert not sender.answer().complete


@pytest.mark.parametrize("trailers", [[("a", "b\r\nc: d")], [("content-length", "1")]])
async def test_trailers_that_cannot_be_sent_break_the_stream(trailers: list[tuple[str, str]]) -> None:
    sender = Sender()
    with pytest.raises(BrokenAnswer):
        await sender.send(Response(200, [], Pieces([b"abc"]), lambda: trailers))
    assert not sender.answer().complete


@pytest.mark.parametrize(("status", "method"), [(200, "HEAD"), (204, "GET"), (304, "GET")])
async def test_a_stream_is_not_even_begun_where_there_is_no_body(status: int, method: str) -> None:
    sender = Sender()
    body = Pieces([b"abc"])
    assert await sender.send(Response(status, [], body), method)
    assert bytes(sender.transport.written).endswith(b"\r\n\r\n")
    assert b"transfer-encoding" not in sender.transport.written
    assert body.started == 0


async def test_a_bad_head_of_a_stream_writes_nothing() -> None:
    sender = Sender()
    with pytest.raises(HeadError):
        await sender.send(Response(200, [("a", "\n")], Pieces([b"abc"])))
    assert not sender.transport.written


async def test_a_slow_client_holds_the_stream_back() -> None:
    sender = Sender()
    produced = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal produced
        while produced < 100:
            produced += 1
            yield b"x" * 10_000

    sender.transport.stuck = True
    task = asyncio.create_task(sender.send(Response(200, [], endless())))
    await settle()
    assert sender.out.blocked
    assert produced == 7, "64 KiB are waiting, and that is enough"
    assert sender.out.waiting == sender.out.sent
    sender.transport.take()
    await task
    assert produced == 100
    assert len(sender.answer().body) == 1_000_000


async def test_nothing_is_written_once_the_client_is_gone() -> None:
    sender = Sender()
    body = Pieces([b"abc"] * 3)
    sender.transport.closing = True
    sender.out.lose()
    await sender.send(Response(200, [], body))
    await sender.send(Response(200, [], b"x" * 100_000))
    assert not sender.transport.written
    assert body.closed == 1


async def test_waiting_for_room_ends_with_the_connection() -> None:
    sender = Sender()
    sender.out.pause()
    waiting = asyncio.create_task(sender.out.drained())
    await settle()
    assert not waiting.done()
    sender.out.lose()
    await asyncio.wait_for(waiting, 1)
    await sender.out.drained()
