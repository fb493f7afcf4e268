"""A closed-loop client that costs as little as one can in Python: ready-made bytes out, just enough parsing in.

Nothing is signed, serialized or decoded while it measures.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from contextlib import closing

Address = tuple[str, int]
_SUCCESSES = (b"http/1.1 200", b"http/1.1 201", b"http/1.1 202")


class UnexpectedReply(Exception):
    """The server answered something other than a success: the measurement means nothing."""


class Connection:
    """One keep-alive connection; one request at a time."""

    def __init__(self, address: Address) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.body = b""
        """Of the last reply."""

    def receive(self) -> bool:
        """Read once; True when a whole reply has been taken off the wire. Raises UnexpectedReply."""
        data = self.socket.recv(65536)
        if not data:
            raise UnexpectedReply("connection closed by the server")
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return False
        headers = self.buffer[:head].lower()
        at = headers.find(b"\r\ncontent-length:")
        if not headers.startswith(_SUCCESSES) or b"x-amz-function-error" in headers or at < 0:
            raise UnexpectedReply(self.buffer[:1000].decode(errors="replace"))
        end = head + 4 + int(headers[at + 17 :].split(b"\r\n", 1)[0])
        if len(self.buffer) < end:
            return False
        self.body, self.buffer = self.buffer[head + 4 : end], self.buffer[end:]
        return True

    def exchange(self, request: bytes) -> None:
        """Send one request and wait for its reply."""
        self.socket.sendall(request)
        while not self.receive():
            pass

    def close(self) -> None:
        """Drop the connection."""
        self.socket.close()


def latencies(address: Address, request: bytes, count: int) -> list[float]:
    """Seconds of `count` exchanges one after the other, sorted."""
    taken = []
    with closing(Connection(address)) as connection:
        for _ in range(count):
            start = time.perf_counter()
            connection.exchange(request)
            taken.append(time.perf_counter() - start)
    return sorted(taken)


def burst(address: Address, requests: Sequence[bytes], seconds: float) -> list[tuple[float, bytes]]:
    """All requests at once, each on a connection of its own: (seconds until its reply, body), in the order in which
    they came, without those that did not come in time. Raises UnexpectedReply.
    """
    waiting = {connection.socket.fileno(): connection for connection in (Connection(address) for _ in requests)}
    poll = select.epoll()
    start = time.perf_counter()
    for (descriptor, connection), request in zip(waiting.items(), requests, strict=True):
        connection.socket.sendall(request)
        poll.register(descriptor, select.EPOLLIN)
    answers: list[tuple[float, bytes]] = []
    while waiting and (left := start + seconds - time.perf_counter()) > 0:
        for descriptor, _ in poll.poll(left):
            if waiting[descriptor].receive():
                connection = waiting.pop(descriptor)
                answers.append((time.perf_counter() - start, connection.body))
                connection.close()
    for connection in waiting.values():
        connection.close()
    poll.close()
    return answers


class Drivers:
    """`connections` callers, each with one request under way at any time while `run` runs."""

    def __init__(self, address: Address, request: bytes, connections: int) -> None:
        self.request = request
        self.connections = {c.socket.fileno(): c for c in (Connection(address) for _ in range(connections))}
        self.poll = select.epoll()
        for descriptor in self.connections:
            self.poll.register(descriptor, select.EPOLLIN)

    def run(self, seconds: float) -> tuple[int, float]:
        """Keep every connection busy for `seconds`; returns (replies, seconds it really took)."""
        start = time.perf_counter()
        end = start + seconds
        for connection in self.connections.values():
            connection.socket.sendall(self.request)
        busy = len(self.connections)
        replies = 0
        while busy:
            for descriptor, _ in self.poll.poll(10):
                connection = self.connections[descriptor]
                if connection.receive():
                    replies += 1
                    if time.perf_counter() < end:
                        connection.socket.sendall(self.request)
                    else:
                        busy -= 1
        return replies, time.perf_counter() - start

    def close(self) -> None:
        """Drop every connection."""
        self.poll.close()
        for connection in self.connections.values():
            connection.close()
