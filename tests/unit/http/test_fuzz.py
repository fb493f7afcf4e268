"""Thousands of broken and hostile clients: never an exception, a log line, a hang, or a wrong reading."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambent.http.limits import Limits
from lambent.http.message import Request, Response
from lambent.http.server import Server
from tests.unit.http.strict import Message, strictly
from tests.unit.http.wire import Client, answers, chunked, get, post, settle

LIMITS = Limits(
    header_bytes=2000,
    header_fields=20,
    body_bytes=5000,
    buffer_bytes=1000,
    pipelined=3,
    header_seconds=2.0,
    idle_seconds=2.0,
    body_seconds=2.0,
    write_seconds=2.0,
    linger_seconds=2.0,
)
STATUSES = {200, 400, 408, 413, 414, 417, 431, 501, 505}

SEEDS = [
    get("/a?b=c", "Accept: */*", "X: \xe9"),
    post("/whole", b"hello", "Content-Type: text/plain"),
    post("/stream", b"x" * 3000),
    post("/ignore", b"y" * 900),
    post("/ignore", b"y" * 4000),
    chunked("/whole", b"abc", b"d" * 300, trailers="T: 1\r\nU: 2\r\n"),
    chunked("/stream", *[b"ab"] * 20),
    post("/whole", b"abc", "Expect: 100-continue"),
    get("/", "Connection: close"),
    get("/", "Connection: keep-alive", version="1.0"),
    get("http://h/x", method="OPTIONS"),
    b"POST /up HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
    chunked("/up", b"abc").replace(b"Host: h", b"Host: h\r\nConnection: Upgrade\r\nUpgrade: h2c"),
    post("/whole", b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"),
]
SNIPPETS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b";",
    b",",
    b"0",
    b"\xff",
    b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Connection: close\r\n",
    b"Connection: upgrade\r\nUpgrade: x\r\n",
    b"Expect: 100-continue\r\n",
    b"Host: h\r\n",
    b" folded\r\n",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"A: " + b"x" * 2500 + b"\r\n",
]


def mutated(dice: random.Random) -> bytes:
    """Some requests in a row, with a few things wrong."""
    data = bytearray(b"".join(dice.choice(SEEDS) for _ in range(dice.randint(1, 5))))
    for _ in range(dice.choice([0, 1, 1, 2, 3, 8])):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(6):
            case 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del data[at : at + dice.randint(1, 20)]
            case 2:
                data[at:at] = dice.choice(SNIPPETS)
            case 3:
                data[at:at] = data[at : at + dice.randint(1, 60)]
            case 4:
                lines = bytes(data).split(b"\r\n")
                lines.insert(dice.randrange(len(lines)), dice.choice(lines))
                data[:] = b"\r\n".join(lines)
            case _:
                data[at : at + 1] = bytes(data[at : at + 1]).swapcase()
    return bytes(data)


def pieces(data: bytes, dice: random.Random) -> list[bytes]:
    """`data` in segments of any size."""
    cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.choice([0, 0, 1, 3, 20])))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


class Handler:
    """Answers in each of the ways that handlers answer, and notes the requests that it had in full."""

    def __init__(self) -> None:
        self.had: list[Message] = []

    async def __call__(self, request: Request) -> Response:
        if request.path == "/stream":
            return Response(body=self.stream(request), trailers=lambda: [("a", "b")])
        if request.path == "/ignore":
            return Response(body=b"ignored")
        self.had.append((request.method, request.target, await request.read()))
        return Response(body=b"read")

    async def stream(self, request: Request) -> AsyncIterator[bytes]:
        body = b""
        async for piece in request.stream():
            body += piece
            yield piece
        self.had.append((request.method, request.target, body))


def is_in_order(had: list[Message], sent: list[Message]) -> bool:
    """True if `had` is `sent` with some left out."""
    rest = iter(sent)
    return all(message in rest for message in had)


async def converse(data: bytes, segments: list[bytes]) -> None:
    """One client that sends `data`, ends, and reads; everything must come to an end."""
    handler = Handler()
    client = Client(handler, LIMITS)
    await client.send(*segments)
    client.transport.client_closes()
    await settle()
    client.ticks(40)
    await settle(30)
    assert client.transport.lost
    assert client.left == 1
    assert len(client.pace) == 0
    assert {answer.status for answer in client.answers} - {100} <= STATUSES
    assert is_in_order(handler.had, strictly(data)), data


@pytest.mark.parametrize("seed", range(8))
async def test_mutated_requests(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    dice = random.Random(seed)
    for _ in range(500):
        data = mutated(dice)
        try:
            await converse(data, pieces(data, dice))
        except Exception as error:
            error.add_note(f"the client sent {data!r}")
            raise
    assert not caplog.records


@given(st.lists(st.sampled_from([*SEEDS, *SNIPPETS]) | st.binary(max_size=30), max_size=12), st.randoms())
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_arbitrary_pieces(parts: list[bytes], dice: random.Random) -> None:
    data = b"".join(parts)
    asyncio.run(converse(data, pieces(data, dice)))


def test_the_second_opinion_reads_good_requests() -> None:
    for seed in SEEDS:
        (message,) = strictly(seed)
        assert message[1].encode() in seed
    assert [message[1] for message in strictly(SEEDS[1] + SEEDS[5] + SEEDS[8] + SEEDS[0])] == ["/whole", "/whole", "/"]


class Chaos:
    """A handler that does anything, at any time."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.open_streams = 0

    async def __call__(self, request: Request) -> Response:
        await settle(self.dice.choice([0, 0, 1, 5]))
        if self.dice.random() < 0.3:
            await request.read(self.dice.choice([None, 10]))
        if self.dice.random() < 0.1:
            await asyncio.wait([request.disconnected], timeout=0.001)
        if self.dice.random() < 0.5:
            return Response(self.dice.choice([200, 204, 404]), body=b"x" * self.dice.choice([0, 10, 3000]))
        declared = self.dice.random() < 0.2
        return Response(200, [("content-length", "30")] if declared else [], self.stream(request, not declared))

    async def stream(self, request: Request, echoing: bool) -> AsyncIterator[bytes]:
        self.open_streams += 1
        try:
            for _ in range(3):
                await settle(self.dice.choice([0, 0, 1, 5]))
                yield b"x" * 10
            if echoing and self.dice.random() < 0.3:
                async for piece in request.stream():
                    yield piece
        finally:
            self.open_streams -= 1
            await settle(self.dice.choice([0, 1]))


@pytest.mark.parametrize("seed", range(4))
async def test_any_handler_with_any_client(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    dice = random.Random(seed)
    for _ in range(250):
        handler = Chaos(dice)
        client = Client(handler, LIMITS)
        transport = client.transport
        data = mutated(dice)
        for piece in pieces(data, dice):
            if transport.lost:
                break
            client.connection.data_received(piece)
            await settle(dice.choice([0, 1, 4]))
            match dice.randrange(12):
                case 0:
                    transport.stuck = True
                case 1:
                    transport.take()
                case 2:
                    client.ticks(dice.choice([1, 9, 20]))
                case 3:
                    client.connection.finish()
                case _:
                    pass
        match dice.randrange(4):
            case 0:
                transport.client_resets()
            case 1:
                client.connection.abort()
            case 2:
                transport.take()
                transport.client_closes()
            case _:
                client.connection.finish()
        await settle(60)
        for _ in range(4):
            client.ticks(10)
            await settle(30)
        await asyncio.sleep(0.002 if client.left == 0 else 0)
        await settle(60)
        for _ in range(4):
            client.ticks(10)
            await settle(30)
        assert (transport.lost, client.left, handler.open_streams) == (True, 1, 0), data
    assert not caplog.records


async def test_mutated_requests_over_sockets(caplog: pytest.LogCaptureFixture) -> None:
    dice = random.Random(99)
    handler = Handler()

    async def one(data: bytes) -> None:
        reader, writer = await asyncio.open_connection(*listener.address)
        with suppress(ConnectionError):
            for piece in pieces(data, dice):
                writer.write(piece)
                await writer.drain()
            if dice.random() < 0.8:
                writer.write_eof()
                answers(await reader.read())
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async with Server(handler, limits=LIMITS) as server:
        listener = await server.listen_tcp("127.0.0.1", 0)
        for _ in range(20):
            async with asyncio.timeout(20), asyncio.TaskGroup() as group:
                for _ in range(20):
                    group.create_task(one(mutated(dice)))
        await server.drain(5)
    assert handler.had
    assert not caplog.records
