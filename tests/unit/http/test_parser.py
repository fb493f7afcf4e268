"""Bytes to requests: what is understood, and what is refused."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.http.body import RequestError
from lambent.http.limits import Limits
from lambent.http.message import Origin, Request
from lambent.http.parser import SLICE, RequestParser
from tests.unit.http.wire import chunked, get, post

CHUNKED = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass
class Parsed:
    """A parser and all that came out of it."""

    limits: Limits = field(default_factory=Limits)
    requests: list[Request] = field(default_factory=list)
    failures: int = 0

    def __post_init__(self) -> None:
        self.parser = RequestParser(self.limits, Origin(), self.requests.append, self.failed, lambda: None)

    def failed(self) -> None:
        self.failures += 1

    def feed(self, *pieces: bytes) -> Parsed:
        for piece in pieces:
            self.parser.feed(piece)
        return self

    @property
    def status(self) -> int | None:
        return self.parser.failure.status if self.parser.failure else None

    def seen(self) -> list[object]:
        """Everything that a handler could tell apart."""

        async def look(request: Request) -> object:
            try:
                body: object = await request.read()
            except RequestError as error:
                body = error.status
            return (
                request.method,
                request.target,
                request.path,
                request.query,
                request.version,
                request.keep_alive,
                request.expects_continue,
                [(name, request.headers.all(name)) for name in request.headers],
                body,
                dict(request.trailers),
            )

        async def look_at_all() -> list[object]:
            if not self.parser.finished and self.parser.body is not None:
                self.parser.body.fail(RequestError(0, "cut here"))
            return [await look(request) for request in self.requests]

        return asyncio.run(look_at_all())


def parse(*pieces: bytes | str, limits: Limits | None = None) -> Parsed:
    raw = [piece.encode("latin-1") if isinstance(piece, str) else piece for piece in pieces]
    return Parsed(limits or Limits()).feed(*raw)


def test_a_request_with_all_its_parts() -> None:
    parsed = parse(post("/a%2Fb?x=1&y", b"abc", "X-A:  1 \t ", "x-a: 2", "Empty:", "Latin: \xe9"))
    (request,) = parsed.requests
    assert (request.method, request.target, request.version) == ("POST", "/a%2Fb?x=1&y", "1.1")
    assert (request.path, request.query) == ("/a%2Fb", "x=1&y")
    assert request.headers.all("x-a") == ["1", "2"]
    assert request.headers["empty"] == ""
    assert request.headers["latin"] == "\xc3\xa9", "each byte is one character: nothing is lost"
    assert request.content_length == 3
    assert request.keep_alive
    assert parsed.seen()[0][8] == b"abc"  # type: ignore[index]


def test_chunks_and_trailers() -> None:
    parsed = parse(chunked("/", b"abc", b"de", trailers="X-Sum: 5\r\nEmpty:\r\n"))
    (request,) = parsed.requests
    assert request.content_length is None
    assert dict(request.trailers) == {"x-sum": "5", "empty": ""}
    assert "x-sum" not in request.headers
    assert parsed.seen()[0][8] == b"abcde"  # type: ignore[index]


def test_trailers_are_there_only_at_the_end() -> None:
    parsed = parse(chunked("/", b"abc", trailers="a: b\r\n")[:-4])
    assert dict(parsed.requests[0].trailers) == {}


def test_pipelined_requests_come_in_order() -> None:
    parsed = parse(get("/1") + post("/2", b"xy") + chunked("/3", b"z") + get("/4"))
    assert [request.path for request in parsed.requests] == ["/1", "/2", "/3", "/4"]
    assert parsed.parser.body is None
    assert not parsed.parser.in_head


@pytest.mark.parametrize(
    ("head", "keep"),
    [
        (get(), True),
        (get("/", "Connection: close"), False),
        (get("/", "Connection: CLOSE, x"), False),
        (get("/", "Connection: keep-alive"), True),
        (get(version="1.0"), False),
        (get("/", "Connection: keep-alive", version="1.0"), True),
        (get("/", "Connection: close", "Connection: keep-alive", version="1.0"), False),
        (get("/", "Connection: keep-alive, close"), False),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_who_may_send_another_request(head: bytes, keep: bool, together: bool) -> None:
    parsed = parse(head + get("/more")) if together else parse(head, get("/more"))
    assert parsed.requests[0].keep_alive is keep
    assert parsed.parser.finished is not keep
    assert len(parsed.requests) == 1 + keep
    assert parsed.status is None, "bytes after the last request are ignored"


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("http://h/a?b=1", "/a", "b=1"),
        ("HTTPS://h:1/a/b", "/a/b", ""),
        ("http://h", "/", ""),
        ("http://h?b/c", "/", "b/c"),
        ("//a", "//a", ""),
    ],
)
def test_an_absolute_target_has_a_path(target: str, path: str, query: str) -> None:
    (request,) = parse(get(target)).requests
    assert (request.target, request.path, request.query) == (target, path, query)


def test_the_server_itself_can_be_asked_for_its_options() -> None:
    assert parse(get("*", method="OPTIONS")).requests[0].path == "*"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_methods(method: str) -> None:
    assert parse(get(method=method)).requests[0].method == method


def test_an_expectation_is_noted() -> None:
    assert parse(post("/", b"", "Expect: 100-Continue")).requests[0].expects_continue
    assert not parse(get("/", "Expect: 100-continue", version="1.0")).requests[0].expects_continue


REFUSED = [
    ("both lengths", post("/", b"abc", "Transfer-Encoding: chunked"), 400),
    ("both lengths, the other way", CHUNKED[:-2] + "Content-Length: 3\r\n\r\nabc", 400),
    ("two lengths", post("/", b"abc", "Content-Length: 4"), 400),
    ("the same length twice", post("/", b"abc", "Content-Length: 3"), 400),
    ("a list of lengths", get("/", "Content-Length: 3, 3"), 400),
    ("a signed length", get("/", "Content-Length: +3"), 400),
    ("a negative length", get("/", "Content-Length: -3"), 400),
    ("a hexadecimal length", get("/", "Content-Length: 0x3"), 400),
    ("an empty length", get("/", "Content-Length:"), 400),
    ("an endless length", get("/", "Content-Length: 18446744073709551617"), 400),
    ("another coding", get("/", "Transfer-Encoding: gzip"), 501),
    ("another coding before chunked", get("/", "Transfer-Encoding: gzip, chunked"), 501),
    ("another coding after chunked", get("/", "Transfer-Encoding: chunked, gzip"), 400),
    ("a coding that looks like chunked", get("/", "Transfer-Encoding: xchunked"), 501),
    ("a quoted coding", get("/", 'Transfer-Encoding: "chunked"'), 501),
    ("chunked twice", CHUNKED[:-2] + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("a vertical tab before chunked", get("/", "Transfer-Encoding: \x0bchunked"), 400),
    ("chunked in 1.0", get("/", "Transfer-Encoding: chunked", version="1.0"), 400),
    ("chunk size 0x", CHUNKED + "0x3\r\nabc\r\n0\r\n\r\n", 400),
    ("chunk size negative", CHUNKED + "-3\r\nabc\r\n0\r\n\r\n", 400),
    ("chunk size missing", CHUNKED + "\r\nabc\r\n0\r\n\r\n", 400),
    ("chunk size with a blank", CHUNKED + "3 \r\nabc\r\n0\r\n\r\n", 400),
    ("chunk size beyond 64 bits", CHUNKED + "1" + "0" * 16 + "\r\nabc", 400),
    ("chunk size and bare LF", CHUNKED + "3\nabc\r\n0\r\n\r\n", 400),
    ("chunk longer than said", CHUNKED + "3\r\nabcd\r\n0\r\n\r\n", 400),
    ("chunk and bare LF", CHUNKED + "3\r\nabc\n0\r\n\r\n", 400),
    ("chunk extension and bare LF", CHUNKED + "3;a\nabc\r\n0\r\n\r\n", 400),
    ("last chunk and bare LF", CHUNKED + "0\n\n", 400),
    ("length in trailers", CHUNKED + "0\r\nContent-Length: 3\r\n\r\n", 400),
    ("coding in trailers", CHUNKED + "0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("folded field", get("/", "A: b", " c"), 400),
    ("field that begins with a blank", get("/", " A: b"), 400),
    ("bare LF after a field", "GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n", 400),
    ("bare LF after the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400),
    ("bare LF at the end", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400),
    ("bare CR", get("/", "A: b\rC: d"), 400),
    ("NUL in a value", get("/", "A: b\0c"), 400),
    ("control character in a value", get("/", "A: b\x01c"), 400),
    ("NUL in a name", get("/", "A\0: b"), 400),
    ("NUL in the target", get("/\0"), 400),
    ("byte above 127 in the target", "GET /\xe9 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("byte above 127 in a name", "GET / HTTP/1.1\r\nHost: h\r\n\xe9: a\r\n\r\n", 400),
    ("blank before the colon", get("/", "A : b"), 400),
    ("tab before the colon", get("/", "Content-Length\t: 3"), 400),
    ("no colon", get("/", "A"), 400),
    ("no name", get("/", ": b"), 400),
    ("no host", "GET / HTTP/1.1\r\n\r\n", 400),
    ("no host with a connection field", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
    ("two hosts", get("/", "Host: other"), 400),
    ("a path in the host", "GET / HTTP/1.1\r\nHost: h/p\r\n\r\n", 400),
    ("a query in the host", "GET / HTTP/1.1\r\nHost: h?q\r\n\r\n", 400),
    ("a fragment in the host", "GET / HTTP/1.1\r\nHost: h#f\r\n\r\n", 400),
    ("a user in the host", "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400),
    ("a backslash in the host", "GET / HTTP/1.1\r\nHost: h\\p\r\n\r\n", 400),
    ("a blank in the host", "GET / HTTP/1.1\r\nHost: h h\r\n\r\n", 400),
    ("a bracket in the host", "GET / HTTP/1.1\r\nHost: [h\r\n\r\n", 400),
    ("no address in brackets", "GET / HTTP/1.1\r\nHost: [1:2]\r\n\r\n", 400),
    ("an address of version 4 in brackets", "GET / HTTP/1.1\r\nHost: [127.0.0.1]\r\n\r\n", 400),
    ("a port that is no number", "GET / HTTP/1.1\r\nHost: h:x\r\n\r\n", 400),
    ("a host beyond ASCII", "GET / HTTP/1.1\r\nHost: h\xe9\r\n\r\n", 400),
    ("fragment", get("/a#b"), 400),
    ("target without a slash", get("a"), 400),
    ("asterisk with GET", get("*"), 400),
    ("another scheme", get("ftp://h/"), 400),
    ("authority", get("h:80", method="CONNECT"), 501),
    ("method nobody knows", get(method="BREW"), 400),
    ("method in lower case", get(method="get"), 400),
    ("method of another protocol", get(method="SUBSCRIBE"), 501),
    ("version 0.9", get(version="0.9"), 505),
    ("no version", "GET /\r\n\r\n", 505),
    ("version 2.0", get(version="2.0"), 505),
    ("version 1.2", get(version="1.2"), 400),
    ("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("TLS hello", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 400),
    ("unknown expectation", get("/", "Expect: tea"), 417),
]


@pytest.mark.parametrize("host", ["", "h", "h:80", "h:", "a_b.example.com", "127.0.0.1:4566", "[::1]", "[fe80::1]:443"])
def test_hosts_that_are_hosts(host: str) -> None:
    parsed = parse(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert [request.headers["host"] for request in parsed.requests] == [host]


@pytest.mark.parametrize("bytewise", [False, True])
@pytest.mark.parametrize(("what", "data", "status"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_could_be_read_in_two_ways_is_refused(what: str, data: bytes | str, status: int, bytewise: bool) -> None:
    raw = data.encode("latin-1") if isinstance(data, str) else data
    parsed = parse(*([raw[at : at + 1] for at in range(len(raw))] if bytewise else [raw]))
    assert parsed.status == status
    assert (parsed.parser.finished, parsed.failures) == (True, 1)
    before = len(parsed.requests)
    parsed.feed(get("/smuggled"))
    assert (len(parsed.requests), parsed.failures) == (before, 1)
    for request in parsed.requests:
        assert request.source.failure is parsed.parser.failure, f"{what}: the handler must hear of it"


def test_a_good_request_before_a_bad_one_counts() -> None:
    parsed = parse(get("/good") + b"nonsense\r\n\r\n")
    assert [request.path for request in parsed.requests] == ["/good"]
    assert parsed.requests[0].source.ended
    assert parsed.status == 400


STREAM = (
    get("/1", "A: b", "Long: " + "x" * 50)
    + post("/2?q", b"body", "A: 1", "A: 2")
    + chunked("/3", b"abc", b"d" * 40, trailers="T: 1\r\n")
    + b"POST /4 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc"
    + get("/5", "Connection: close")
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
@settings(max_examples=300, deadline=None)
def test_it_does_not_matter_where_segments_end(cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(ends)]
    assert parse(*pieces).seen() == parse(STREAM).seen()


def test_the_stream_above_is_what_it_looks_like() -> None:
    parsed = parse(STREAM)
    assert [request.path for request in parsed.requests] == ["/1", "/2", "/3", "/4", "/5"]
    assert parsed.status is None


@pytest.mark.parametrize("segments", [1, 1000])
@pytest.mark.parametrize(
    ("framing", "rest"),
    [
        ("Content-Length: 3\r\n\r\nabc", b"abc"),
        ("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n", b"abc"),
        ("\r\n", b""),
        ("Content-Length: 0\r\n\r\n", b""),
    ],
)
def test_an_offer_to_upgrade_is_not_taken_and_hides_nothing(framing: str, rest: bytes, segments: int) -> None:
    raw = f"POST /up HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n{framing}".encode()
    data = raw + get("/next")
    step = -(-len(data) // segments)
    parsed = parse(*(data[at : at + step] for at in range(0, len(data), step)))
    assert [request.path for request in parsed.requests] == ["/up", "/next"]
    assert [seen[8] for seen in parsed.seen()] == [rest, b""]  # type: ignore[index]
    assert parsed.requests[0].headers["upgrade"] == "h2c"
    assert parsed.requests[0].trailers.get("t") == ("1" if "chunked" in framing else None)


def test_an_upgrade_that_ends_the_connection_ends_it() -> None:
    parsed = parse(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n" + get("/next"))
    assert len(parsed.requests) == 1
    assert parsed.parser.finished


SMALL = Limits(header_bytes=200, header_fields=5)


def test_header_bytes_are_counted_to_the_byte() -> None:
    room = 200 - len("/Hosth") - len("A")
    assert parse(get("/", "A: " + "x" * room), limits=SMALL).status is None
    assert parse(get("/", "A: " + "x" * (room + 1)), limits=SMALL).status == 431
    assert parse(get("/" + "x" * 200), limits=SMALL).status == 431


def test_header_fields_are_counted_repeated_ones_too() -> None:
    assert parse(get("/", *["A: 1"] * 4), limits=SMALL).status is None
    assert parse(get("/", *["A: 1"] * 5), limits=SMALL).status == 431
    assert parse(get("/", "a: 1", "b: 1", "c: 1", "d: 1", "e: 1"), limits=SMALL).status == 431


def test_each_request_is_counted_for_itself() -> None:
    parsed = parse(*[get("/", "A: " + "x" * 150)] * 20, *[post("/", b"x" * 5000)] * 3, get(), limits=SMALL)
    assert parsed.status is None
    assert len(parsed.requests) == 24


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"GET /", b"x" * 100),
        (b"GET / HTTP/1.1\r\nHost: h\r\nA: ", b"x" * 100),
        (b"GET / HTTP/1.1\r\nHost: h\r\n", b"x" * 100),
        (CHUNKED.encode() + b"3;", b"x" * 100),
        (CHUNKED.encode() + b"1\r\na\r\n0\r\nT: ", b"x" * 100),
        (CHUNKED.encode() + b"", b"0" * 100),
    ],
    ids=["target", "value", "name", "chunk extension", "trailer", "zeros of a chunk size"],
)
def test_what_never_ends_is_refused_before_it_fills_memory(start: bytes, more: bytes) -> None:
    parsed = parse(start, limits=SMALL)
    fed = 0
    while parsed.status is None and fed < 10 * SLICE:
        parsed.feed(more)
        fed += len(more)
    assert parsed.status in (400, 431)
    assert fed <= SLICE + 400


def test_many_trailers_are_refused() -> None:
    for trailers in ("A: 1\r\n" * 6, "A: " + "x" * 300 + "\r\n"):
        parsed = parse(chunked("/", b"a", trailers=trailers), limits=SMALL)
        assert parsed.status == 431
        assert parsed.requests[0].source.failure is parsed.parser.failure


def test_a_long_body_in_tiny_chunks_is_no_endless_head() -> None:
    parsed = parse(CHUNKED, *[b"1;ext=1\r\na\r\n"] * 5000, b"0\r\n\r\n", limits=SMALL)
    assert parsed.status is None
    assert parsed.requests[0].source.arrived == 5000


def test_nothing_is_taken_after_close() -> None:
    parsed = parse(post("/", b"abc")[:-1])
    parsed.parser.close()
    parsed.feed(b"c", get())
    assert len(parsed.requests) == 1
    assert not parsed.requests[0].source.ended


def test_giving_up_fails_the_body_once() -> None:
    parsed = parse(post("/", b"abc")[:-1])
    failure = RequestError(408, "slow")
    parsed.parser.refuse(failure)  # type: ignore[arg-type]
    parsed.parser.refuse(RequestError(400, "again"))  # type: ignore[arg-type]
    assert parsed.requests[0].source.failure is failure
    assert (parsed.failures, parsed.status) == (1, 408)


def test_what_is_closed_holds_nothing_that_is_large() -> None:
    """Head and body are counted by what a tracer says is left of them, the collector being off."""
    head = "GET / HTTP/1.1\r\nHost: h\r\n" + "".join(f"A{number}: {'x' * 9000}\r\n" for number in range(5))
    half = [head, post("/", b"y" * 50_000)[:-1]]
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        parsers = []
        for data in half:
            parsed = parse(data)
            parsed.requests.clear()
            parsed.parser.close()
            parsers.append(parsed.parser)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert after - before < 20_000
