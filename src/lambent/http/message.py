"""Requests and responses as handlers see them.

Nothing here knows sockets, the parser or AWS. Header names are lower-case `str`; values are `str` decoded as
Latin-1, which loses nothing (`value.encode("latin-1")` gives the bytes of the wire).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from math import inf

import msgspec

from lambent.http.body import Body
from lambent.http.limits import Limits


class Headers(dict[str, str]):
    """Header fields: lower-case name to value. Read-only once a handler has it.

    A repeated field's value is its values joined with ", " as HTTP defines; `all` keeps them apart.
    """

    repeated = False
    """True if any field came more than once."""

    _repeated: dict[str, list[str]] | None = None

    @classmethod
    def of(cls, fields: Iterable[tuple[str, str]]) -> Headers:
        """Headers from (name, value) pairs; names in any case, order kept."""
        headers = cls()
        for name, value in fields:
            headers.add(name.lower(), value)
        return headers

    def add(self, name: str, value: str) -> None:
        """Append a field; `name` must be lower-case already."""
        first = self.get(name)
        if first is None:
            self[name] = value
            return
        if self._repeated is None:
            self._repeated, self.repeated = {}, True
        self._repeated.setdefault(name, [first]).append(value)
        self[name] = f"{first}, {value}"

    def all(self, name: str) -> list[str]:
        """Every value of a lower-case `name` in order of arrival; empty when absent."""
        value = self.get(name)
        if value is None:
            return []
        if self._repeated is None:
            return [value]
        return list(self._repeated.get(name, (value,)))


class Origin(msgspec.Struct, frozen=True):
    """What all requests of one connection have in common; see `Request`."""

    scheme: str = "http"
    client: tuple[str, int] | None = None
    server: tuple[str, int] | None = None
    body_bytes: int = Limits().body_bytes


_HERE = Origin()


class Request:
    """One request, and the only way to its body.

    `target` is the request target as sent; `path` and `query` are its two parts, still percent-encoded (`query`
    without the question mark, "" when absent). `version` is "1.0" or "1.1". `source` is the body as the server
    feeds it, `keep_alive` and `expects_continue` are the client's wishes: those three are the connection's to use.
    """

    __slots__ = (
        "_disconnected",
        "_gone",
        "_origin",
        "expects_continue",
        "headers",
        "keep_alive",
        "method",
        "path",
        "query",
        "source",
        "target",
        "version",
    )

    def __init__(
        self,
        method: str,
        target: str,
        path: str,
        query: str,
        headers: Headers,
        source: Body,
        version: str,
        keep_alive: bool,
        expects_continue: bool,
        origin: Origin,
    ) -> None:
        self.method = method
        self.target = target
        self.path = path
        self.query = query
        self.headers = headers
        self.source = source
        self.version = version
        self.keep_alive = keep_alive
        self.expects_continue = expects_continue
        self._origin = origin
        self._gone = False
        self._disconnected: asyncio.Future[None] | None = None

    @classmethod
    def of(
        cls,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        origin: Origin = _HERE,
    ) -> Request:
        """A complete request made by hand: for calls within the process, and for tests."""
        path, _, query = target.partition("?")
        return cls(method, target, path, query, Headers.of(headers), Body.of(body), "1.1", True, False, origin)

    @property
    def scheme(self) -> str:
        """ "http" or "https"."""
        return self._origin.scheme

    @property
    def client(self) -> tuple[str, int] | None:
        """(address, port) of the client; None on unix sockets."""
        return self._origin.client

    @property
    def server(self) -> tuple[str, int] | None:
        """(address, port) that the client reached; None on unix sockets."""
        return self._origin.server

    @property
    def content_length(self) -> int | None:
        """The declared length of the body in bytes (0 when there is none), None when it is chunked."""
        return self.source.expected

    @property
    def trailers(self) -> Headers:
        """Trailer fields of a chunked body; empty until the body was read to its end."""
        trailers = self.source.trailers
        return trailers if isinstance(trailers, Headers) else Headers()

    @property
    def disconnected(self) -> asyncio.Future[None]:
        """Done once the client has gone (or closed its sending side) while this request was unanswered.

        Never fails; stays pending when the client stays. Ask for it inside a running loop.
        """
        if self._disconnected is None:
            self._disconnected = asyncio.get_running_loop().create_future()
            if self._gone:
                self._disconnected.set_result(None)
        return self._disconnected

    def whole(self, limit: int) -> bytes | None:
        """What `read` gives, if the whole body has come already; None if it has not. Raises BodyTooLarge."""
        return self.source.whole(limit)

    async def read(self, limit: int | None = None) -> bytes:
        """The whole body, or what is left of it; b"" the second time.

        `limit` in bytes, None for the server's `Limits.body_bytes`. Raises BodyTooLarge, BadRequest, ClientGone
        (all RequestError), which may be left to the server: it answers their status.
        """
        return await self.source.read(self._origin.body_bytes if limit is None else limit)

    def stream(self, limit: int | None = None) -> AsyncIterator[bytes]:
        """The body in non-empty pieces as they arrive; the client is held back while the handler is slow.

        `limit` in bytes, None for no limit. Raises as `read` does.
        """
        return self.source.stream(inf if limit is None else limit)

    def lose(self) -> None:
        """Connection: the client has gone."""
        self._gone = True
        if self._disconnected is not None and not self._disconnected.done():
            self._disconnected.set_result(None)


class Response(msgspec.Struct):
    """What a handler answers.

    `headers` are (name, value) pairs, sent as spelled; names must be tokens and values free of CR, LF and NUL.
    The server writes `date`, `content-length`, `transfer-encoding` and `connection` itself: it refuses
    `transfer-encoding` from a handler, takes `connection: close` as a wish, and takes `content-length` where it
    cannot know it (streams, HEAD, 304).

    `body` is bytes, or an async iterable of bytes: sent as it comes, chunked unless `content-length` is given,
    and held back while the client is slow; if the client goes, the iteration is cancelled and closed.
    `trailers`, called once after the last piece of a chunked body, gives fields to send after it; HTTP/1.0
    clients do not get them.
    """

    status: int = 200
    headers: list[tuple[str, str]] = []
    body: bytes | AsyncIterable[bytes] = b""
    trailers: Callable[[], Iterable[tuple[str, str]]] | None = None


Handler = Callable[[Request], Awaitable[Response]]
"""Answers one request. What it raises is logged once and answered with an empty 500."""
