"""The server on real sockets, on both event loops."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from lambent.http.limits import Limits
from lambent.http.message import Request, Response
from lambent.http.server import Server
from tests.unit.http.wire import NOW, Answer, AnswerReader, answers, chunked, echo, get, post

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(address: tuple[str, int] | str) -> Streams:
    if isinstance(address, str):
        return await asyncio.open_unix_connection(address)
    return await asyncio.open_connection(*address)


async def talk(address: tuple[str, int] | str, data: bytes) -> list[Answer]:
    """Send `data`, end, and read all there is."""
    reader, writer = await connect(address)
    writer.write(data)
    writer.write_eof()
    received = await asyncio.wait_for(reader.read(), 10)
    await hang_up(writer)
    return answers(received)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def one_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer, leaving the connection open."""
    parser = AnswerReader()
    while True:
        data = await asyncio.wait_for(reader.read(65536), 10)
        assert data, "the connection ended"
        answer = parser.feed(data)[0]
        if answer.complete:
            return answer


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(echo, now=lambda: NOW) as made:
        yield made
    gc.collect()


async def check(address: tuple[str, int] | str) -> None:
    """A server that echoes listens there."""
    (first, second) = await talk(address, post("/", b"abc") + chunked("/stream", b"de", b"f"))
    assert (first.body, second.body) == (b"abc", b"def")
    assert first.headers["date"] == "Tue, 14 Nov 2023 22:13:20 GMT"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_tcp_of_both_families(server: Server, host: str) -> None:
    listener = await server.listen_tcp(host, 0)
    assert listener.address[0] == host
    await check(listener.address)


async def test_every_address_of_the_machine_on_one_port(server: Server) -> None:
    listener = await server.listen_tcp("", 0)
    port = listener.address[1]
    assert isinstance(port, int)
    await check(("127.0.0.1", port))
    await check(("::1", port))


async def test_a_unix_socket_comes_and_goes(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "s"
    listener = await server.listen_unix(path)
    assert listener.address == str(path)
    await check(str(path))
    await listener.close()
    assert not path.exists()


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
async def test_a_socket_that_is_handed_over(server: Server, family: int, tmp_path: Path) -> None:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.bind(("127.0.0.1", 0) if family == socket.AF_INET else str(tmp_path / "s"))
    sock.listen()
    listener = await server.listen_socket(sock)
    await check(listener.address)
    await listener.close()
    with pytest.raises(OSError):
        await connect(listener.address)


async def test_many_listeners_come_and_go_on_one_server(server: Server, tmp_path: Path) -> None:
    listeners = [await server.listen_unix(tmp_path / str(number)) for number in range(20)]
    for listener in listeners[::2]:
        await listener.close()
        await listener.close()
    for listener in listeners[1::2]:
        await check(listener.address)
    assert sum(1 for _ in tmp_path.iterdir()) == 10  # noqa: ASYNC240


async def test_a_port_in_use_is_an_os_error(server: Server) -> None:
    listener = await server.listen_tcp("127.0.0.1", 0)
    host, port = listener.address
    with pytest.raises(OSError, match="cannot listen on"):
        await server.listen_tcp(str(host), int(port))


async def test_a_request_knows_both_ends(tmp_path: Path) -> None:
    seen: list[Request] = []

    async def handler(request: Request) -> Response:
        seen.append(request)
        return Response()

    async with Server(handler) as server:
        tcp, unix = await server.listen_tcp("::1", 0), await server.listen_unix(tmp_path / "s")
        await talk(tcp.address, get())
        await talk(unix.address, get())
    assert seen[0].client is not None and seen[0].client[0] == "::1"
    assert seen[0].server == tcp.address
    assert (seen[1].client, seen[1].server) == (None, None)


async def test_large_bodies_both_ways(server: Server) -> None:
    listener = await server.listen_tcp("127.0.0.1", 0)
    body = os.urandom(8 * 1024 * 1024)
    reader, writer = await connect(listener.address)
    for path in ("/", "/stream"):
        sending = asyncio.create_task(_send(writer, post(path, body)))
        assert (await one_answer(reader)).body == body
        await sending
    await hang_up(writer)


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def test_a_stream_does_not_outrun_its_client() -> None:
    produced = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal produced
        while True:
            produced += 1
            yield b"x" * 65536

    async def handler(request: Request) -> Response:
        return Response(body=endless())

    async with Server(handler) as server:
        listener = await server.listen_tcp("127.0.0.1", 0)
        reader, writer = await connect(listener.address)
        writer.write(get())
        await reader.readexactly(1000)
        for _ in range(50):
            await asyncio.sleep(0.002)
        before = produced
        for _ in range(50):
            await asyncio.sleep(0.002)
        assert produced == before
        assert produced < 500
        await hang_up(writer)


async def test_an_upload_does_not_outrun_its_handler() -> None:
    go_on = asyncio.Event()
    total = 0

    async def handler(request: Request) -> Response:
        nonlocal total
        await go_on.wait()
        async for piece in request.stream():
            total += len(piece)
        return Response()

    async with Server(handler) as server:
        listener = await server.listen_tcp("127.0.0.1", 0)
        reader, writer = await connect(listener.address)
        data = post("/", b"x" * 30_000_000)
        writer.write(data)
        waiting = asyncio.create_task(writer.drain())
        await asyncio.sleep(0.1)
        assert not waiting.done(), "the client has to wait"
        go_on.set()
        await asyncio.wait_for(waiting, 10)
        assert (await one_answer(reader)).status == 200
        assert total == 30_000_000
        await hang_up(writer)


async def test_an_early_refusal_reaches_a_client_that_sends_on() -> None:
    async with Server(echo, limits=Limits(body_bytes=1000)) as server:
        listener = await server.listen_tcp("127.0.0.1", 0)
        (answer,) = await talk(listener.address, post("/", b"x" * 20_000_000))
        assert answer.status == 413


async def test_a_client_that_goes_is_noticed() -> None:
    gone = asyncio.Event()

    async def handler(request: Request) -> Response:
        await request.disconnected
        gone.set()
        return Response()

    async with Server(handler) as server:
        listener = await server.listen_tcp("127.0.0.1", 0)
        _, writer = await connect(listener.address)
        writer.write(get())
        await writer.drain()
        await hang_up(writer)
        await asyncio.wait_for(gone.wait(), 10)


async def test_slow_and_silent_clients_are_cut_off() -> None:
    limits = Limits(header_seconds=0.2, idle_seconds=0.4, linger_seconds=0.2)
    async with Server(echo, limits=limits) as server:
        listener = await server.listen_tcp("127.0.0.1", 0)
        reader, writer = await connect(listener.address)
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n")
        assert answers(await asyncio.wait_for(reader.read(), 10))[0].status == 408
        await hang_up(writer)
        reader, writer = await connect(listener.address)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        await hang_up(writer)


async def test_too_many_connections_are_refused_and_make_room_again() -> None:
    async with Server(echo, limits=Limits(connections=2)) as server:
        listener = await server.listen_tcp("127.0.0.1", 0)
        held = [await connect(listener.address) for _ in range(2)]
        for reader, writer in held:
            writer.write(get())
            assert (await one_answer(reader)).status == 200
        assert [answer.status for answer in await talk(listener.address, b"")] == [503]
        for reader, writer in held:
            await hang_up(writer)
            del reader
        for _ in range(100):
            (answer,) = await talk(listener.address, get())
            if answer.status == 200:
                break
        assert answer.status == 200


async def test_one_listener_that_is_flooded_cuts_off_what_is_too_much_and_the_others_answer(server: Server) -> None:
    sock = socket.create_server(("127.0.0.1", 0))
    flooded = await server.listen_socket(sock, connections=2)
    other = await server.listen_tcp("127.0.0.1", 0)
    held = [await connect(flooded.address) for _ in range(2)]
    for reader, writer in held:
        writer.write(get())
        assert (await one_answer(reader)).status == 200
    for _ in range(10):
        reader, writer = await connect(flooded.address)
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        await hang_up(writer)
    await check(other.address)
    for _, writer in held:
        await hang_up(writer)
    await check(flooded.address)


# Draining.


class Slow:
    """A handler that waits until it is let go on."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.cancelled = False

    async def __call__(self, request: Request) -> Response:
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return Response(body=b"done")


async def test_draining_answers_what_is_in_work_and_closes_the_rest() -> None:
    slow = Slow()
    async with Server(slow) as server:
        listener = await server.listen_tcp("127.0.0.1", 0)
        idle_reader, idle_writer = await connect(listener.address)
        reader, writer = await connect(listener.address)
        writer.write(get())
        await slow.begun.wait()
        draining = asyncio.create_task(server.drain(10))
        assert await asyncio.wait_for(idle_reader.read(), 10) == b""
        with pytest.raises(OSError):
            await connect(listener.address)
        assert not draining.done()
        slow.go_on.set()
        (answer,) = answers(await asyncio.wait_for(reader.read(), 10))
        assert (answer.body, answer.headers["connection"]) == (b"done", "close")
        await asyncio.wait_for(draining, 10)
        await hang_up(writer)
        await hang_up(idle_writer)


async def test_draining_cuts_what_takes_too_long() -> None:
    slow = Slow()
    async with Server(slow) as server:
        listener = await server.listen_tcp("127.0.0.1", 0)
        reader, writer = await connect(listener.address)
        writer.write(get())
        await slow.begun.wait()
        await asyncio.wait_for(server.drain(0.05), 10)
        assert slow.cancelled
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        await hang_up(writer)


async def test_leaving_the_server_cuts_everything_off() -> None:
    slow = Slow()
    async with Server(slow) as server:
        listener = await server.listen_tcp("127.0.0.1", 0)
        _, writer = await connect(listener.address)
        writer.write(get())
        await slow.begun.wait()
    assert slow.cancelled
    await hang_up(writer)


async def test_closing_one_listener_leaves_the_others_in_peace(tmp_path: Path) -> None:
    slow = Slow()
    async with Server(slow) as server:
        one, other = await server.listen_unix(tmp_path / "1"), await server.listen_unix(tmp_path / "2")
        reader, writer = await connect(other.address)
        writer.write(get())
        await slow.begun.wait()
        await one.close()
        slow.go_on.set()
        assert (await one_answer(reader)).body == b"done"
        await hang_up(writer)
