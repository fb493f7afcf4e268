"""What the HTTP tests share: a transport in memory, a connection on it, and a reader of answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httptools

from lambent.http.connection import Connection
from lambent.http.limits import Limits
from lambent.http.message import Handler, Request, Response
from lambent.http.pace import Pace

NOW = 1_700_000_000.0


class MemoryTransport(asyncio.Transport):
    """Records what is written. With `stuck` the client takes nothing, and the write buffer fills up."""

    def __init__(self, protocol: asyncio.Protocol, *, half_close: bool = True) -> None:
        super().__init__()
        self.protocol = protocol
        self.written = bytearray()
        self.held = bytearray()
        self.stuck = False
        self.reading = True
        self.closing = self.aborted = self.ended = False
        self.half_close = half_close
        self._high = 64 * 1024
        self._blocked = False
        self._lost = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": ("192.0.2.1", 5000), "sockname": ("192.0.2.2", 80)}.get(name, default)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high is not None
        self._high = high

    def get_write_buffer_size(self) -> int:
        return len(self.held)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended, "write after write_eof"
        assert not self._lost, "write after connection_lost"
        if not self.stuck:
            self.written += data
            return
        self.held += data
        if len(self.held) > self._high and not self._blocked:
            self._blocked = True
            self.protocol.pause_writing()

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def take(self) -> None:
        """The client takes all there is."""
        self.stuck = False
        self.written += self.held
        self.held.clear()
        if self._blocked:
            self._blocked = False
            self.protocol.resume_writing()
        if self.closing:
            self._lose(None)

    def pause_reading(self) -> None:
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.reading
        self.reading = True

    def is_closing(self) -> bool:
        return self.closing

    def can_write_eof(self) -> bool:
        return self.half_close

    def write_eof(self) -> None:
        assert self.half_close
        self.ended = True

    def close(self) -> None:
        self.closing = True
        if not self.held:
            self._lose(None)

    def abort(self) -> None:
        self.closing = self.aborted = True
        self._lose(None)

    def client_closes(self) -> None:
        """The client ends its side."""
        if not self._lost and not self.protocol.eof_received():
            self.close()

    def client_resets(self) -> None:
        """The client is gone without a word."""
        self.closing = True
        self._lose(ConnectionResetError())

    @property
    def lost(self) -> bool:
        """True once the protocol has been told."""
        return self._lost

    def _lose(self, error: Exception | None) -> None:
        if not self._lost:
            self._lost = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, error)


@dataclass
class Answer:
    """One response as a client sees it."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    trailers: dict[str, str] = field(default_factory=dict)
    complete: bool = False


class AnswerReader:
    """Reads responses off a byte stream with httptools, of which `head_only` have no body (they answer HEAD)."""

    def __init__(self, head_only: bool = False) -> None:
        self.answers: list[Answer] = []
        self._head_only = head_only
        self._in_body = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> list[Answer]:
        self._parser.feed_data(data)
        return self.answers

    def on_message_begin(self) -> None:
        self.answers.append(Answer())
        self._in_body = False

    def on_header(self, name: bytes, value: bytes) -> None:
        answer = self.answers[-1]
        fields = answer.trailers if self._in_body else answer.headers
        key = name.decode().lower()
        assert key not in fields, f"{key} twice"
        fields[key] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._in_body = True
        self.answers[-1].status = self._parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        self.answers[-1].body += data

    def on_message_complete(self) -> None:
        self.answers[-1].complete = True


def answers(data: bytes) -> list[Answer]:
    """All responses in `data`."""
    return AnswerReader().feed(bytes(data))


class Client:
    """A connection on a transport in memory, driven by hand. `left` counts how often it said that it was gone."""

    def __init__(self, handler: Handler, limits: Limits | None = None, *, tls: bool = False) -> None:
        limits = limits or Limits()
        self.pace = Pace(limits, lambda: NOW)
        self.entered = self.left = 0
        self.connection = Connection(handler, limits, self.pace, self, tls)
        self.transport = MemoryTransport(self.connection, half_close=not tls)
        self.connection.connection_made(self.transport)

    def enter(self, connection: Connection) -> None:
        self.entered += 1

    def leave(self, connection: Connection) -> None:
        self.left += 1

    async def send(self, *pieces: bytes) -> None:
        """Deliver each piece and let everything run that can run."""
        for piece in pieces:
            if not self.transport.lost:
                self.connection.data_received(piece)
            await settle()
        await settle()

    async def close(self) -> None:
        """End the connection and see that nothing is left of it."""
        self.transport.abort()
        await settle()
        self.connection.abort()
        await settle()
        assert (self.entered, self.left) == (1, 1)
        assert len(self.pace) == 0

    def ticks(self, count: int) -> None:
        """Let `count` ticks of the connection's pace pass."""
        for _ in range(count):
            self.pace.tick += 1
            if not self.transport.lost:
                self.connection.check(self.pace.tick)

    @property
    def answers(self) -> list[Answer]:
        """What the client has read."""
        return answers(bytes(self.transport.written))


async def settle(turns: int = 12) -> None:
    """Let every callback run that is ready, and those that it makes ready."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def echo(request: Request) -> Response:
    """Answers the body, or streams it for paths under /stream."""
    if request.path.startswith("/stream"):
        return Response(body=pieces(request), headers=[("x-method", request.method)])
    return Response(body=await request.read(), headers=[("x-method", request.method)])


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The request's body as it comes."""
    async for piece in request.stream():
        yield piece


@asynccontextmanager
async def client(handler: Handler = echo, limits: Limits | None = None, *, tls: bool = False) -> AsyncIterator[Client]:
    """A connected client whose connection leaves nothing behind."""
    made = Client(handler, limits, tls=tls)
    try:
        yield made
    finally:
        await made.close()


class Gate:
    """A handler that waits in each request until it is let through, and notes the order."""

    def __init__(self, then: Callable[[Request], Awaitable[Response]] = echo) -> None:
        self.begun: list[Request] = []
        self.ended = 0
        self.open = asyncio.Event()
        self.then = then

    async def __call__(self, request: Request) -> Response:
        self.begun.append(request)
        await self.open.wait()
        response = await self.then(request)
        self.ended += 1
        return response


class Follow:
    """A handler whose stream gives what it is told, and notes how it ended."""

    def __init__(self) -> None:
        self.news: asyncio.Queue[bytes] = asyncio.Queue()
        self.ended: list[str] = []

    async def __call__(self, request: Request) -> Response:
        return Response(body=self.follow())

    async def follow(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield await self.news.get()
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise
        finally:
            await asyncio.sleep(0)


def post(path: str = "/", body: bytes = b"", *fields: str) -> bytes:
    """A POST with a declared body."""
    lines = "".join(f"{line}\r\n" for line in (f"POST {path} HTTP/1.1", "Host: h", *fields))
    return f"{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def chunked(path: str = "/", *parts: bytes, trailers: str = "") -> bytes:
    """A POST whose body comes in chunks."""
    head = f"POST {path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return (
        head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailers.encode() + b"\r\n"
    )


def get(path: str = "/", *fields: str, version: str = "1.1", method: str = "GET") -> bytes:
    """A request without a body."""
    return "".join(f"{line}\r\n" for line in (f"{method} {path} HTTP/{version}", "Host: h", *fields, "")).encode()
