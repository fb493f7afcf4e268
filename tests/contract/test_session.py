"""The contract of `RuntimeSession`, over both of its implementations.

A `Peer` is a runtime process reduced to what it says; each implementation has one that speaks its protocol.
"""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator
from typing import Protocol

import msgspec
import pytest

from lambent.model.errors import PlatformError
from lambent.model.invocation import FunctionError, Invocation
from lambent.runtime_api import frames
from lambent.runtime_api.answer_stream import AnswerStream, StreamEnd
from lambent.runtime_api.framed import FramedSession
from lambent.runtime_api.frames import Decoder, Kind
from lambent.runtime_api.http_api import HttpSession
from lambent.runtime_api.session import (
    Disconnected,
    Failed,
    InitFailed,
    Initialized,
    Responded,
    RuntimeSession,
)

ERROR = b'{"errorMessage": "m", "errorType": "Runtime.MyError", "requestId": "", "stackTrace": []}'


def event(number: int = 1, payload: bytes = b'{"a": 1}') -> Invocation:
    """The invocation with that number."""
    return Invocation(f"id-{number}", payload, 4_102_444_800_000, "arn:f", trace_id="Root=1")


class Peer(Protocol):
    """What a runtime does."""

    async def ask(self) -> None:
        """Ask for the first event."""

    async def take(self) -> tuple[str, bytes]:
        """Receive what was asked for: (id, payload)."""

    async def respond(self, request_id: str, payload: bytes) -> None:
        """Answer, and ask for the next event."""

    async def fail(self, request_id: str, payload: bytes) -> None:
        """Report an error of type Runtime.MyError, and ask for the next event."""

    async def begin(self, request_id: str) -> None:
        """Begin to answer in pieces."""

    async def piece(self, payload: bytes) -> None:
        """A piece, of at most 64 KiB. Waits while the session does not read."""

    async def finish(self, request_id: str, error: bytes | None = None) -> None:
        """End the answer, with an error of type Runtime.MyError if there is one, and ask for the next event."""

    async def fail_init(self, payload: bytes) -> None:
        """Report an init error of type Runtime.MyError."""

    async def end(self) -> None:
        """Go away."""


class FramedPeer:
    """Speaks frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.decoder = Decoder()

    async def ask(self) -> None:
        self.writer.write(frames.encode_ready())

    async def take(self) -> tuple[str, bytes]:
        while True:
            data = await self.reader.read(1 << 16)
            assert data
            for frame in self.decoder.feed(data):
                return msgspec.json.decode(frame.meta)["id"], frame.payload

    async def respond(self, request_id: str, payload: bytes) -> None:
        self._send(Kind.RESPONSE, {"id": request_id}, payload)
        await self.writer.drain()

    async def fail(self, request_id: str, payload: bytes) -> None:
        self._send(Kind.ERROR, {"id": request_id, "type": "Runtime.MyError"}, payload)

    async def begin(self, request_id: str) -> None:
        self._send(Kind.STREAM, {"id": request_id, "content_type": "text/plain"}, b"")

    async def piece(self, payload: bytes) -> None:
        self.writer.write(frames.encode(Kind.CHUNK, b"", len(payload)) + payload)
        await self.writer.drain()

    async def finish(self, request_id: str, error: bytes | None = None) -> None:
        meta = {"id": request_id} if error is None else {"id": request_id, "type": "Runtime.MyError"}
        self._send(Kind.END, meta, error or b"")

    async def fail_init(self, payload: bytes) -> None:
        self._send(Kind.INIT_ERROR, {"type": "Runtime.MyError"}, payload)

    async def end(self) -> None:
        self.writer.close()

    def _send(self, kind: Kind, meta: object, payload: bytes) -> None:
        text = msgspec.json.encode(meta)
        self.writer.write(frames.encode(kind, text, len(payload)) + payload)


class HttpPeer:
    """Speaks HTTP, on one connection. Its end is told to the session by `close`, as the dispatcher does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: HttpSession) -> None:
        self.reader, self.writer, self.session = reader, writer, session

    async def ask(self) -> None:
        self.writer.write(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n")

    async def take(self) -> tuple[str, bytes]:
        headers, body = await self._answer()
        return headers["lambda-runtime-aws-request-id"], body

    async def respond(self, request_id: str, payload: bytes) -> None:
        await self._post(f"invocation/{request_id}/response", payload)
        await self.ask()

    async def fail(self, request_id: str, payload: bytes) -> None:
        await self._post(f"invocation/{request_id}/error", payload)
        await self.ask()

    async def begin(self, request_id: str) -> None:
        self.writer.write(
            f"POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\r\nHost: runtime\r\n"
            "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
            "Content-Type: text/plain\r\n\r\n".encode()
        )

    async def piece(self, payload: bytes) -> None:
        self.writer.write(b"%x\r\n%b\r\n" % (len(payload), payload))
        await self.writer.drain()

    async def finish(self, request_id: str, error: bytes | None = None) -> None:
        trailers = b""
        if error is not None:
            trailers = b"Lambda-Runtime-Function-Error-Type: Runtime.MyError\r\n"
            trailers += b"Lambda-Runtime-Function-Error-Body: " + base64.b64encode(error) + b"\r\n"
        self.writer.write(b"0\r\n" + trailers + b"\r\n")
        await self._answer()
        await self.ask()

    async def fail_init(self, payload: bytes) -> None:
        await self._post("init/error", payload)

    async def end(self) -> None:
        self.writer.close()
        self.session.close()

    async def _post(self, path: str, payload: bytes) -> None:
        head = f"POST /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: runtime\r\nContent-Length: {len(payload)}\r\n"
        self.writer.write(head.encode() + b"Lambda-Runtime-Function-Error-Type: Runtime.MyError\r\n\r\n" + payload)
        await self.writer.drain()
        await self._answer()

    async def _answer(self) -> tuple[dict[str, str], bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        return headers, await self.reader.readexactly(int(headers["content-length"]))


Pair = tuple[RuntimeSession, Peer]


@pytest.fixture(params=["framed", "http"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    """A session and its peer."""
    if request.param == "framed":
        ours, theirs = socket.socketpair()
        framed = await FramedSession.connect(ours)
        reader, writer = await asyncio.open_connection(sock=theirs)
        yield framed, FramedPeer(reader, writer)
        framed.close()
    else:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            http = await HttpSession.listen(listener)
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            yield http, HttpPeer(reader, writer, http)
            http.close()
            await http.closed()
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_init_ends_with_the_first_next(pair: Pair) -> None:
    session, peer = pair
    waiting = [asyncio.ensure_future(session.initialized()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    await peer.ask()
    assert await asyncio.gather(*waiting) == [Initialized(), Initialized()]
    assert await session.initialized() == Initialized()


async def test_an_init_error_is_passed_on_verbatim(pair: Pair) -> None:
    session, peer = pair
    await peer.fail_init(ERROR)
    assert await session.initialized() == InitFailed(FunctionError("Runtime.MyError", ERROR))


async def test_ending_before_the_first_next(pair: Pair) -> None:
    session, peer = pair
    waiting = asyncio.ensure_future(session.initialized())
    await peer.end()
    assert await waiting == Disconnected()
    assert await session.invoke(event()) == Disconnected()


async def test_many_invocations_one_after_the_other(pair: Pair) -> None:
    session, peer = pair
    await peer.ask()
    await session.initialized()
    for number in range(5):
        outcome = asyncio.ensure_future(session.invoke(event(number, b"in %d" % number)))
        assert await peer.take() == (f"id-{number}", b"in %d" % number)
        await peer.respond(f"id-{number}", b"out %d" % number)
        assert await outcome == Responded(b"out %d" % number)
        assert await session.idle() is True


async def test_an_error_is_passed_on_verbatim_and_the_runtime_goes_on(pair: Pair) -> None:
    session, peer = pair
    await peer.ask()
    await session.initialized()
    outcome = asyncio.ensure_future(session.invoke(event()))
    await peer.take()
    await peer.fail("id-1", ERROR)
    assert await outcome == Failed(FunctionError("Runtime.MyError", ERROR))
    assert await session.idle() is True
    outcome = asyncio.ensure_future(session.invoke(event(2)))
    await peer.take()
    await peer.respond("id-2", b"")
    assert await outcome == Responded(b"")


async def test_the_largest_payloads(pair: Pair) -> None:
    session, peer = pair
    await peer.ask()
    await session.initialized()
    largest = bytes(range(256)) * (frames.MAX_PAYLOAD // 256)
    outcome = asyncio.ensure_future(session.invoke(event(1, largest)))
    assert (await peer.take())[1] == largest
    await peer.respond("id-1", largest)
    answer = await outcome
    assert isinstance(answer, Responded)
    assert answer.payload == largest


async def test_ending_while_an_invocation_runs(pair: Pair) -> None:
    session, peer = pair
    await peer.ask()
    await session.initialized()
    outcome = asyncio.ensure_future(session.invoke(event()))
    await peer.take()
    await peer.end()
    assert await outcome == Disconnected()
    assert await session.idle() is False
    assert await session.invoke(event()) == Disconnected()


async def test_one_at_a_time_and_only_after_init(pair: Pair) -> None:
    session, peer = pair
    with pytest.raises(PlatformError):
        await session.invoke(event())
    await peer.ask()
    await session.initialized()
    outcome = asyncio.ensure_future(session.invoke(event()))
    await peer.take()
    with pytest.raises(PlatformError):
        await session.invoke(event(2))
    await peer.respond("id-1", b"1")
    assert await outcome == Responded(b"1")


async def test_closing_disconnects_whoever_waits(pair: Pair) -> None:
    session, peer = pair
    await peer.ask()
    await session.initialized()
    outcome = asyncio.ensure_future(session.invoke(event()))
    await peer.take()
    session.close()
    session.close()
    assert await outcome == Disconnected()
    assert await session.idle() is False
    assert await session.invoke(event()) == Disconnected()


async def test_a_cancelled_wait_leaves_the_session_sound(pair: Pair) -> None:
    session, peer = pair
    await peer.ask()
    await session.initialized()
    outcome = asyncio.ensure_future(session.invoke(event()))
    await peer.take()
    outcome.cancel()
    await asyncio.gather(outcome, return_exceptions=True)
    session.close()
    assert await session.invoke(event()) == Disconnected()


async def streaming(pair: Pair) -> AnswerStream:
    """INIT is over, and the runtime has begun to answer in pieces."""
    session, peer = pair
    await peer.ask()
    await session.initialized()
    outcome = asyncio.ensure_future(session.invoke(event()))
    await peer.take()
    await peer.begin("id-1")
    stream = await outcome
    assert isinstance(stream, AnswerStream)
    assert stream.content_type == "text/plain"
    return stream


async def test_pieces_come_before_the_next_is_made(pair: Pair) -> None:
    session, peer = pair
    stream = await streaming(pair)
    for number in range(3):
        await peer.piece(b"%d" % number)
        assert await stream.take() == b"%d" % number
    waiting = asyncio.ensure_future(session.idle())
    await asyncio.sleep(0)
    assert not waiting.done()
    await peer.finish("id-1")
    assert await stream.take() is None
    assert stream.end == StreamEnd()
    assert await waiting is True
    outcome = asyncio.ensure_future(session.invoke(event(2)))
    assert (await peer.take())[0] == "id-2"
    await peer.respond("id-2", b"whole")
    assert await outcome == Responded(b"whole")


async def test_an_error_midway_is_the_end_and_the_runtime_goes_on(pair: Pair) -> None:
    session, peer = pair
    stream = await streaming(pair)
    await peer.piece(b"some")
    await peer.finish("id-1", ERROR)
    assert await stream.take() == b"some"
    assert await stream.take() is None
    assert stream.end == StreamEnd(FunctionError("Runtime.MyError", ERROR))
    assert await session.idle() is True


async def test_a_stream_that_nobody_takes_holds_the_runtime_back(pair: Pair) -> None:
    session, peer = pair
    stream = await streaming(pair)
    piece = bytes(65536)

    async def pour() -> None:
        for _ in range(1000):
            await peer.piece(piece)
        await peer.finish("id-1")

    pouring = asyncio.ensure_future(pour())
    while (await asyncio.wait({pouring}, timeout=0.05))[0]:
        raise AssertionError("64 MB went nowhere")
    taken = [0]
    while (more := await stream.take()) is not None:
        taken.append(len(more))
    assert sum(taken) == 1000 * 65536
    assert max(taken) < 1024 * 1024
    await pouring
    assert await session.idle() is True


async def test_ending_midway(pair: Pair) -> None:
    session, peer = pair
    stream = await streaming(pair)
    await peer.piece(b"some")
    assert await stream.take() == b"some"
    await peer.end()
    assert await stream.take() is None
    assert stream.end is not None and (stream.end.cut or stream.end.error is not None)
    session.close()
    assert await session.idle() is False


async def test_closing_midway(pair: Pair) -> None:
    session, _ = pair
    stream = await streaming(pair)
    waiting = asyncio.ensure_future(session.idle())
    session.close()
    assert await stream.take() is None
    assert stream.end == StreamEnd(cut=True)
    assert await waiting is False
