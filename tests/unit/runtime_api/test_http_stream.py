"""Streamed responses through the Runtime API, raw. What all sessions promise: tests/contract/test_session.py."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator

import pytest

from lambent.model.invocation import FunctionError, Invocation
from lambent.runtime_api.answer_stream import AnswerStream, StreamEnd
from lambent.runtime_api.http_api import HttpSession

BASE = "/2018-06-01/runtime/invocation"
STREAMING = "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
CHUNKED = STREAMING + "Transfer-Encoding: chunked\r\n"


class Runtime:
    """A session in the middle of an invocation, and a runtime that is made of bytes."""

    def __init__(self, session: HttpSession, address: tuple[str, int]) -> None:
        self.session = session
        self.address = address
        self.streams: list[asyncio.StreamWriter] = []

    async def send(self, data: str | bytes) -> asyncio.StreamReader:
        """Bytes on a new connection."""
        reader, writer = await asyncio.open_connection(*self.address)
        self.streams.append(writer)
        writer.write(data.encode() if isinstance(data, str) else data)
        return reader

    async def ask(self, method: str, path: str) -> tuple[int, str]:
        """(status, body) of the answer to a request without a body."""
        reader = await self.send(f"{method} {BASE}/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        return await self.answer(reader)

    async def answer(self, reader: asyncio.StreamReader) -> tuple[int, str]:
        """(status, body)."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].split("\r\n")[0])
        return int(head.split()[1]), (await reader.readexactly(length)).decode()

    async def begin(self, headers: str, body: str | bytes = b"") -> tuple[AnswerStream, asyncio.StreamReader]:
        """Take the event and begin to answer it."""
        asked = await self.send(f"GET {BASE}/next HTTP/1.1\r\nHost: x\r\n\r\n")
        await self.session.initialized()
        outcome = asyncio.ensure_future(self.session.invoke(Invocation("id", b"{}", 1, "arn")))
        body = body.encode() if isinstance(body, str) else body
        assert (await self.answer(asked))[0] == 200
        reader = await self.send(f"POST {BASE}/id/response HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode() + body)
        stream = await outcome
        assert isinstance(stream, AnswerStream)
        return stream, reader


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        session = await HttpSession.listen(listener)
        runtime = Runtime(session, listener.getsockname())
        yield runtime
        for writer in runtime.streams:
            writer.close()
        session.close()
        await session.closed()


async def test_trailers_tell_of_an_error_midway(runtime: Runtime) -> None:
    error = b'{"errorType":"E"}'
    body = (
        b"4\r\nhalf\r\n0\r\nLambda-Runtime-Function-Error-Type: Function.Broke\r\n"
        b"Lambda-Runtime-Function-Error-Body: " + base64.b64encode(error) + b"\r\n\r\n"
    )
    stream, reader = await runtime.begin(CHUNKED, body)
    assert await stream.take() == b"half"
    assert await stream.take() is None
    assert stream.end == StreamEnd(FunctionError("Function.Broke", error))
    assert await runtime.answer(reader) == (202, '{"status":"OK"}')


async def test_a_trailer_that_is_no_base64_tells_nothing(runtime: Runtime) -> None:
    trailers = "Lambda-Runtime-Function-Error-Type: Function.Broke\r\nLambda-Runtime-Function-Error-Body: #\r\n"
    stream, _ = await runtime.begin(CHUNKED, f"0\r\n{trailers}\r\n")
    assert await stream.take() is None
    assert stream.end == StreamEnd(FunctionError("Function.Broke", b""))


async def test_too_much_is_answered_before_all_of_it_has_come(runtime: Runtime) -> None:
    stream, reader = await runtime.begin(CHUNKED, "4\r\nhalf\r\n")
    await stream.take()
    stream.refuse(3)
    runtime.streams[-1].write(b"4\r\nmore\r\n")
    status, body = await runtime.answer(reader)
    assert (status, json.loads(body)) == (
        413,
        {"errorMessage": "Exceeded maximum allowed payload size (3 bytes).", "errorType": "RequestEntityTooLarge"},
    )
    while await stream.take() is not None:
        pass
    asking = asyncio.ensure_future(runtime.ask("GET", "next"))
    assert await runtime.session.idle() is True
    asking.cancel()


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("POST", "id/response", "InvocationResponse"),
        ("POST", "id/error", "InvocationErrorResponse"),
        ("GET", "next", "Ready"),
    ],
)
async def test_nothing_else_goes_while_it_streams(runtime: Runtime, method: str, path: str, wanted: str) -> None:
    stream, _ = await runtime.begin(CHUNKED, "4\r\nhalf\r\n")
    status, body = await runtime.ask(method, path)
    assert (status, json.loads(body)) == (
        403,
        {
            "errorMessage": f"State transition from InvocationResponse to {wanted} failed for runtime. "
            "Error: State transition is not allowed",
            "errorType": "InvalidStateTransition",
        },
    )
    assert await stream.take() == b"half"
    assert stream.end is None


@pytest.mark.parametrize("garbage", [b"zz\r\nhalf\r\n", b"\x00\xff\r\n", b"4\r\nhalfmore\r\n0\r\n\r\n"])
async def test_garbage_midway(runtime: Runtime, garbage: bytes) -> None:
    stream, _ = await runtime.begin(CHUNKED, b"4\r\nsome\r\n")
    assert await stream.take() == b"some"
    runtime.streams[-1].write(garbage)
    while await stream.take() is not None:
        pass
    assert stream.end is not None and stream.end.error is not None
    assert stream.end.error.error_type == "Runtime.TruncatedResponse"
    assert (await runtime.ask("POST", "id/response"))[0] == 403


async def test_a_runtime_that_hangs_up_midway(runtime: Runtime) -> None:
    stream, _ = await runtime.begin(CHUNKED, b"4\r\nsome\r\n")
    assert await stream.take() == b"some"
    runtime.streams[-1].close()
    assert await stream.take() is None
    assert stream.end is not None and stream.end.error is not None
    assert stream.end.error.error_type == "Runtime.TruncatedResponse"


async def test_a_length_instead_of_chunks(runtime: Runtime) -> None:
    stream, reader = await runtime.begin(STREAMING + "Content-Length: 8\r\n", b"some")
    assert (await stream.take(), stream.content_type) == (b"some", "application/json")
    runtime.streams[-1].write(b"more")
    assert await stream.take() == b"more"
    assert await stream.take() is None
    assert stream.end == StreamEnd()
    assert (await runtime.answer(reader))[0] == 202


async def test_chunks_alone_are_a_stream_too(runtime: Runtime) -> None:
    stream, reader = await runtime.begin("Transfer-Encoding: chunked\r\n", b"4\r\nsome\r\n")
    assert await stream.take() == b"some"
    runtime.streams[-1].write(b"0\r\n\r\n")
    assert await stream.take() is None
    assert (await runtime.answer(reader))[0] == 202


async def test_a_content_type_that_lies(runtime: Runtime) -> None:
    stream, _ = await runtime.begin(CHUNKED + "Content-Type: text/\xe9\r\n", b"0\r\n\r\n")
    assert stream.content_type == "application/octet-stream"


async def test_closing_answers_a_runtime_that_is_held_back(runtime: Runtime) -> None:
    piece = b"10000\r\n" + bytes(65536) + b"\r\n"
    stream, _ = await runtime.begin(CHUNKED, piece * 100)
    assert len(await stream.take() or b"") > 0
    runtime.session.close()
    while await stream.take() is not None:
        pass
    assert stream.end == StreamEnd(cut=True)
    await runtime.session.closed()
