"""Batches to listeners on real sockets: those that take them, and all the others."""

from __future__ import annotations

import asyncio
import socket

import pytest

from lambent.runtime_api.telemetry_delivery import HttpDelivery, TcpDelivery, Undelivered, deliver_to
from lambent.runtime_api.telemetry_subscriptions import HttpDestination, TcpDestination
from tests.unit.runtime_api.listeners import Listener, lines, listening, open_socket

BATCH = [b'{"a":1}', b'"x"']


async def test_one_request() -> None:
    async with listening(Listener()) as listener:
        delivery = deliver_to(HttpDestination(listener.port, "/a?b=c", "PUT", "sandbox"), open_socket)
        await delivery.send(BATCH)
        assert await listener.batch() == [{"a": 1}, "x"]
        assert listener.heads == [
            f"PUT /a?b=c HTTP/1.1\r\nHost: sandbox:{listener.port}\r\nContent-Type: application/json\r\n"
            "Connection: close\r\nContent-Length: 13\r\n\r\n"
        ]
        delivery.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 202 \r\ncontent-length:3\r\n\r\nyes",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 100_000,
    ],
    ids=["empty", "short", "none", "chunked", "endless"],
)
async def test_answers_that_are_complete_before_the_connection_ends(answer: bytes) -> None:
    async with listening(Listener([answer])) as listener:
        await asyncio.wait_for(HttpDelivery(HttpDestination(listener.port), open_socket).send(BATCH), 10)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!",
        b"HTTP/1.1 301 Moved\r\nLocation: http://elsewhere\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n" + b"x" * 100_000,
    ],
    ids=["500", "404", "redirect", "not HTTP"],
)
async def test_answers_that_are_no_success(answer: bytes) -> None:
    async with listening(Listener([answer])) as listener:
        with pytest.raises(Undelivered):
            await HttpDelivery(HttpDestination(listener.port), open_socket).send(BATCH)


async def test_a_listener_that_hangs_up_without_an_answer() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.transport.abort()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for _ in range(2):
            with pytest.raises(Undelivered):
                await HttpDelivery(HttpDestination(port), open_socket).send([b"x" * 1_000_000])


async def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    for delivery in (
        HttpDelivery(HttpDestination(port), open_socket),
        TcpDelivery(TcpDestination(port), open_socket),
    ):
        with pytest.raises(Undelivered):
            await delivery.send(BATCH)
        delivery.close()


async def test_a_socket_that_cannot_be_had() -> None:
    async def fail() -> socket.socket:
        raise OSError("no more")

    with pytest.raises(Undelivered, match="no more"):
        await HttpDelivery(HttpDestination(1), fail).send(BATCH)


async def test_lines_on_one_connection() -> None:
    async with lines() as (port, got, writers):
        delivery = deliver_to(TcpDestination(port), open_socket)
        for _ in range(3):
            await delivery.send(BATCH)
        for _ in range(3):
            assert [await got.get(), await got.get()] == [b'{"a":1}\n', b'"x"\n']
        assert len(writers) == 1
        delivery.close()
        delivery.close()


async def test_a_new_connection_after_the_listener_hung_up() -> None:
    async with lines() as (port, got, writers):
        delivery = TcpDelivery(TcpDestination(port), open_socket)
        await delivery.send(BATCH)
        await got.get()
        writers[0].close()
        await writers[0].wait_closed()
        assert delivery._connection is not None
        await asyncio.wait_for(delivery._connection[0].read(), 10)  # the loop has heard of it
        await delivery.send([b"again"])
        assert (await got.get(), await got.get()) == (b'"x"\n', b"again\n")
        delivery.close()


async def test_a_listener_that_reads_nothing_can_be_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for delivery in (
            HttpDelivery(HttpDestination(port), open_socket),
            TcpDelivery(TcpDestination(port), open_socket),
        ):
            sending = asyncio.ensure_future(delivery.send([b"x" * 8_000_000]))
            await asyncio.wait({sending}, timeout=0.02)
            assert not sending.done()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            delivery.close()
