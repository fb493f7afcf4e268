"""The framed session against a peer that says whatever the test wants. The common contract: test_session.py."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambent.model.errors import PlatformError
from lambent.model.invocation import FunctionError, Invocation
from lambent.runtime_api.answer_stream import AnswerStream, StreamEnd
from lambent.runtime_api.framed import FramedSession
from lambent.runtime_api.frames import MAX_CHUNK, Decoder, Kind, encode, encode_ready
from lambent.runtime_api.session import Disconnected, Failed, Initialized, Parked, Responded, RestoreFailed

EVENT = Invocation("id-1", b'{"a":1}', 1234, "arn:f")


class Peer:
    """The other end of the socket, raw."""

    def __init__(self, channel: socket.socket) -> None:
        channel.setblocking(False)
        self.channel = channel
        self.decoder = Decoder()

    async def send(self, data: bytes) -> None:
        """Bytes to the platform."""
        await asyncio.get_running_loop().sock_sendall(self.channel, data)

    async def answer(self, kind: Kind, payload: bytes = b"", **meta: object) -> None:
        """One frame to the platform."""
        await self.send(encode(kind, msgspec.json.encode(meta), len(payload)) + payload)

    async def next(self) -> tuple[dict[str, object], bytes]:
        """The next frame from the platform."""
        while True:
            data = await asyncio.get_running_loop().sock_recv(self.channel, 1 << 16)
            assert data, "hung up"
            for frame in self.decoder.feed(data):
                return msgspec.json.decode(frame.meta), frame.payload

    async def hung_up(self) -> bool:
        """Wait for the end of the connection."""
        try:
            while await asyncio.get_running_loop().sock_recv(self.channel, 1 << 16):
                pass
        except ConnectionError:
            pass
        return True


@pytest.fixture
async def pair() -> AsyncIterator[tuple[FramedSession, Peer]]:
    """A session and its peer."""
    ours, theirs = socket.socketpair()
    session = await FramedSession.connect(ours)
    with theirs:
        yield session, Peer(theirs)
        session.close()
        await asyncio.sleep(0)


Pair = tuple[FramedSession, Peer]


async def test_a_final_error_is_told_and_ends_the_session(pair: Pair) -> None:
    session, peer = pair
    await peer.send(encode_ready())
    await session.initialized()
    waiting = asyncio.ensure_future(session.invoke(EVENT))
    await peer.next()
    await peer.answer(Kind.ERROR, b'{"errorType":"E"}', id="id-1", type="E", xray="{}", final=True)
    outcome = await waiting
    assert isinstance(outcome, Failed)
    assert outcome.cause == "{}"
    assert outcome.error.payload == b'{"errorType":"E"}'
    assert not await session.idle()
    assert await session.invoke(EVENT) == Disconnected()


async def test_meta_of_an_invocation(pair: Pair) -> None:
    session, peer = pair
    await peer.send(encode_ready())
    assert await session.initialized() == Initialized()
    full = Invocation("i", b"x", 5, "arn", "trace", "client", "identity", "tenant", "text/plain")
    waiting = asyncio.ensure_future(session.invoke(full))
    meta, payload = await peer.next()
    assert payload == b"x"
    assert meta == {
        "id": "i",
        "deadline": 5,
        "arn": "arn",
        "trace": "trace",
        "client": "client",
        "identity": "identity",
        "tenant": "tenant",
        "content_type": "text/plain",
    }
    await peer.answer(Kind.RESPONSE, b"y", id="i", content_type="bad\ntype")
    assert await waiting == Responded(b"y", "application/octet-stream")
    assert await session.idle()


async def test_a_refused_answer_is_announced_without_its_payload(pair: Pair) -> None:
    session, peer = pair
    await peer.send(encode_ready())
    await session.initialized()
    waiting = asyncio.ensure_future(session.invoke(EVENT))
    await peer.next()
    await peer.answer(Kind.TOO_LARGE, id="id-1", size=7_000_000)
    outcome = await waiting
    assert isinstance(outcome, Failed)
    assert b"(7000000 bytes)" in outcome.error.payload


READY_THEN = {
    "a stream before any event": encode(Kind.STREAM, b'{"id":"id-1"}', 0),
    "an answer before any event": encode(Kind.RESPONSE, b'{"id":"id-1"}', 0),
    "an init error after the first next": encode(Kind.INIT_ERROR, b"{}", 0),
    "ready twice": encode_ready(),
    "an invocation for the platform": encode(Kind.INVOKE, b'{"id":"a","deadline":1,"arn":"b"}', 0),
    "garbage": b"\xff" * 100,
    "a length of four gigabytes": b"\xff\xff\xff\xff\x11",
}


@pytest.mark.parametrize("data", READY_THEN.values(), ids=READY_THEN.keys())
async def test_breaking_the_protocol_ends_an_idle_session(
    pair: Pair, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    session, peer = pair
    await peer.send(encode_ready())
    await session.initialized()
    with caplog.at_level(logging.WARNING):
        await peer.send(data)
        assert await peer.hung_up()
    assert await session.idle() is False
    assert await session.invoke(EVENT) == Disconnected()
    assert "broke its protocol" in caplog.text


WHILE_BUSY = {
    "a stream for another": encode(Kind.STREAM, b'{"id":"other"}', 0),
    "a piece of nothing": encode(Kind.CHUNK, b"", 1) + b"x",
    "an end of nothing": encode(Kind.END, b'{"id":"id-1"}', 0),
    "a wrong id": encode(Kind.RESPONSE, b'{"id":"other"}', 0),
    "a forged error": encode(Kind.ERROR, b'{"id":"other","type":"T"}', 0),
    "no id": encode(Kind.RESPONSE, b"{}", 0),
    "meta that is no JSON": encode(Kind.RESPONSE, b"{", 0),
    "meta of another shape": encode(Kind.ERROR, b'{"id":["id-1"]}', 0),
    "meta that is no text": encode(Kind.RESPONSE, b'{"id":"\xff"}', 0),
    "meta nested without end": encode(Kind.RESPONSE, b'{"x":' + b"[" * 100_000, 0),
    "ready": encode_ready(),
    "an init error": encode(Kind.INIT_ERROR, b"{}", 0),
}


@pytest.mark.parametrize("data", WHILE_BUSY.values(), ids=WHILE_BUSY.keys())
async def test_breaking_the_protocol_disconnects_the_invocation(
    pair: Pair, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    session, peer = pair
    await peer.send(encode_ready())
    await session.initialized()
    waiting = asyncio.ensure_future(session.invoke(EVENT))
    await peer.next()
    await peer.send(data)
    assert await waiting == Disconnected()
    assert await peer.hung_up()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


WHILE_STREAMING = {
    "another stream": encode(Kind.STREAM, b'{"id":"id-1"}', 0),
    "the end of another": encode(Kind.END, b'{"id":"other"}', 0),
    "a whole answer": encode(Kind.RESPONSE, b'{"id":"id-1"}', 0),
    "an error that is no end": encode(Kind.ERROR, b'{"id":"id-1","type":"T"}', 0),
    "a piece that is too large": encode(Kind.CHUNK, b"", MAX_CHUNK + 1),
    "garbage": b"\xff" * 100,
}


@pytest.mark.parametrize("data", WHILE_STREAMING.values(), ids=WHILE_STREAMING.keys())
async def test_breaking_the_protocol_cuts_the_stream(pair: Pair, data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    session, peer = pair
    await peer.send(encode_ready())
    await session.initialized()
    waiting = asyncio.ensure_future(session.invoke(EVENT))
    await peer.next()
    await peer.answer(Kind.STREAM, id="id-1")
    stream = await waiting
    assert isinstance(stream, AnswerStream)
    await peer.send(encode(Kind.CHUNK, b"", 4) + b"some")
    assert await stream.take() == b"some"
    await peer.send(data)
    assert await stream.take() is None
    assert stream.end == StreamEnd(cut=True)
    assert await session.idle() is False
    assert "broke its protocol" in caplog.text


async def test_a_final_error_midway_ends_the_session(pair: Pair) -> None:
    session, peer = pair
    await peer.send(encode_ready())
    await session.initialized()
    waiting = asyncio.ensure_future(session.invoke(EVENT))
    await peer.next()
    await peer.answer(Kind.STREAM, id="id-1")
    stream = await waiting
    assert isinstance(stream, AnswerStream)
    await peer.answer(Kind.END, b"{}", id="id-1", type="E", final=True)
    assert await stream.take() is None
    assert stream.end == StreamEnd(FunctionError("E", b"{}"))
    assert await session.idle() is False


async def test_answering_twice_keeps_the_first_answer(pair: Pair) -> None:
    session, peer = pair
    await peer.send(encode_ready())
    await session.initialized()
    waiting = asyncio.ensure_future(session.invoke(EVENT))
    await peer.next()
    one = encode(Kind.RESPONSE, b'{"id":"id-1"}', 1)
    await peer.send(one + b"1" + one + b"2")
    assert await waiting == Responded(b"1")
    assert await session.idle() is False


async def test_hanging_up_inside_a_frame(pair: Pair) -> None:
    session, peer = pair
    await peer.send(encode_ready())
    await session.initialized()
    waiting = asyncio.ensure_future(session.invoke(EVENT))
    await peer.next()
    await peer.send(encode(Kind.RESPONSE, b'{"id":"id-1"}', 100) + b"half")
    peer.channel.close()
    assert await waiting == Disconnected()


async def test_idle_is_not_for_a_busy_or_starting_runtime(pair: Pair) -> None:
    session, peer = pair
    with pytest.raises(PlatformError, match="starting"):
        await session.idle()
    await peer.send(encode_ready())
    await session.initialized()
    waiting = asyncio.ensure_future(session.invoke(EVENT))
    await peer.next()
    with pytest.raises(PlatformError, match="busy"):
        await session.idle()
    session.close()
    assert await waiting == Disconnected()


async def test_a_late_answer_to_a_cancelled_wait_is_dropped(pair: Pair) -> None:
    session, peer = pair
    await peer.send(encode_ready())
    await session.initialized()
    waiting = asyncio.ensure_future(session.invoke(EVENT))
    await peer.next()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(PlatformError, match="busy"):
        await session.invoke(EVENT)
    await peer.answer(Kind.RESPONSE, b"late", id="id-1")
    while True:
        try:
            again = asyncio.ensure_future(session.invoke(EVENT))
            await asyncio.sleep(0)
            if again.done():
                again.result()
            break
        except PlatformError:
            continue
    await peer.next()
    await peer.answer(Kind.RESPONSE, b"new", id="id-1")
    assert await again == Responded(b"new")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.binary(max_size=60), st.just(encode_ready())), max_size=6))
def test_no_bytes_raise_or_hang(pieces: list[bytes]) -> None:
    async def play() -> None:
        ours, theirs = socket.socketpair()
        session = await FramedSession.connect(ours)
        with theirs:
            for piece in pieces:
                try:
                    theirs.send(piece)
                except ConnectionError:
                    break
                await asyncio.sleep(0)
        outcome = await asyncio.wait_for(session.initialized(), 5)
        if outcome == Initialized():
            assert await asyncio.wait_for(session.invoke(EVENT), 5) == Disconnected()
        session.close()
        await asyncio.sleep(0)

    logging.disable()
    try:
        asyncio.run(play())
    finally:
        logging.disable(logging.NOTSET)


async def test_a_parked_runtime_goes_on_when_it_may(pair: Pair) -> None:
    session, peer = pair
    await peer.answer(Kind.PARKED)
    assert await session.initialized() == Parked()
    with pytest.raises(PlatformError, match="runtime that is parked"):
        await session.invoke(EVENT)
    going_on = asyncio.ensure_future(session.proceed())
    await peer.next()
    await peer.send(encode_ready())
    assert await going_on == Initialized()
    with pytest.raises(PlatformError, match="PROCEED for a runtime that is idle"):
        await session.proceed()


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("", ""),
        ("holds a socket open (descriptor 7)",) * 2,
        ("forged\nERROR lambent: all is lost\x1b[2J" + "x" * 500, "forged ERROR lambent: all is lost [2J" + "x" * 219),
    ],
)
async def test_a_capture_and_why_there_is_none(pair: Pair, reason: str, told: str) -> None:
    session, peer = pair
    await peer.answer(Kind.PARKED)
    await session.initialized()
    capturing = asyncio.ensure_future(session.capture())
    await peer.next()
    await peer.answer(Kind.CAPTURED, reason=reason)
    assert await capturing == told


async def test_a_runtime_that_ends_while_it_is_captured(pair: Pair) -> None:
    session, peer = pair
    await peer.answer(Kind.PARKED)
    await session.initialized()
    capturing = asyncio.ensure_future(session.capture())
    await peer.next()
    peer.channel.close()
    assert await capturing is None
    assert await session.proceed() == Disconnected()


async def test_a_restored_runtime_says_so_before_its_hooks(pair: Pair) -> None:
    session, peer = pair
    told: list[str] = []
    session.on_restored = lambda: told.append("restored")
    await peer.answer(Kind.RESTORED)
    await peer.answer(Kind.RESTORE_ERROR, b'{"errorType":"ValueError"}', type="Runtime.AfterRestoreError")
    outcome = await session.initialized()
    assert outcome == RestoreFailed(FunctionError("Runtime.AfterRestoreError", b'{"errorType":"ValueError"}'))
    assert (told, session.is_restored) == (["restored"], True)
    assert await peer.hung_up()


@pytest.mark.parametrize("kind", [Kind.CAPTURED, Kind.CAPTURE, Kind.PROCEED])
async def test_what_no_runtime_says_by_itself_ends_it(pair: Pair, kind: Kind) -> None:
    session, peer = pair
    await peer.answer(kind, reason="")
    assert await session.initialized() == Disconnected()
