"""What comes in on one connection: bytes to the parser, requests into a queue, and no more of either than fits.

It stops the transport's reading while there is enough, and starts it again; it does not answer or close.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from lambent.http.limits import Limits
from lambent.http.message import Origin, Request
from lambent.http.parser import SLICE, RequestParser


class Incoming:
    """The receiving half. `queue` holds requests that wait for their turn, `paused` says that reading is stopped.

    `arrived` is called for each request whose head is complete, and when the parser refuses what comes; `pull` when
    the reader of a body waits or has taken something.
    """

    __slots__ = ("_buffer_bytes", "_notify", "_pipelined", "_stash", "_transport", "parser", "paused", "queue")

    def __init__(
        self,
        transport: asyncio.ReadTransport,
        limits: Limits,
        origin: Origin,
        arrived: Callable[[], None],
        pull: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._buffer_bytes = limits.buffer_bytes
        self._pipelined = limits.pipelined
        self._notify = arrived
        self._stash: bytes | None = None
        self.parser = RequestParser(limits, origin, self._deliver, arrived, pull)
        self.paused = False
        self.queue: deque[Request] = deque()

    def feed(self, data: bytes) -> None:
        """Bytes have come."""
        parser = self.parser
        if len(data) > SLICE or self._stash is not None:
            self._feed_slices(data)
        else:
            parser.feed(data)
            if parser.body is not None or len(self.queue) > 1:
                self._hold_back()

    def throttle(self) -> None:
        """Look again: go on if there is room by now."""
        if self._stash is not None and not self._full():
            self._feed_slices(b"")
        else:
            self._hold_back()

    def drop(self) -> None:
        """Nothing that comes matters any more: let it come."""
        self.parser.close()
        self.queue.clear()
        self._stash = None
        if self.paused:
            self._hold_back()

    def _deliver(self, request: Request) -> None:
        self.queue.append(request)
        self._notify()

    def _feed_slices(self, data: bytes) -> None:
        """Feed much data piece by piece, so that it cannot turn into a great many requests at once.

        What is left when there are enough waits in `_stash`.
        """
        if self._stash is not None:
            data, self._stash = self._stash + data, None
        parser, view, at = self.parser, memoryview(data), 0
        while at < len(view) and not parser.finished:
            if self._full():
                self._stash = data[at:]
                break
            body = parser.body
            size = SLICE if body is None or body.expected is None else max(SLICE, body.expected - body.arrived)
            parser.feed(view[at : at + size])
            at += size
        self._hold_back()

    def _full(self) -> bool:
        """True if the client should wait: enough requests, or enough of a body that nobody is waiting for."""
        if len(self.queue) >= self._pipelined:
            return True
        body = self.parser.body
        if body is None or body.wanted:
            return False
        return body.buffered >= (self._buffer_bytes // 2 if self.paused else self._buffer_bytes)

    def _hold_back(self) -> None:
        """Stop or start the transport's reading."""
        full = self._stash is not None or self._full()
        if full == self.paused or self._transport.is_closing():
            return
        self.paused = full
        if full:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
