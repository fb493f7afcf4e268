"""A small HTTP/1.1 client: one request, one answer, connections kept for the next. Knows no service and no signature.

Nothing is followed, decoded or repeated, but one request whose kept connection turned out to be closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self
from urllib.parse import urlsplit

import httptools

IDLE_SECONDS = 20.0
"""How long a connection is kept for another request; servers close theirs after a while, too."""

_KEPT = 64
"""Idle connections to one origin, at most."""
_CHUNK = 256 * 1024

_Origin = tuple[str, str, int]


class ClientError(Exception):
    """No whole answer came: the text says why."""


class AnswerTooLarge(ClientError):
    """The answer's body is longer than the caller wanted to read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    kept_since: float = 0.0
    used: bool = False


class _Gone(ClientError):
    """The connection ended before the first byte of an answer."""


@dataclass
class _Reading:
    """One answer as it comes in: the callbacks of httptools."""

    limit: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    head_done: bool = False
    done: bool = False
    too_large: bool = False
    keep: bool = False
    should_keep: Callable[[], bool] = bool

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.head_done = True

    def on_body(self, part: bytes) -> None:
        if len(self.body) + len(part) > self.limit:
            self.too_large = True
        else:
            self.body += part

    def on_message_complete(self) -> None:
        self.done = True
        self.keep = self.should_keep()  # the parser knows it now, and has forgotten it a moment later

    def finished(self) -> bool:
        """Whether the message is whole; asked anew each time."""
        return self.done

    @property
    def ends_with_connection(self) -> bool:
        names = {name.lower() for name, _ in self.headers}
        return self.head_done and not names & {"content-length", "transfer-encoding"}


class HttpClient:
    """Open it with `async with`: what it still holds is closed at the end."""

    def __init__(self) -> None:
        self._idle: dict[_Origin, list[_Connection]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        for connections in self._idle.values():
            for connection in connections:
                connection.writer.close()
        self._idle.clear()

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        limit: int,
        within: float,
    ) -> Answer:
        """The answer, its body at most `limit` bytes, `within` so many seconds. Raises ClientError.

        `url` is absolute and percent-encoded. Content-Length is added where there is a body.
        """
        origin, message = _message(method, url, headers, body)
        try:
            async with asyncio.timeout(within):
                connection = self._kept(origin) or await self._connect(origin)
                try:
                    return await self._exchange(origin, connection, method, message, limit)
                except _Gone:
                    if not connection.used:
                        raise
                return await self._exchange(origin, await self._connect(origin), method, message, limit)
        except TimeoutError:
            raise ClientError(f"no answer within {within:g} seconds") from None
        except (OSError, UnicodeError, httptools.HttpParserError) as error:  # Unicode: a name that no host can have
            raise ClientError(str(error) or type(error).__name__) from error

    def _kept(self, origin: _Origin) -> _Connection | None:
        kept = self._idle.get(origin, [])
        now = asyncio.get_running_loop().time()
        while kept:
            connection = kept.pop()
            if now - connection.kept_since < IDLE_SECONDS and not connection.reader.at_eof():
                return connection
            connection.writer.close()
        return None

    async def _connect(self, origin: _Origin) -> _Connection:
        scheme, host, port = origin
        secure = self._tls if scheme == "https" else None
        return _Connection(*await asyncio.open_connection(host, port, ssl=secure))

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    async def _exchange(
        self, origin: _Origin, connection: _Connection, method: str, message: bytes, limit: int
    ) -> Answer:
        reading = _Reading(limit)
        parser = httptools.HttpResponseParser(reading)
        reading.should_keep = parser.should_keep_alive
        keep = False
        try:
            connection.writer.write(message)
            with contextlib.suppress(ConnectionError):  # a refusal may have come before the end of what we say
                await connection.writer.drain()
            await _read(connection.reader, parser, reading, bodiless=method == "HEAD")
            keep = reading.done and method != "HEAD" and reading.keep
            return Answer(parser.get_status_code(), reading.headers, bytes(reading.body))
        finally:
            if keep and len(kept := self._idle.setdefault(origin, [])) < _KEPT:
                connection.used, connection.kept_since = True, asyncio.get_running_loop().time()
                kept.append(connection)
            else:
                connection.writer.close()


async def _read(
    reader: asyncio.StreamReader, parser: httptools.HttpResponseParser, reading: _Reading, *, bodiless: bool
) -> None:
    """Feed the parser until the answer is whole. Raises ClientError."""
    came = False
    while not reading.done and not (bodiless and reading.head_done):
        try:
            data = await reader.read(_CHUNK)
        except ConnectionError as error:
            raise (ClientError(str(error)) if came else _Gone(str(error))) from error
        if not data:
            if reading.ends_with_connection:
                return
            raise ClientError("the answer ended too early") if came else _Gone("the connection was closed")
        came = True
        parser.feed_data(data)
        status: int = parser.get_status_code()
        if status < 200 and reading.finished():  # 100 Continue and its kind: the answer is yet to come
            reading.headers.clear()
            reading.head_done = reading.done = False
        if reading.too_large:
            raise AnswerTooLarge(f"the answer is longer than {reading.limit} bytes")


def _message(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[_Origin, bytes]:
    """Where to connect to, and what to say there. Raises ClientError for what cannot be said."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ClientError(f"{url!r} is no http:// or https:// address")
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise ClientError(f"{url!r}: {error}") from error
    names = {name.lower() for name in headers}
    lines = [f"{method} {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if "host" not in names:
        lines.append(f"Host: {parts.netloc}")
    if "content-length" not in names and (body or method in ("POST", "PUT")):
        lines.append(f"Content-Length: {len(body)}")
    if any("\r" in line or "\n" in line for line in lines):
        raise ClientError("a header must be one line")
    try:
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    except UnicodeEncodeError as error:
        raise ClientError(f"a header cannot be sent: {error}") from error
    return (parts.scheme, parts.hostname, port), head + body
