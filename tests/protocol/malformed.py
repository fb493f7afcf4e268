"""Requests with something wrong in them, the same for the same dice: bodies, heads, and framing.

What is wrong with a body or a head is found by whoever reads it, so such a request is still to be signed and framed;
what is wrong with the framing is found before anybody asks who sent it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from lambent.wire.client import render_request
from lambent.wire.model import load
from lambent.wire.request import WireRequest
from tests.protocol.differential import ENDPOINT, Pair, protocols

SERVED = """
    lambda iam sts kms sqs sns events scheduler pipes logs cloudwatch xray secretsmanager
""".split()  # noqa: SIM905 - thirteen words read better than thirteen literals
ENDLESS = ("StartLiveTail",)
"""Operations whose answer would not end by itself."""

_BAD_TEXT = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x80", b"%ff", b"%", b"\\ud800", b"\0")
_BAD_VALUES = (
    b"null",
    b"{}",
    b"[]",
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"9" * 40,
    b'"',
    b"{",
    b"\xbf\xff",
    b"\xfb\x7f\xf0",
    b"&",
)
_NOTHING_LIKE = (
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"\xef\xbb\xbf{}",
    b'{"a":1}{"b":2}',
    b"[" * 20_000,
    b'{"a":' * 10_000,
    b"\x9f" * 20_000,
    b"\xa1" * 20_000,
    b"&" * 20_000,
    b"a" * 20_000,
    b"<a>" * 5_000,
)
_TYPES = ("", "x", "text/xml", "application/json", "application/cbor", "application/x-www-form-urlencoded", "a" * 2000)
_QUERIES = ("Qualifier=%ff", "Marker=%00", "MaxItems=x", "MaxItems=9" + "9" * 30, "a&a&a", "=", "%", "&" * 3000)


def requests(seed: int) -> list[tuple[str, WireRequest]]:
    """A sound request of every operation of every served service in each of its protocols, with its service."""
    found = []
    for service in SERVED:
        for protocol in protocols(service):
            for name in load(service).operations:
                if name not in ENDLESS:
                    pair = Pair(service, name, protocol)
                    params = pair.params(seed, 0.6)
                    found.append(
                        (service, render_request(pair.ours, pair.operation, params, ENDPOINT, protocol=protocol))
                    )
    return found


def _changed(request: WireRequest, dice: random.Random) -> WireRequest:
    """A body with a few bytes of it changed, cut, doubled or put in."""
    body = bytearray(request.body or b"x")
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(body) + 1)
        match dice.randrange(4):
            case 0:
                body[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del body[at : at + dice.randint(1, 9)]
            case 2:
                body[at:at] = dice.choice(_BAD_VALUES)
            case _:
                body[at:at] = body[at : at + 20]
    return _with(request, bytes(body))


def _bad_text(request: WireRequest, dice: random.Random) -> WireRequest:
    body = bytearray(request.body)
    at = dice.randrange(len(body) + 1)
    body[at:at] = dice.choice(_BAD_TEXT)
    return _with(request, bytes(body))


def _cut(request: WireRequest, dice: random.Random) -> WireRequest:
    return _with(request, request.body[: dice.randrange(len(request.body) + 1)])


def _other(request: WireRequest, dice: random.Random) -> WireRequest:
    return _with(request, dice.choice(_NOTHING_LIKE))


def _head(request: WireRequest, dice: random.Random) -> WireRequest:
    """A path, a query or a header of the protocol that is none."""
    path, query, headers = request.path, request.query, dict(request.headers)
    match dice.randrange(4):
        case 0:
            path += dice.choice(["/", "%00", "%ff", "/..", "//", "/%2e%2e/", "/" + "x" * 3000])
        case 1:
            query = dice.choice(_QUERIES)
        case 2:
            headers["content-type"] = dice.choice(_TYPES)
        case _:
            headers["x-amz-target"] = dice.choice(["", ".", "x", "AWS.", "Logs_20140328.", "a" * 3000])
    return WireRequest(request.method, path, query, headers, request.body)


def _with(request: WireRequest, body: bytes) -> WireRequest:
    return WireRequest(request.method, request.path, request.query, request.headers, body)


CONTENTS: tuple[Callable[[WireRequest, random.Random], WireRequest], ...] = (_changed, _bad_text, _cut, _other, _head)
"""What can be wrong with a request that arrives whole."""

_SMUGGLED = b"GET /_lambent/smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
_LENGTHS = (
    b"Content-Length: 5\r\nContent-Length: 6",
    b"Content-Length: 5, 6",
    b"Content-Length: -1",
    b"Content-Length: +5",
    b"Content-Length: 0x5",
    b"Content-Length: 5 5",
    b"Content-Length: " + b"9" * 40,
    b"Content-Length: ",
    b"Content-Length: 3\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 3",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked, chunked",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding:\x0bchunked",
    b" Content-Length: 3",
    b"Content-Length : 3",
    b"X: y\rContent-Length: 3",
)
_CHUNKS = (
    b"zz\r\nabc\r\n",
    b"-1\r\nabc\r\n",
    b"0x3\r\nabc\r\n0\r\n\r\n",
    b"3\r\nabcde\r\n0\r\n\r\n",
    b"3\nabc\n0\n\n",
    b"f" * 17 + b"\r\nabc\r\n",
    b"3;" + b"x" * 70_000 + b"\r\nabc\r\n",
    b"3\r\nabc\r\n0\r\n" + b"T: " + b"x" * 70_000 + b"\r\n\r\n",
    b"\r\n",
    b"3\r\nab",
)
_LINES = (
    b"GET /\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: h\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"G\x00T / HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nA\x00: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nA b: c\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nA: \xff\xfe\r\n folded\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\nHost: h\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)


def framing(dice: random.Random) -> bytes:
    """Bytes that are no request, or one whose end two readers could see in two places."""
    post = b"POST /2015-03-31/functions HTTP/1.1\r\nHost: h\r\n"
    match dice.randrange(5):
        case 0:
            return post + dice.choice(_LENGTHS) + b"\r\n\r\nabc" + _SMUGGLED
        case 1:
            return post + b"Transfer-Encoding: chunked\r\n\r\n" + dice.choice(_CHUNKS)
        case 2:
            size = dice.choice([70_000, 300_000])
            return b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"x" * size + b"\r\n\r\n"
        case 3:
            many = b"".join(b"H%d: v\r\n" % number for number in range(dice.choice([300, 5000])))
            return b"GET /" + b"x" * dice.choice([0, 70_000]) + b" HTTP/1.1\r\nHost: h\r\n" + many + b"\r\n"
        case _:
            line = bytearray(dice.choice(_LINES))
            if dice.random() < 0.5:
                line[dice.randrange(len(line))] = dice.randrange(256)
            return bytes(line)


def wrong(sound: list[tuple[str, WireRequest]], dice: random.Random) -> Iterator[tuple[str, WireRequest]]:
    """Without end: a request of some service with something wrong in it."""
    while True:
        service, request = dice.choice(sound)
        yield service, dice.choice(CONTENTS)(request, dice)
