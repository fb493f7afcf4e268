"""One client's connection on a transport in memory: order, bodies, handlers that fail, and ends from our side."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from lambent.http.body import BodyTooLarge
from lambent.http.limits import Limits
from lambent.http.message import Request, Response
from tests.unit.http.wire import Client, Follow, Gate, chunked, client, echo, get, post, settle

# Requests in order.


async def test_requests_are_answered_one_after_another_on_one_connection() -> None:
    async with client() as c:
        for number in range(3):
            await c.send(post("/", b"body %d" % number))
            assert c.answers[number].body == b"body %d" % number
        assert not c.transport.closing


async def test_pipelined_requests_are_answered_in_order_one_at_a_time() -> None:
    gate = Gate()
    async with client(gate) as c:
        await c.send(post("/", b"1") + chunked("/", b"2") + post("/", b"3"))
        assert len(gate.begun) == 1
        gate.open.set()
        await settle()
        assert [answer.body for answer in c.answers] == [b"1", b"2", b"3"]


async def test_a_long_pipeline_lets_others_run_in_between() -> None:
    turns = 0
    seen: list[int] = []

    async def handler(request: Request) -> Response:
        seen.append(turns)
        return Response()

    async with client(handler) as c:
        c.connection.data_received(get() * 5)
        while len(seen) < 5:
            turns += 1
            await asyncio.sleep(0)
        assert len(set(seen)) == 5


async def test_a_request_in_tiny_pieces_is_one_request() -> None:
    async with client() as c:
        data = chunked("/", b"abc", b"def")
        await c.send(*(data[at : at + 1] for at in range(len(data))))
        assert [answer.body for answer in c.answers] == [b"abcdef"]


async def test_a_request_knows_where_it_came_from() -> None:
    seen: list[Request] = []

    async def handler(request: Request) -> Response:
        seen.append(request)
        return Response()

    for tls, scheme in ((False, "http"), (True, "https")):
        async with client(handler, tls=tls) as c:
            await c.send(get())
            request = seen[-1]
            assert (request.scheme, request.client, request.server) == (scheme, ("192.0.2.1", 5000), ("192.0.2.2", 80))


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (get("/", "Connection: close"), "close"),
        (get(version="1.0"), "close"),
        (get("/", "Connection: keep-alive", version="1.0"), "keep-alive"),
    ],
)
async def test_the_client_decides_whether_the_connection_stays(data: bytes, line: str) -> None:
    async with client() as c:
        await c.send(data)
        assert c.answers[0].headers["connection"] == line
        assert c.transport.lost is (line == "close")


async def test_nothing_is_answered_after_the_last_request() -> None:
    async with client() as c:
        await c.send(get("/", "Connection: close") + get())
        assert len(c.answers) == 1


# Bodies.


async def test_a_body_is_echoed_while_it_still_comes() -> None:
    async with client() as c:
        data = chunked("/stream", b"abc", b"def")
        half = data.index(b"3\r\ndef")
        await c.send(data[:half])
        assert c.answers[0].body == b"abc"
        assert not c.answers[0].complete
        await c.send(data[half:] + get())
        assert c.answers[0].body == b"abcdef"
        assert c.answers[1].status == 200, "the connection can be used again"


async def test_too_large_a_body_is_413_and_the_connection_ends_gently() -> None:
    async with client(limits=Limits(body_bytes=3, buffer_bytes=100)) as c:
        await c.send(post("/", b"x" * 1000)[:-500])
        (answer,) = c.answers
        assert (answer.status, answer.body, answer.headers["connection"]) == (413, b"", "close")
        assert c.transport.ended
        assert not c.transport.lost, "closing now would reset the connection before the answer is read"
        await c.send(b"x" * 500)
        c.transport.client_closes()
        await settle()
        assert c.transport.lost


async def test_a_handler_may_answer_too_large_a_body_in_its_own_words() -> None:
    async def handler(request: Request) -> Response:
        try:
            await request.read(2)
        except BodyTooLarge as error:
            return Response(413, body=f"more than {error.limit}".encode())
        return Response()

    async with client(handler) as c:
        await c.send(post("/", b"abc") + get())
        assert [(answer.status, answer.body) for answer in c.answers] == [(413, b"more than 2"), (200, b"")]


async def test_a_little_of_an_unread_body_is_skipped_and_the_connection_stays() -> None:
    async def handler(request: Request) -> Response:
        return Response(403)

    async with client(handler) as c:
        data = post("/", b"x" * 100)
        await c.send(data[:-50])
        assert c.answers[0].status == 403
        assert "connection" not in c.answers[0].headers
        await c.send(data[-50:] + get())
        assert len(c.answers) == 2


@pytest.mark.parametrize("rest", ["much", "unknown"])
async def test_an_unread_body_that_may_be_long_ends_the_connection(rest: str) -> None:
    async def handler(request: Request) -> Response:
        return Response(403)

    async with client(handler, Limits(buffer_bytes=10)) as c:
        await c.send(post("/", b"x" * 100)[:-50] if rest == "much" else chunked("/", b"x" * 5)[:-5])
        assert c.answers[0].headers["connection"] == "close"
        assert c.transport.ended
        await c.send(get())
        assert len(c.answers) == 1


async def test_a_body_that_was_not_read_but_came_is_no_hindrance() -> None:
    async def handler(request: Request) -> Response:
        return Response()

    async with client(handler) as c:
        await c.send(post("/", b"abc") + chunked("/", b"abc") + get())
        assert len(c.answers) == 3


# Expect: 100-continue.


async def test_continue_is_sent_when_the_handler_wants_the_body() -> None:
    gate = Gate()
    async with client(gate) as c:
        data = post("/", b"abc", "Expect: 100-continue")
        await c.send(data[:-3])
        assert not c.transport.written
        gate.open.set()
        await settle()
        assert bytes(c.transport.written) == b"HTTP/1.1 100 Continue\r\n\r\n"
        c.transport.written.clear()
        await c.send(data[-3:])
        assert c.answers[0].body == b"abc"
        assert not c.transport.closing


async def test_continue_is_not_sent_when_the_body_is_there_already() -> None:
    async with client() as c:
        await c.send(post("/", b"abc", "Expect: 100-continue"))
        assert [answer.status for answer in c.answers] == [200]


async def test_continue_is_not_sent_for_the_body_of_the_request_behind() -> None:
    async with client() as c:
        await c.send(post("/stream", b"", "Expect: 100-continue") + post("/", b"abc")[:-3])
        assert b" 100 " not in c.transport.written


async def test_continue_is_not_sent_when_nobody_wants_the_body() -> None:
    async def handler(request: Request) -> Response:
        return Response(403)

    async with client(handler) as c:
        await c.send(post("/", b"abc", "Expect: 100-continue")[:-3])
        (answer,) = c.answers
        assert (answer.status, answer.headers["connection"]) == (403, "close")


async def test_continue_waits_for_the_answers_before_it() -> None:
    gate = Gate()
    async with client(gate) as c:
        await c.send(get() + post("/", b"abc", "Expect: 100-continue")[:-3])
        assert not c.transport.written
        gate.open.set()
        await settle()
        first, _, rest = bytes(c.transport.written).partition(b"\r\n\r\n")
        assert first.startswith(b"HTTP/1.1 200")
        assert rest == b"HTTP/1.1 100 Continue\r\n\r\n"


async def test_continue_comes_before_a_streamed_answer_that_reads_the_body() -> None:
    async with client() as c:
        data = post("/stream", b"abc", "Expect: 100-continue")
        await c.send(data[:-3])
        assert bytes(c.transport.written).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
        await c.send(data[-3:])
        assert b"abc" in c.transport.written


# What handlers do wrong.


async def raising(request: Request) -> Response:
    if request.path == "/cancelled":
        raise asyncio.CancelledError
    if request.path == "/none":
        return None  # type: ignore[return-value]
    if request.path == "/head":
        return Response(200, [("a", "b\r\nc: d")])
    if request.path == "/status":
        return Response(99)
    if request.path == "/body":
        return Response(body=7)  # type: ignore[arg-type]
    raise LookupError("secret")


@pytest.mark.parametrize("path", ["/raise", "/cancelled", "/none", "/head", "/status", "/body"])
async def test_a_handler_that_fails_is_an_empty_500_and_one_line_in_the_log(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with client(raising) as c:
        await c.send(post(path, b"abc"))
        (answer,) = c.answers
        assert (answer.status, answer.body) == (500, b"")
        assert b"secret" not in c.transport.written
        assert [record.message for record in caplog.records] == [f"POST {path} failed"]
        assert caplog.records[0].exc_info
        await c.send(get("/raise"))
        assert len(c.answers) == 2, "the connection is whole"


async def test_a_stream_that_fails_is_cut_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"abc"
        raise LookupError("secret")

    async def handler(request: Request) -> Response:
        return Response(body=failing())

    async with client(handler) as c:
        await c.send(get())
        assert c.transport.aborted
        assert not c.answers[0].complete
        assert [record.message for record in caplog.records] == ["GET / failed"]
        assert "secret" in str(caplog.records[0].exc_info)


# Ends from our side.


async def test_finishing_closes_an_idle_connection_at_once() -> None:
    async with client() as c:
        await c.send(get())
        c.connection.finish()
        await settle()
        assert c.left == 1
        assert not c.transport.aborted


async def test_finishing_waits_for_the_answer_in_work_and_says_so() -> None:
    gate = Gate()
    async with client(gate) as c:
        await c.send(post("/", b"1") + post("/", b"2"))
        c.connection.finish()
        assert not c.transport.closing
        gate.open.set()
        await settle()
        (answer,) = c.answers
        assert (answer.body, answer.headers["connection"]) == (b"1", "close")
        assert c.left == 1


async def test_finishing_lets_a_stream_come_to_its_end() -> None:
    follow = Follow()
    async with client(follow) as c:
        await c.send(get())
        c.connection.finish()
        follow.news.put_nowait(b"abc")
        await settle()
        assert c.answers[0].body == b"abc"
        assert not c.transport.closing


async def test_aborting_cancels_the_handler() -> None:
    gate = Gate()
    async with client(gate) as c:
        await c.send(get())
        c.connection.abort()
        await settle()
        assert (c.left, gate.ended) == (1, 0)


async def test_aborting_cancels_a_stream(caplog: pytest.LogCaptureFixture) -> None:
    follow = Follow()
    async with client(follow) as c:
        await c.send(get())
        c.connection.abort()
        await settle()
        assert follow.ended == ["CancelledError"]
        assert c.left == 1
    assert not caplog.records


async def test_a_full_house_is_said_and_closed() -> None:
    c = Client(echo, Limits(connections=1))
    second = type(c.connection)(echo, Limits(connections=1), c.pace, c, False)
    transport = type(c.transport)(second)
    second.connection_made(transport)
    assert bytes(transport.written).startswith(b"HTTP/1.1 503 ")
    assert transport.ended
    second.data_received(get())
    transport.client_closes()
    await settle()
    assert (c.entered, c.left) == (2, 1)
    await c.send(get())
    assert c.answers[0].status == 200
    c.connection.finish()
    await settle()
    assert c.left == 2


async def test_an_error_of_our_own_breaks_the_connection_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: object) -> bool:
        raise LookupError("ours")

    async with client() as c:
        monkeypatch.setattr("lambent.http.connection.Connection._stays", broken)
        await c.send(get())
        assert c.transport.aborted
        assert [(record.levelno, record.message) for record in caplog.records] == [
            (logging.CRITICAL, "a connection broke off")
        ]
