"""What goes out on one connection: whole answers in one write, streamed ones piece by piece with back-pressure.

It writes and it waits for the client to take; it never reads, and it does not decide when a connection ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from lambent.http.head import Head, HeadError, trailer_section
from lambent.http.limits import KIB
from lambent.http.message import Request, Response

_JOIN_BELOW: Final = 64 * KIB
_BODILESS: Final = frozenset({204, 205, 304})


class BrokenAnswer(Exception):
    """A streamed answer ended other than its head said: the connection must be cut so that the client can tell."""


class Outgoing:
    """The sending half. `sent` counts bytes handed to the transport; `streaming` is true while a body is iterated."""

    __slots__ = ("_lost", "_transport", "_writable", "sent", "streaming")

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport
        self._writable: asyncio.Future[None] | None = None
        self._lost = False
        self.sent = 0
        self.streaming = False

    @property
    def blocked(self) -> bool:
        """True while the client has more than enough to take."""
        return self._writable is not None

    @property
    def waiting(self) -> int:
        """Bytes that the client has not taken yet, beyond what the kernel holds."""
        return self._transport.get_write_buffer_size()

    def pause(self) -> None:
        """Transport: the buffer is above its mark."""
        if self._writable is None:
            self._writable = asyncio.get_running_loop().create_future()

    def resume(self) -> None:
        """Transport: there is room again."""
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    def lose(self) -> None:
        """Transport: the connection is gone; nothing more is written."""
        self._lost = True
        self.resume()

    async def drained(self) -> None:
        """Wait until there is room, or the connection is gone."""
        if self._writable is not None:
            await self._writable

    def raw(self, data: bytes) -> None:
        """Write `data` as it is, unless the connection is ending."""
        if not self._transport.is_closing():
            self.sent += len(data)
            self._transport.write(data)

    def whole(self, request: Request, response: Response, keep: bool, date: str) -> bool:
        """Write an answer whose body is bytes. True if another may follow. Raises HeadError, with nothing written."""
        head = Head(response.status, response.headers, date)
        body = response.body
        assert isinstance(body, bytes)
        keep = keep and not head.close
        framing = _connection(request, keep)
        if response.status in _BODILESS:
            body = b""
            if response.status == 304 and head.length is not None:
                framing += f"content-length: {head.length}\r\n"
        elif request.method == "HEAD":
            framing += f"content-length: {len(body) if head.length is None else head.length}\r\n"
            body = b""
        else:
            if head.length is not None and head.length != len(body):
                raise HeadError(f"content-length {head.length} for a body of {len(body)} bytes")
            framing += f"content-length: {len(body)}\r\n"
        data = head.render(framing)
        if len(body) < _JOIN_BELOW:
            self.raw(data + body)
        elif not self._transport.is_closing():
            self.sent += len(data) + len(body)
            self._transport.writelines((data, body))
        return keep

    async def stream(self, request: Request, response: Response, keep: bool, date: str) -> bool:
        """Write an answer whose body is an async iterable; True if another may follow.

        Raises HeadError with nothing written, BrokenAnswer once something is. The iterator is closed in any case.
        If the connection goes, the iteration is cancelled by the connection (see `streaming`).
        """
        assert not isinstance(response.body, bytes)
        pieces = aiter(response.body)
        head = Head(response.status, response.headers, date)
        bodiless = request.method == "HEAD" or response.status in _BODILESS
        chunked = head.length is None and request.version == "1.1"
        keep = keep and not head.close and (bodiless or chunked or head.length is not None)
        framing = _connection(request, keep)
        if head.length is not None and response.status not in (204, 205):
            framing += f"content-length: {head.length}\r\n"
        elif chunked and not bodiless:
            framing += "transfer-encoding: chunked\r\n"
        self.raw(head.render(framing))
        try:
            try:
                if bodiless:
                    return keep
                self.streaming = True
                if chunked:
                    await self._chunks(pieces, response)
                else:
                    await self._pieces(pieces, head.length)
            finally:
                self.streaming = False
                await close_iterator(pieces)
        except BrokenAnswer:
            raise
        except Exception as error:
            raise BrokenAnswer("the iteration of an answer's body failed") from error
        return keep

    async def _chunks(self, pieces: AsyncIterator[bytes], response: Response) -> None:
        async for piece in pieces:
            if self._lost:
                return
            size = len(piece)
            if size == 0:
                continue
            if size < _JOIN_BELOW:
                self.raw(b"%x\r\n%b\r\n" % (size, piece))
            elif not self._transport.is_closing():
                self.sent += size
                self._transport.writelines((b"%x\r\n" % size, piece, b"\r\n"))
            if self._writable is not None:
                await self._writable
        self.raw(b"0\r\n" + trailer_section(response.trailers() if response.trailers else ()))

    async def _pieces(self, pieces: AsyncIterator[bytes], length: int | None) -> None:
        left = length
        async for piece in pieces:
            if self._lost:
                return
            if left is not None:
                left -= len(piece)
                if left < 0:
                    raise BrokenAnswer(f"body is longer than its content-length {length}")
            self.raw(piece)
            if self._writable is not None:
                await self._writable
        if left:
            raise BrokenAnswer(f"body is {left} bytes shorter than its content-length {length}")


async def close_iterator(pieces: object) -> None:
    """Close an async generator (run its `finally`); other iterators have nothing to close."""
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()


def _connection(request: Request, keep: bool) -> str:
    """The Connection line, where one is needed."""
    if not keep:
        return "connection: close\r\n"
    return "" if request.version == "1.1" else "connection: keep-alive\r\n"
