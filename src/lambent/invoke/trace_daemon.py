"""X-Ray's daemon as functions know it, inside an environment: a UDP port that takes segments, and a TCP port of the
same number where SDKs ask for sampling rules, unsigned.

It is there from INIT on where tracing is active, else from the first sampled invocation on. Where environments share
the machine's network it is beside them, at a port of its own, for functions that are traced actively: their variables
say where. What is not a segment is dropped, and so is what comes too fast.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any, Self

import msgspec

from lambent.http.limits import KIB, Limits
from lambent.http.message import Handler
from lambent.http.server import Server
from lambent.sandbox.base import Environment, Extensible

ADDRESS = ("127.0.0.1", 2000)
"""Inside the environment: AWS_XRAY_DAEMON_ADDRESS."""

MOST_A_SECOND = 1000
PORTS_TRIED = 20
"""Ports that one protocol has free the other mostly has, too."""

LIMITS = Limits(header_bytes=16 * KIB, body_bytes=64 * KIB, buffer_bytes=64 * KIB, pipelined=1, connections=8)

Take = Callable[[str], None]
"""Is handed each segment document."""


class TraceDaemon(asyncio.DatagramProtocol):
    """One environment's. Made by `open`."""

    def __init__(self, take: Take, answer: Handler) -> None:
        self._take = take
        self._server = Server(answer, limits=LIMITS)
        self._transport: asyncio.DatagramTransport | None = None
        self._second = 0
        self._taken = 0

    @classmethod
    async def open(cls, environment: Environment, take: Take, answer: Handler) -> Self | None:
        """Listen; None where the environment has no network of its own. Raises PlatformError, OSError."""
        if environment.endpoint is None or not isinstance(environment, Extensible):
            return None
        daemon = cls(take, answer)
        try:
            segments = await _bound(environment, datagram=True)
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: daemon, sock=segments)
            await daemon._server.listen_socket(await _bound(environment, datagram=False))
        except BaseException:
            await daemon.close()
            raise
        return daemon

    @classmethod
    async def beside(cls, take: Take, answer: Handler) -> tuple[Self, tuple[str, int]]:
        """Listen on this machine's loopback; also at which address. Raises OSError."""
        daemon = cls(take, answer)
        try:
            segments, requests = _pair()
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: daemon, sock=segments)
            await daemon._server.listen_socket(requests)
        except BaseException:
            await daemon.close()
            raise
        return daemon, requests.getsockname()

    async def close(self) -> None:
        """Take no more. Idempotent."""
        if self._transport is not None:
            self._transport.close()
        await self._server.drain(0.0)

    def connection_made(self, transport: Any) -> None:
        """See asyncio."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        """A header line, and a segment document."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._taken = second, 0
        self._taken += 1
        if self._taken <= MOST_A_SECOND and (document := document_of(data)) is not None:
            self._take(document)


async def _bound(environment: Extensible, *, datagram: bool) -> socket.socket:
    sock = await environment.open_socket(datagram=datagram)
    try:
        sock.setblocking(False)
        sock.bind(ADDRESS)
    except OSError:
        sock.close()
        raise
    return sock


def _pair() -> tuple[socket.socket, socket.socket]:
    """UDP and TCP, bound to one port of the loopback."""
    for left in range(PORTS_TRIED, 0, -1):
        requests, segments = socket.socket(type=socket.SOCK_STREAM), socket.socket(type=socket.SOCK_DGRAM)
        try:
            for sock, port in ((requests, 0), (segments, None)):
                sock.setblocking(False)
                sock.bind((ADDRESS[0], requests.getsockname()[1] if port is None else port))
            return segments, requests
        except OSError:
            requests.close()
            segments.close()
            if left == 1:
                raise
    raise OSError("no port is free")


def document_of(data: bytes) -> str | None:
    """The document of a datagram; None if it is none."""
    header, _, document = data.partition(b"\n")
    try:
        told = msgspec.json.decode(header)
        text = document.decode().strip()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(told, dict) or told.get("format") != "json" or told.get("version") != 1 or not text:
        return None
    return text
