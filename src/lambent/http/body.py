"""A request's body on its way from the parser to the handler, with back-pressure.

One producer (the connection: `feed`, `end`, `fail`), one consumer (the handler, through `Request`).
It never touches a socket: when the consumer has to wait it tells the connection by `pull`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping


class RequestError(Exception):
    """The request cannot be had in full. A handler may let it pass: the server answers `status` and closes."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class BodyTooLarge(RequestError):
    """The body is longer than the reader allowed (413). `limit` in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"body is longer than {limit} bytes")
        self.limit = limit


class BadRequest(RequestError):
    """What arrived is not HTTP as the server accepts it (400 unless said otherwise)."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(status, reason)


class ClientGone(RequestError):
    """The client went away before its body was complete."""

    def __init__(self, reason: str = "client disconnected") -> None:
        super().__init__(400, reason)


def _nothing() -> None:
    """The `pull` of a body that is already complete."""


class Body:
    """Bytes between one producer and one consumer.

    `expected` is the declared length in bytes, None for a chunked body; `arrived` and `buffered` are bytes so far
    and bytes not taken yet. `pull` is called whenever the consumer starts to wait, and when it has taken something.
    """

    __slots__ = (
        "_chunks",
        "_pull",
        "_waiter",
        "arrived",
        "buffered",
        "discarding",
        "ended",
        "expected",
        "failure",
        "trailers",
    )

    def __init__(self, expected: int | None = 0, pull: Callable[[], None] = _nothing) -> None:
        self.expected = expected
        self.arrived = self.buffered = 0
        self.ended = self.discarding = False
        self.failure: RequestError | None = None
        self.trailers: Mapping[str, str] | None = None
        self._chunks: list[bytes] | None = None
        self._pull = pull
        self._waiter: asyncio.Future[None] | None = None

    @classmethod
    def of(cls, data: bytes) -> Body:
        """A complete body holding `data`."""
        body = cls(len(data))
        if data:
            body.feed(data)
        body.end()
        return body

    @property
    def wanted(self) -> bool:
        """True while the consumer waits for more."""
        return self._waiter is not None

    @property
    def nothing_came(self) -> bool:
        """True while the whole body is still to come."""
        return self.arrived == 0 and not self.ended

    def feed(self, data: bytes) -> None:
        """Producer: some bytes (at least one) arrived."""
        self.arrived += len(data)
        if self.discarding:
            return
        if self._chunks is None:
            self._chunks = [data]
        else:
            self._chunks.append(data)
        self.buffered += len(data)
        if self._waiter is not None:
            self._wake(self._waiter)

    def end(self, trailers: Mapping[str, str] | None = None) -> None:
        """Producer: the body is complete."""
        self.trailers = trailers
        self.ended = True
        if self._waiter is not None:
            self._wake(self._waiter)

    def fail(self, failure: RequestError) -> None:
        """Producer: the rest will not come; a reader gets what is buffered, then `failure`. No-op once ended."""
        if not self.ended and self.failure is None:
            self.failure = failure
            if self._waiter is not None:
                self._wake(self._waiter)

    def discard(self) -> None:
        """Drop what is buffered and what comes: nobody will read it."""
        self.discarding = True
        self._chunks = None
        self.buffered = 0

    def whole(self, limit: int) -> bytes | None:
        """All that is left, if it is there already, at most `limit` bytes; None if it is not. Raises BodyTooLarge."""
        if not self.ended:
            return None
        if self.buffered > limit:
            raise BodyTooLarge(limit)
        return self._all() if self.buffered else b""

    async def read(self, limit: int) -> bytes:
        """All that is left, at most `limit` bytes. Raises BodyTooLarge, BadRequest, ClientGone."""
        if self.expected is not None and self.expected > limit:
            raise BodyTooLarge(limit)
        while not self.ended and self.buffered <= limit:
            await self._more()
        if self.buffered > limit:
            raise BodyTooLarge(limit)
        return self._all()

    def stream(self, limit: float) -> AsyncIterator[bytes]:
        """The body in pieces as they arrive, at most `limit` bytes in all. Raises as `read` does."""
        if self.expected is not None and self.expected > limit:
            raise BodyTooLarge(int(limit))
        return _Stream(self, limit)

    async def take(self) -> bytes | None:
        """What has arrived since the last time (never empty), None at the end. Raises BadRequest, ClientGone."""
        while not self._chunks:
            if self.ended:
                return None
            await self._more()
        data = self._all()
        if not self.ended:
            self._pull()
        return data

    def _all(self) -> bytes:
        """Take what is buffered."""
        chunks = self._chunks
        if chunks is None:
            return b""
        self._chunks = None
        self.buffered = 0
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _more(self) -> None:
        """Wait until something changes."""
        if self.failure is not None:
            raise self.failure
        if self._waiter is not None:
            raise RuntimeError("two readers wait for one request body")
        self._waiter = waiter = asyncio.get_running_loop().create_future()
        try:
            self._pull()
            await waiter
        finally:
            self._waiter = None

    def _wake(self, waiter: asyncio.Future[None]) -> None:
        if not waiter.done():
            waiter.set_result(None)


class _Stream:
    """The iterator that `Body.stream` returns."""

    __slots__ = ("_body", "_limit", "_taken")

    def __init__(self, body: Body, limit: float) -> None:
        self._body = body
        self._limit = limit
        self._taken = 0

    def __aiter__(self) -> _Stream:
        return self

    async def __anext__(self) -> bytes:
        data = await self._body.take()
        if data is None:
            raise StopAsyncIteration
        self._taken += len(data)
        if self._taken > self._limit:
            raise BodyTooLarge(int(self._limit))
        return data
