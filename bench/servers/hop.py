"""Baseline: the echo, plus one hop over a unix socket to a worker that does json.loads, a handler and json.dumps.

The least that a server can do which runs functions in processes of their own. Frames are a length and a body; the
worker answers in order. Run as a program; prints its port and serves until its standard input closes.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from collections import deque
from typing import cast

import uvloop

from bench.servers.echo import REPLY, EchoProtocol, serve

LENGTH = struct.Struct(">I")


class WorkerProtocol(asyncio.Protocol):
    """The server's end of the socket: sends events, and gives each answer to the connection that waits for it."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.waiting: deque[asyncio.Transport] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transports share the interface, not the class

    def invoke(self, event: bytes, client: asyncio.Transport) -> None:
        self.waiting.append(client)
        self.transport.write(LENGTH.pack(len(event)) + event)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while len(self.buffer) >= 4:
            end = 4 + LENGTH.unpack_from(self.buffer)[0]
            if len(self.buffer) < end:
                return
            self.waiting.popleft().write(REPLY + bytes(self.buffer[4:end]))
            del self.buffer[:end]


class HopProtocol(EchoProtocol):
    """The echo, with the worker's answer as its body."""

    worker: WorkerProtocol

    def on_message_complete(self) -> None:
        self.worker.invoke(self.body, self.transport)


def handler(event: dict[str, object]) -> dict[str, object]:
    """What the function of the comparison does."""
    return {"ok": event["ok"]}


def work(channel: socket.socket) -> None:
    """The worker's life: read an event, handle it, answer, until the server goes."""
    reader = channel.makefile("rb")
    while len(head := reader.read(4)) == 4:
        answer = json.dumps(handler(json.loads(reader.read(LENGTH.unpack(head)[0])))).encode()
        channel.sendall(LENGTH.pack(len(answer)) + answer)


async def main(channel: socket.socket) -> None:
    """Serve HTTP in front of the worker at the other end of `channel`."""
    _, HopProtocol.worker = await asyncio.get_running_loop().create_unix_connection(WorkerProtocol, sock=channel)
    await serve(HopProtocol)


if __name__ == "__main__":
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        work(theirs)
        os._exit(0)
    theirs.close()
    uvloop.run(main(ours))
