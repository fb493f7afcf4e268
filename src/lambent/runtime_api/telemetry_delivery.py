"""How a batch reaches a listener inside the environment: one HTTP request, or lines on a TCP connection.

The socket comes from `OpenSocket`, made inside the environment's network namespace, so that 127.0.0.1 is the
environment's own. The other end is the function's: it may be absent, slow or hostile, and can harm only itself.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from lambent.runtime_api.telemetry_subscriptions import HttpDestination, TcpDestination

OpenSocket = Callable[[], Awaitable[socket.socket]]
"""A new, unconnected TCP socket inside the environment; the caller owns it. Raises OSError or PlatformError."""

LOOPBACK: Final = "127.0.0.1"

_LARGEST_ANSWER = 64 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)


class Undelivered(Exception):
    """The listener could not be reached, broke off, or answered that it did not take the batch."""


class Delivery(Protocol):
    """A way to one listener."""

    async def send(self, batch: Sequence[bytes]) -> None:
        """Hand over a batch of JSON objects. Raises Undelivered, and whatever `OpenSocket` raises but OSError."""
        ...

    def close(self) -> None:
        """Drop the connection, if one is kept. Not while `send` runs."""
        ...


def deliver_to(destination: HttpDestination | TcpDestination, open_socket: OpenSocket) -> Delivery:
    """The way to `destination`."""
    if isinstance(destination, TcpDestination):
        return TcpDelivery(destination, open_socket)
    return HttpDelivery(destination, open_socket)


class HttpDelivery:
    """A JSON array in one request, on a connection of its own."""

    def __init__(self, destination: HttpDestination, open_socket: OpenSocket) -> None:
        self._port = destination.port
        self._head = (
            f"{destination.method} {destination.target} HTTP/1.1\r\n"
            f"Host: {destination.host}:{destination.port}\r\n"
            "Content-Type: application/json\r\nConnection: close\r\n"
        )
        self._open_socket = open_socket

    async def send(self, batch: Sequence[bytes]) -> None:
        """Any 2xx is success."""
        body = b"[" + b",".join(batch) + b"]"
        try:
            reader, writer = await _connect(self._open_socket, self._port)
            try:
                writer.writelines((f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode(), body))
                await writer.drain()
                status = await _answer(reader)
            finally:
                writer.transport.abort()
        except OSError as error:
            raise Undelivered(str(error)) from error
        if not 200 <= status < 300:
            raise Undelivered(f"the listener answered {status}")

    def close(self) -> None:
        """Nothing is kept."""


class TcpDelivery:
    """One JSON object a line, on a connection that is kept."""

    def __init__(self, destination: TcpDestination, open_socket: OpenSocket) -> None:
        self._port = destination.port
        self._open_socket = open_socket
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, batch: Sequence[bytes]) -> None:
        """Success says no more than that the system has taken the bytes."""
        try:
            if self._connection is None or self._connection[0].at_eof():
                self.close()
                self._connection = await _connect(self._open_socket, self._port)
            writer = self._connection[1]
            writer.write(b"\n".join(batch) + b"\n")
            await writer.drain()
        except OSError as error:
            self.close()
            raise Undelivered(str(error)) from error
        except BaseException:
            self.close()  # half a line may have been sent
            raise

    def close(self) -> None:
        """Drop the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection[1].transport.abort()


async def _connect(open_socket: OpenSocket, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    sock = await open_socket()
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (LOOPBACK, port))
        reader, writer = await asyncio.open_connection(sock=sock)
    except BaseException:
        sock.close()
        raise
    writer.transport.set_write_buffer_limits(high=0)  # so that `drain` ends when the system has taken everything
    return reader, writer


async def _answer(reader: asyncio.StreamReader) -> int:
    """The status of the answer; its body is read too, so that the listener is not cut off. Raises OSError."""
    answer = b""
    while not _is_complete(answer) and (data := await reader.read(4096)):
        answer += data
    if (status := _STATUS.match(answer)) is None:
        raise ConnectionError("no HTTP answer")
    return int(status[1])


def _is_complete(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    if len(answer) > _LARGEST_ANSWER:
        return True
    if not separator:
        return False
    head += b"\r\n"
    if (length := _LENGTH.search(head)) is not None:
        return len(body) >= int(length[1])
    if _CHUNKED.search(head):
        return body.endswith(b"0\r\n\r\n")
    return (status := _STATUS.match(head)) is not None and status[1] in (b"204", b"304")
