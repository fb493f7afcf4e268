"""From bytes to requests: httptools (llhttp, strict) plus the refusals that it leaves to its user.

Sans-IO: bytes go in by `feed`, requests come out through `deliver`, bodies through their `Body`. It never
reads a clock or a socket. What a lenient neighbour could read otherwise than we do is refused, never repaired.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

import httptools

from lambent.http.body import BadRequest, Body
from lambent.http.limits import KIB, Limits
from lambent.http.message import Headers, Origin, Request

METHODS: dict[bytes, str] = {
    name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT")
}

_NAMES_KEPT = 1024
_NAME_BYTES = 64

SLICE = 16 * KIB
"""Feed no more than this at once except inside a body: limits on heads are exact within a slice."""

_names: dict[bytes, str] = {}
_HOST = re.compile(r"(?:\[([^]]*)\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?", re.ASCII)


def _name(raw: bytes) -> str:
    """A field name as lower-case text; frequent spellings are remembered, a bounded number of them."""
    name = raw.decode("ascii").lower()
    if len(_names) < _NAMES_KEPT and len(raw) <= _NAME_BYTES:
        _names[raw] = name
    return name


def _is_host(text: str) -> bool:
    """Whether a Host field is a host and perhaps a port: whoever puts it into an address must get no other address."""
    match = _HOST.fullmatch(text)
    if match is None or match[1] is None:
        return match is not None
    try:
        return ipaddress.ip_address(match[1]).version == 6
    except ValueError:
        return False


class _Enough(Exception):
    """Raised to stop llhttp, which would go on although the client said that it would not."""


class RequestParser:
    """The requests of one connection, in order.

    `deliver` is called at the end of each head; `failed` once, when what comes is refused (see `failure`); `pull`
    becomes the `pull` of each body. After a failure, and after a request that ends the connection, further bytes are
    ignored. `headers` is those of the latest request, `body` the one that is coming in.
    """

    __slots__ = (
        "_arrived",
        "_deliver",
        "_failed",
        "_fields",
        "_header_bytes",
        "_header_fields",
        "_llhttp",
        "_origin",
        "_pull",
        "_target",
        "_upgrading",
        "_wire",
        "body",
        "failure",
        "finished",
        "headers",
        "on_header",
        "request",
    )

    def __init__(
        self,
        limits: Limits,
        origin: Origin,
        deliver: Callable[[Request], None],
        failed: Callable[[], None],
        pull: Callable[[], None],
    ) -> None:
        self._header_bytes = limits.header_bytes
        self._header_fields = limits.header_fields
        self._origin = origin
        self._deliver = deliver
        self._failed = failed
        self._pull = pull
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._wire = 0
        self._arrived = 0
        self._upgrading = False
        self.headers = Headers()
        self.request: Request | None = None
        self.body: Body | None = None
        self.failure: BadRequest | None = None
        self.finished = False
        # A closure over the list: called for every field of every request, it is the hottest line of all.
        append = self._fields.append
        self.on_header: Callable[[bytes, bytes], None] | None = lambda name, value: append((name, value))
        self._llhttp: Any = httptools.HttpRequestParser(self)

    @property
    def in_head(self) -> bool:
        """True between the first bytes of a request's target and the end of its head."""
        return self._target != b""

    def feed(self, data: bytes | memoryview) -> None:
        """Take what arrived. Never raises: see `failure`."""
        if self.finished:
            return
        self._wire += len(data)
        try:
            self._llhttp.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(bytes(data[upgrade.args[0] :]))
        except httptools.HttpParserError as error:
            self.refuse(self.failure or _malformed(error))
        if self._target or self.body is not None:
            self._bound()

    def refuse(self, failure: BadRequest) -> None:
        """Give up on what is coming in: its body, if one was begun, fails with `failure`."""
        if self.finished:
            return
        self.failure = failure
        self.finished = True
        self._target = b""
        if self.body is not None:
            self.body.fail(failure)
            self.body = None
        self._failed()

    def close(self) -> None:
        """No more will come; frees the parser (it refers to us, we to it) and what it holds: a connection that is gone
        waits for the collector, and megabytes of a head or body must not wait with it."""
        self.finished = True
        self._llhttp = self.on_header = self.request = self.body = None
        self._fields.clear()
        self._target = b""

    def on_url(self, url: bytes) -> None:
        """httptools: a piece of the request target."""
        self._target += url

    def on_headers_complete(self) -> None:
        """httptools: the head is complete; make the request."""
        if self.finished:
            raise _Enough
        headers = self._take_fields(self._target)
        target = self._target.decode("ascii")
        self._target = b""
        llhttp = self._llhttp
        keep, version = llhttp.should_keep_alive(), "1.1"
        # Only HTTP/1.1 stays open without saying so: this spares formatting the version for most requests.
        if not keep or "connection" in headers:
            version = llhttp.get_http_version()
            keep = keep and "close" not in headers.get("connection", "").lower()
        if version != "1.1":
            self._check_old(version, headers)
        elif "host" not in headers:
            raise self._refusal("HTTP/1.1 without a Host field")

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
        if target[:1] == "/" and "#" not in target:
            path, _, query = target.partition("?")
        else:
            path, query = self._other_form(method, target)
        expects = "expect" in headers and self._expectation(version, headers)

        self.headers = headers
        self.body = body = Body(expected, self._pull)
        self.request = request = Request(
            method, target, path, query, headers, body, version, keep, expects, self._origin
        )
        self._wire = self._arrived = 0
        if "upgrade" in headers:
            self._upgrading = llhttp.should_upgrade()
        self._deliver(request)

    def on_body(self, data: bytes) -> None:
        """httptools: a piece of the body."""
        self.body.feed(data)  # type: ignore[union-attr]  # llhttp has a body only inside a message

    def on_message_complete(self) -> None:
        """httptools: the request is complete."""
        body, request = self.body, self.request
        if self._upgrading or body is None or request is None:
            return
        trailers = self._take_fields(b"") if body.expected is None else None
        self.body = self.request = None
        self._wire = 0
        body.end(trailers)
        self.finished = not request.keep_alive

    def _take_fields(self, target: bytes) -> Headers:
        """The fields collected so far, as Headers; trailers have no target."""
        fields = self._fields
        if len(fields) > self._header_fields:
            raise self._refusal("too many header fields", 431)
        if self._wire > self._header_bytes or not target:
            size = len(target) + sum(len(raw) + len(value) for raw, value in fields)
            if size > self._header_bytes:
                raise self._refusal("header fields are too long", 431)
        headers = Headers()
        names = _names
        for raw, value in fields:
            name = names.get(raw) or _name(raw)
            text = value.rstrip().decode("latin-1")
            if name not in headers:
                headers[name] = text
            elif name == "host":
                raise self._refusal("more than one Host field")
            else:
                headers.add(name, text)
        fields.clear()
        if "host" in headers and not _is_host(headers["host"]):
            raise self._refusal("the Host field is no host")
        return headers

    def _bound(self) -> None:
        """A head, trailers or chunk extensions without an end: what llhttp holds back of them is bounded too."""
        body = self.body
        if body is not None and body.arrived != self._arrived:
            self._arrived = body.arrived
            self._wire = 0
        elif self._wire > self._header_bytes + SLICE:
            self.refuse(BadRequest("request head is too long", 431))

    def _refusal(self, reason: str, status: int = 400) -> BadRequest:
        """Note why, for a callback to raise: httptools hides what callbacks raise."""
        self.failure = BadRequest(reason, status)
        return self.failure

    def _check_old(self, version: str, headers: Headers) -> None:
        if version != "1.0":
            raise self._refusal(f"HTTP/{version} is not supported", 505)
        if "transfer-encoding" in headers:
            raise self._refusal("HTTP/1.0 with Transfer-Encoding")

    def _expectation(self, version: str, headers: Headers) -> bool:
        if headers["expect"].lower() != "100-continue":
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
        before, _, query = rest.partition("?")
        _, slash, path = before.partition("/")
        return slash + path or "/", query

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Go on in HTTP/1.1 although the client offered another protocol.

        llhttp stops at the end of such a head. A fresh parser is told the framing alone, so that it reads the
        body, which belongs to the request that was delivered already.
        """
        self._upgrading = False
        body, request, headers, deliver = self.body, self.request, self.headers, self._deliver
        if body is None or request is None:
            return
        self._llhttp = httptools.HttpRequestParser(self)
        if body.expected == 0:
            self.on_message_complete()
        else:
            framing = "transfer-encoding: chunked" if body.expected is None else f"content-length: {body.expected}"
            self._deliver = _drop
            self._llhttp.feed_data(f"POST / HTTP/1.1\r\nhost: -\r\n{framing}\r\n\r\n".encode())
            self._deliver = deliver
            self.body, self.request, self.headers = body, request, headers
        self.feed(rest)


def _malformed(error: httptools.HttpParserError) -> BadRequest:
    """A refusal by llhttp; one that came out of our own callbacks unmeant would be our fault."""
    ours = isinstance(error, httptools.HttpParserCallbackError)
    return BadRequest(str(error), 500 if ours else 400)


def _drop(_request: Request) -> None:
    """The receiver of the head that stands in for one with an upgrade."""
