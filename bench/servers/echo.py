"""Baseline: HTTP parsed in full by httptools on uvloop, a fixed reply, nothing else. The denominator of the ratios.

Run as a program; prints its port and serves until its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import cast

import httptools
import uvloop

REPLY = (
    b"HTTP/1.1 200 OK\r\ndate: Thu, 20 Nov 2025 15:26:00 GMT\r\ncontent-type: application/json\r\n"
    b"x-amzn-requestid: 00000000-0000-4000-8000-000000000000\r\nx-amz-executed-version: $LATEST\r\n"
    b"content-length: 13\r\n\r\n"
)
BODY = b'{"ok": "yes"}'


class EchoProtocol(asyncio.Protocol):
    """Parses every request, headers and body, and answers it with `REPLY`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transports share the interface, not the class
        self.parser = httptools.HttpRequestParser(self)
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.target = b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.headers = {}
        self.body = b""

    def on_url(self, url: bytes) -> None:
        self.target = url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.transport.write(REPLY + BODY)


async def serve(protocol: Callable[[], asyncio.Protocol]) -> None:
    """Listen on a free port, print it, serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(serve(EchoProtocol))
