"""X-Ray's daemon as functions know it: a UDP port inside an environment that takes segments.

It is there from the first sampled invocation on. What is not a segment is dropped, and so is what comes too fast.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Self

import msgspec

from lambent.sandbox.base import Environment, Extensible

ADDRESS = ("127.0.0.1", 2000)
"""Inside the environment: AWS_XRAY_DAEMON_ADDRESS."""

MOST_A_SECOND = 1000

Take = Callable[[str], None]
"""Is handed each segment document."""


class TraceDaemon(asyncio.DatagramProtocol):
    """One environment's. Made by `open`."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._transport: asyncio.DatagramTransport | None = None
        self._second = 0
        self._taken = 0

    @classmethod
    async def open(cls, environment: Environment, take: Take) -> Self | None:
        """Listen; None where the environment has no network of its own. Raises PlatformError, OSError."""
        if environment.endpoint is None or not isinstance(environment, Extensible):
            return None
        sock = await environment.open_socket(datagram=True)
        try:
            sock.setblocking(False)
            sock.bind(ADDRESS)
            _, daemon = await asyncio.get_running_loop().create_datagram_endpoint(lambda: cls(take), sock=sock)
        except BaseException:
            sock.close()
            raise
        return daemon

    async def close(self) -> None:
        """Take no more. Idempotent."""
        if self._transport is not None:
            self._transport.close()

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
