"""From bytes to requests: httptools (llhttp, strict) plus the refusals that it leaves to its user.

Sans-IO: bytes go in by `feed`, requests come out through `deliver`, bodies through their `Body`. It never reads a
clock or a socket. What a lenient neighbour could read otherwise than we do is refused, never repaired.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httptools

from lambent.http.body import BadRequest, Body
from lambent.http.limits import KIB, Limits
from lambent.http.message import Headers, Request

METHODS: dict[bytes, str] = {
    name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT")
}

_NAMES_KEPT = 1024
_NAME_BYTES = 64
_CHUNK_OVERHEAD = 16
_CHUNK_SLACK = 512 * KIB

_names: dict[bytes, str] = {}


def _name(raw: bytes) -> str:
    """A field name as lower-case text; frequent spellings are remembered, a bounded number of them."""
    name = raw.decode("ascii").lower()
    if len(_names) < _NAMES_KEPT and len(raw) <= _NAME_BYTES:
        _names[raw] = name
    return name


@dataclass(frozen=True, slots=True)
class Peer:
    """What every request of one connection has in common."""

    scheme: str = "http"
    client: tuple[str, int] | None = None
    server: tuple[str, int] | None = None


class Arrival:
    """A request that has come in as far as its head. `keep`: the client allows another one after it."""

    __slots__ = ("body", "expects", "keep", "request")

    def __init__(self, request: Request, body: Body, keep: bool, expects: bool) -> None:
        self.request = request
        self.body = body
        self.keep = keep
        self.expects = expects


class RequestParser:
    """The requests of one connection, in order.

    `deliver` is called at the end of each head. `pull` becomes the `pull` of each body. After a failure, and after
    a request that ends the connection, further bytes are ignored.
    """

    __slots__ = (
        "_body_bytes",
        "_chunked",
        "_deliver",
        "_header_bytes",
        "_header_fields",
        "_keep",
        "_llhttp",
        "_partial",
        "_peer",
        "_pull",
        "_repeats",
        "_size",
        "_target",
        "_upgrading",
        "_wire",
        "body",
        "failure",
        "finished",
        "headers",
    )

    def __init__(
        self, limits: Limits, peer: Peer, deliver: Callable[[Arrival], None], pull: Callable[[], None]
    ) -> None:
        self._header_bytes = limits.header_bytes
        self._header_fields = limits.header_fields
        self._body_bytes = limits.body_bytes
        self._peer = peer
        self._deliver = deliver
        self._pull = pull
        self._partial: int | None = None
        self._target = b""
        self._size = 0
        self._repeats = 0
        self._wire = 0
        self._chunked = False
        self._keep = True
        self._upgrading = False
        self.headers = Headers()
        self.body: Body | None = None
        self.failure: BadRequest | None = None
        self.finished = False
        self._llhttp: Any = httptools.HttpRequestParser(self)

    @property
    def in_head(self) -> bool:
        """True between the first byte of a request and the end of its head."""
        return self._partial is not None

    def feed(self, data: bytes | memoryview) -> None:
        """Take what arrived. Never raises: see `failure`."""
        if self.finished:
            return
        before = self._partial
        try:
            self._llhttp.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(bytes(data[upgrade.args[0] :]))
        except httptools.HttpParserError as error:
            if not self.finished:
                self._fail(self.failure or _malformed(error))
        if self._partial is not None:
            self._count_partial(before, len(data))
        elif self._chunked:
            self._count_chunked(len(data))

    def refuse(self, failure: BadRequest) -> None:
        """Give up on what is coming in: its body, if one was begun, fails with `failure`."""
        if not self.finished:
            self._fail(failure)

    def close(self) -> None:
        """No more will come; frees the parser (it refers to us, we to it)."""
        self.finished = True
        self._llhttp = None

    def on_message_begin(self) -> None:
        """httptools: the first byte of a request."""
        self._partial = 0
        self._target = b""
        self._size = 0
        self.headers = Headers()

    def on_url(self, url: bytes) -> None:
        """httptools: a piece of the request target."""
        self._target += url
        if len(self._target) > self._header_bytes:
            raise self._refusal("request target is too long", 414)

    def on_header(self, raw: bytes, value: bytes) -> None:
        """httptools: one header field, or one trailer field after a chunked body."""
        self._size += len(raw) + len(value)
        if self._size > self._header_bytes:
            raise self._refusal("header fields are too long", 431)
        name = _names.get(raw) or _name(raw)
        text = value.decode("latin-1").rstrip(" \t")
        headers = self.headers
        if name not in headers:
            headers[name] = text
            return
        self._repeats += 1
        if self._repeats > self._header_fields:
            raise self._refusal("too many header fields", 431)
        headers.add(name, text)

    def on_headers_complete(self) -> None:
        """httptools: the head is complete; make the request."""
        headers = self.headers
        llhttp = self._llhttp
        self._partial = None
        self._keep = keep = llhttp.should_keep_alive()
        # Only HTTP/1.1 stays open without saying so: this spares formatting the version for most requests.
        version = "1.1" if keep and "connection" not in headers else llhttp.get_http_version()
        if version != "1.1":
            self._check_old(version)
        elif "host" not in headers:
            raise self._refusal("HTTP/1.1 without a Host field")
        if self._repeats:
            self._check_repeats()
        if len(headers) > self._header_fields:
            raise self._refusal("too many header fields", 431)

        expected: int | None = 0
        if "content-length" in headers:
            expected = int(headers["content-length"])
        elif "transfer-encoding" in headers:
            if headers["transfer-encoding"].lower() != "chunked":
                raise self._refusal("transfer coding other than chunked", 501)
            expected = None
        method = METHODS.get(llhttp.get_method())
        if method is None:
            raise self._refusal("method is not implemented", 501)
        target = self._target.decode("ascii")
        if target[:1] == "/" and "#" not in target:
            path, _, query = target.partition("?")
        else:
            path, query = self._other_form(method, target)
        expects = "expect" in headers and self._expectation(version)

        body = Body(expected, self._pull)
        peer = self._peer
        request = Request(
            method, target, path, query, headers, body, version, peer.scheme, peer.client, peer.server, self._body_bytes
        )
        self.body = body
        if expected is None:
            self._chunked = True
            self._wire = self._size = 0
            self.headers = Headers()
        if "upgrade" in headers:
            self._upgrading = llhttp.should_upgrade()
        self._deliver(Arrival(request, body, keep, expects))

    def on_body(self, data: bytes) -> None:
        """httptools: a piece of the body."""
        self.body.feed(data)  # type: ignore[union-attr]  # llhttp has a body only inside a message

    def on_message_complete(self) -> None:
        """httptools: the request is complete."""
        if self._upgrading:
            return
        body = self.body
        if body is None:
            return
        self.body = None
        if self._chunked:
            self._chunked = False
            body.end(self.headers)
        else:
            body.end()
        self.finished = not self._keep

    def _refusal(self, reason: str, status: int = 400) -> BadRequest:
        """Note why, for a callback to raise: httptools hides what callbacks raise."""
        self.failure = BadRequest(reason, status)
        return self.failure

    def _fail(self, failure: BadRequest) -> None:
        self.failure = failure
        self.finished = True
        self._partial = None
        self._chunked = False
        if self.body is not None:
            self.body.fail(failure)
            self.body = None

    def _check_old(self, version: str) -> None:
        if version != "1.0":
            raise self._refusal(f"HTTP/{version} is not supported", 505)
        if "transfer-encoding" in self.headers:
            raise self._refusal("HTTP/1.0 with Transfer-Encoding")

    def _check_repeats(self) -> None:
        self._repeats = 0
        if len(self.headers.all("host")) > 1:
            raise self._refusal("more than one Host field")

    def _expectation(self, version: str) -> bool:
        if self.headers["expect"].lower() != "100-continue":
            raise self._refusal("unknown expectation", 417)
        return version == "1.1"

    def _other_form(self, method: str, target: str) -> tuple[str, str]:
        """Path and query of a target that is not simply a path: `http://host/path`, or `*` for OPTIONS."""
        if method == "CONNECT":
            raise self._refusal("CONNECT is not supported", 501)
        if target == "*" and method == "OPTIONS":
            return "*", ""
        scheme, separator, rest = target.partition("://")
        if not separator or scheme.lower() not in ("http", "https") or "#" in target:
            raise self._refusal("request target is not acceptable")
        before, mark, query = rest.partition("?")
        _, slash, path = before.partition("/")
        return slash + path or "/", query if mark else ""

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Go on in HTTP/1.1 although the client offered another protocol.

        llhttp stops at the end of such a head. A fresh parser is told the framing alone, so that it reads the
        body, which belongs to the request that was delivered already.
        """
        self._upgrading = False
        body, deliver, headers = self.body, self._deliver, self.headers
        if body is None:
            return
        framing = "transfer-encoding: chunked" if body.expected is None else f"content-length: {body.expected}"
        keep = "keep-alive" if self._keep else "close"
        self._llhttp = httptools.HttpRequestParser(self)
        self._deliver = _drop
        try:
            self._llhttp.feed_data(f"POST / HTTP/1.1\r\nhost: -\r\nconnection: {keep}\r\n{framing}\r\n\r\n".encode())
        finally:
            self._deliver = deliver
        self.headers = headers
        if body.expected == 0:
            body.end()
        else:
            self.body = body
        if rest:
            self.feed(rest)

    def _count_partial(self, before: int | None, size: int) -> None:
        """A head that comes in many pieces: what llhttp holds back of it is bounded too."""
        assert self._partial is not None
        if before is not None and 0 < before == self._partial:
            self._partial += size
        elif self._partial == 0:
            self._partial = 1
        if self._partial > self._header_bytes:
            self._fail(BadRequest("request head is too long", 431))

    def _count_chunked(self, size: int) -> None:
        """Chunk extensions and tiny chunks may not outweigh the body without bound."""
        body = self.body
        assert body is not None
        self._wire += size
        if self._wire > _CHUNK_SLACK + self._header_bytes + _CHUNK_OVERHEAD * (body.arrived):
            self._fail(BadRequest("chunked body has too much overhead"))


def _malformed(error: httptools.HttpParserError) -> BadRequest:
    """A refusal by llhttp; one that came out of our own callbacks unmeant would be our fault."""
    ours = isinstance(error, httptools.HttpParserCallbackError)
    return BadRequest(str(error), 500 if ours else 400)


def _drop(_arrival: Arrival) -> None:
    """The receiver of the head that stands in for one with an upgrade."""
