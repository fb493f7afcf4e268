"""What the telemetry tests share: time by hand, and listeners as extensions write them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Timer:
    """A timer of `ByHand`."""

    at: float
    work: Callable[[], object]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class ByHand:
    """A clock whose time passes only by `advance`; its timers fire then."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.timers: list[Timer] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here may sleep")

    def call_later(self, seconds: float, work: Callable[[], object]) -> Timer:
        """As a loop's."""
        timer = Timer(self.time + seconds, work)
        self.timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds
        due = [timer for timer in self.timers if timer.at <= self.time and not timer.cancelled]
        self.timers = [timer for timer in self.timers if timer not in due and not timer.cancelled]
        for timer in due:
            timer.work()

    def pending(self) -> list[float]:
        """In how many seconds timers fire."""
        return sorted(round(timer.at - self.time, 6) for timer in self.timers if not timer.cancelled)


async def open_socket() -> socket.socket:
    """A socket of this machine, as if it were the environment's."""
    return socket.socket()


async def turns(count: int = 10) -> None:
    """Let everything that can go on go on."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Let everything go on until `condition` holds."""
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("that never happened")


@dataclass
class Listener:
    """An extension's HTTP listener: answers `answers` in turn (the last one for ever) and keeps what it got."""

    answers: list[bytes] = field(default_factory=lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"])
    heads: list[str] = field(default_factory=list)
    bodies: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    port: int = 0

    async def batch(self) -> list[Any]:
        """The next request's events."""
        decoded = json.loads(await asyncio.wait_for(self.bodies.get(), 10))
        assert isinstance(decoded, list)
        return decoded

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(line for line in head.splitlines() if line.startswith("Content-Length"))
            body = await reader.readexactly(int(length.partition(":")[2]))
            self.heads.append(head)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            writer.write(answer)
            self.bodies.put_nowait(body)
            await reader.read()
        writer.close()


@contextlib.asynccontextmanager
async def listening(listener: Listener) -> AsyncIterator[Listener]:
    """Serve `listener` on a port of its own."""
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    async with server:
        yield listener
        server.close()
    await turns()


@contextlib.asynccontextmanager
async def lines(port: int = 0) -> AsyncIterator[tuple[int, asyncio.Queue[bytes], list[asyncio.StreamWriter]]]:
    """A TCP listener: (port, the lines it gets, its connections)."""
    got: asyncio.Queue[bytes] = asyncio.Queue()
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while line := await reader.readline():
            got.put_nowait(line)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        yield server.sockets[0].getsockname()[1], got, writers
        server.close()
        for writer in writers:
            writer.close()
    await turns()
