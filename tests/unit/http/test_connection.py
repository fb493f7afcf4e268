"""One client's connection on a transport in memory: order, ends, and clients that misbehave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from lambent.http.body import BodyTooLarge, ClientGone
from lambent.http.limits import Limits
from lambent.http.message import Handler, Request, Response
from tests.unit.http.wire import Client, chunked, echo, get, post, settle


@asynccontextmanager
async def client(handler: Handler = echo, limits: Limits | None = None, *, tls: bool = False) -> AsyncIterator[Client]:
    """A connected client whose connection leaves nothing behind."""
    made = Client(handler, limits, tls=tls)
    try:
        yield made
    finally:
        await made.close()


class Gate:
    """A handler that waits in each request until it is let through, and notes the order."""

    def __init__(self, then: Callable[[Request], Awaitable[Response]] = echo) -> None:
        self.begun: list[Request] = []
        self.ended = 0
        self.open = asyncio.Event()
        self.then = then

    async def __call__(self, request: Request) -> Response:
        self.begun.append(request)
        await self.open.wait()
        response = await self.then(request)
        self.ended += 1
        return response


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


# What clients do wrong.


@pytest.mark.parametrize("data", [b"nonsense\r\n\r\n", get("/", "A : b"), b"GET / HTTP/1.1\r\n\r\n"])
async def test_what_is_no_request_is_answered_once_and_the_connection_ends(data: bytes) -> None:
    async with client() as c:
        await c.send(get() + data, get())
        assert [answer.status for answer in c.answers] == [200, 400]
        assert c.answers[1].headers["connection"] == "close"
        assert c.transport.ended


async def test_a_bad_chunk_reaches_the_handler_that_reads_as_400(caplog: pytest.LogCaptureFixture) -> None:
    async with client() as c:
        await c.send(chunked("/", b"abc")[:-5], b"xyz\r\n")
        (answer,) = c.answers
        assert (answer.status, answer.headers["connection"]) == (400, "close")
    assert not caplog.records, "what clients do is not our error"


async def test_a_bad_chunk_in_the_middle_of_a_streamed_answer_cuts_it(caplog: pytest.LogCaptureFixture) -> None:
    async with client() as c:
        await c.send(chunked("/stream", b"abc")[:-5], b"xyz\r\n")
        assert not c.answers[0].complete
        assert c.transport.aborted
    assert not caplog.records


async def test_a_bad_request_behind_a_good_one_waits_for_its_answer() -> None:
    gate = Gate()
    async with client(gate) as c:
        await c.send(get() + b"nonsense\r\n\r\n")
        assert not c.transport.written
        gate.open.set()
        await settle()
        assert [answer.status for answer in c.answers] == [200, 400]


async def test_a_client_that_floods_is_stopped_and_loses_nothing() -> None:
    gate = Gate()
    async with client(gate, Limits(pipelined=3)) as c:
        await c.send(*[get(f"/{number}") for number in range(4)])
        assert not c.transport.reading
        gate.open.set()
        await settle(40)
        assert c.transport.reading
        assert len(c.answers) == 4


async def test_a_client_that_does_not_read_gets_no_more_answers() -> None:
    async def handler(request: Request) -> Response:
        return Response(body=b"x" * 1000)

    async with client(handler, Limits(buffer_bytes=1500)) as c:
        c.transport.stuck = True
        await c.send(get() * 10)
        held = len(c.transport.held)
        assert 1500 < held < 3500
        c.transport.take()
        await settle(40)
        assert len(c.answers) == 10


# Clients that go.


async def test_a_client_that_goes_is_made_known_and_the_handler_finishes_its_work() -> None:
    gate = Gate()
    async with client(gate) as c:
        await c.send(get())
        gone = gate.begun[0].disconnected
        assert not gone.done()
        c.transport.client_resets()
        await settle()
        assert gone.done()
        assert c.left == 0, "the handler is at work"
        gate.open.set()
        await settle()
        assert gate.ended == 1
        assert c.left == 1


async def test_a_client_that_has_said_all_still_gets_its_answers() -> None:
    gate = Gate()
    async with client(gate) as c:
        await c.send(post("/", b"1") + post("/", b"2"))
        c.transport.client_closes()
        assert gate.begun[0].disconnected.done()
        gate.open.set()
        await settle()
        assert [answer.body for answer in c.answers] == [b"1", b"2"]
        assert c.transport.lost


async def test_over_tls_a_client_that_ends_is_gone() -> None:
    gate = Gate()
    async with client(gate, tls=True) as c:
        await c.send(get())
        c.transport.client_closes()
        await settle()
        assert c.transport.lost
        gate.open.set()


@pytest.mark.parametrize("data", [b"", b"GET / HT", get()])
async def test_a_client_that_ends_between_requests_ends_the_connection(data: bytes) -> None:
    async with client() as c:
        await c.send(data)
        c.transport.client_closes()
        await settle()
        assert c.transport.lost
        assert c.left == 1


@pytest.mark.parametrize("how", ["client_closes", "client_resets"])
@pytest.mark.parametrize("data", [post("/", b"abc")[:-1], chunked("/", b"abc")[:-1]])
async def test_a_body_that_ends_early_fails_its_reader(data: bytes, how: str, caplog: pytest.LogCaptureFixture) -> None:
    failures: list[BaseException] = []

    async def handler(request: Request) -> Response:
        try:
            return Response(body=await request.read())
        except ClientGone as error:
            failures.append(error)
            raise

    async with client(handler) as c:
        await c.send(data)
        getattr(c.transport, how)()
        await settle()
        assert len(failures) == 1
        assert [answer.status for answer in c.answers] == ([400] if how == "client_closes" else [])
        assert c.transport.lost
    assert not caplog.records


class Follow:
    """A handler whose stream gives what it is told, and notes how it ended."""

    def __init__(self) -> None:
        self.news: asyncio.Queue[bytes] = asyncio.Queue()
        self.ended: list[str] = []

    async def __call__(self, request: Request) -> Response:
        return Response(body=self.follow())

    async def follow(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield await self.news.get()
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise
        finally:
            await asyncio.sleep(0)


async def test_a_stream_is_cancelled_when_its_client_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    follow = Follow()
    async with client(follow) as c:
        follow.news.put_nowait(b"abc")
        await c.send(get())
        assert c.answers[0].body == b"abc"
        c.transport.client_resets()
        await settle()
        assert follow.ended == ["CancelledError"]
        assert c.left == 1
    assert not caplog.records


async def test_a_stream_that_waits_for_room_is_closed_when_its_client_is_gone() -> None:
    follow = Follow()
    async with client(follow, Limits(buffer_bytes=10)) as c:
        c.transport.stuck = True
        follow.news.put_nowait(b"x" * 100)
        await c.send(get())
        c.transport.client_resets()
        await settle()
        assert follow.ended == ["GeneratorExit"]
        assert c.left == 1


async def test_a_stream_whose_client_went_before_it_began_is_not_begun() -> None:
    begun: list[str] = []

    async def stream() -> AsyncIterator[bytes]:
        begun.append("begun")
        yield b""

    async def then(request: Request) -> Response:
        return Response(body=stream())

    gate = Gate(then)
    async with client(gate) as c:
        await c.send(get())
        c.transport.client_resets()
        gate.open.set()
        await settle()
        assert not begun
        assert c.left == 1


async def test_a_silent_stream_to_a_client_that_ended_is_given_up_after_a_while() -> None:
    follow = Follow()
    async with client(follow, Limits(linger_seconds=4.0)) as c:
        await c.send(get())
        c.ticks(100)
        assert not c.transport.lost
        c.transport.client_closes()
        c.ticks(5)
        follow.news.put_nowait(b"abc")
        await settle()
        c.ticks(8)
        assert not c.transport.lost, "it may have ended only its own side: while there is news, it goes on"
        c.ticks(8)
        await settle()
        assert follow.ended == ["CancelledError"]


# Clients that are slow. A tick is an eighth of the shortest limit.

SLOW = Limits(
    header_seconds=2.0,
    idle_seconds=4.0,
    body_seconds=2.0,
    write_seconds=2.0,
    linger_seconds=2.0,
    minimum_rate=50,
)


async def test_a_connection_without_requests_is_closed_quietly() -> None:
    async with client(limits=SLOW) as c:
        c.ticks(16)
        assert not c.transport.lost
        c.ticks(1)
        assert c.transport.lost
        assert not c.transport.written


async def test_a_connection_in_use_is_not_idle() -> None:
    async with client(limits=SLOW) as c:
        for _ in range(5):
            c.ticks(15)
            await c.send(get())
        assert not c.transport.lost
        c.ticks(17)
        assert c.transport.lost


async def test_a_handler_may_take_as_long_as_it_likes() -> None:
    gate = Gate()
    async with client(gate, SLOW) as c:
        await c.send(get())
        c.ticks(1000)
        assert not c.transport.lost
        gate.open.set()
        await settle()
        assert c.answers[0].status == 200


async def test_a_head_that_trickles_in_is_cut_off_with_408() -> None:
    async with client(limits=SLOW) as c:
        for letter in get("/", "A: bbbbbbbbbb")[:9].decode():
            await c.send(letter.encode())
            c.ticks(1)
        assert not c.transport.written
        c.ticks(4)
        await settle()
        assert [answer.status for answer in c.answers] == [408]
        assert c.transport.ended


async def test_a_body_that_trickles_in_is_cut_off_with_408(caplog: pytest.LogCaptureFixture) -> None:
    async with client(limits=SLOW) as c:
        await c.send(post("/", b"x" * 1000)[:-1000])
        for _ in range(20):
            await c.send(b"x" * 30)
            c.ticks(2)
        assert not c.transport.written, "at 100 bytes in two seconds it is just fast enough"
        for _ in range(10):
            await c.send(b"x")
            c.ticks(2)
        await settle()
        assert [answer.status for answer in c.answers] == [408]
    assert not caplog.records


async def test_a_skipped_body_that_does_not_come_ends_the_connection() -> None:
    async def handler(request: Request) -> Response:
        return Response(403)

    async with client(handler, SLOW) as c:
        await c.send(post("/", b"abc")[:-1])
        c.ticks(9)
        await settle()
        assert [answer.status for answer in c.answers] == [403, 408]


async def test_a_body_that_the_handler_does_not_wait_for_may_take_its_time() -> None:
    gate = Gate()
    async with client(gate, SLOW) as c:
        await c.send(post("/", b"abc")[:-1])
        c.ticks(1000)
        await c.send(b"c")
        gate.open.set()
        await settle()
        assert c.answers[0].status == 200


async def test_a_client_that_does_not_take_its_answer_is_cut_off() -> None:
    async def handler(request: Request) -> Response:
        return Response(body=b"x" * 10_000)

    async with client(handler, SLOW) as c:
        c.transport.stuck = True
        await c.send(get())
        c.ticks(8)
        assert not c.transport.lost
        c.ticks(1)
        assert c.transport.aborted


async def test_a_client_that_takes_its_answer_slowly_but_steadily_is_served() -> None:
    async def handler(request: Request) -> Response:
        return Response(body=b"x" * 10_000)

    async with client(handler, SLOW) as c:
        c.transport.stuck = True
        await c.send(get())
        for _ in range(20):
            del c.transport.held[:100]
            c.ticks(8)
        assert not c.transport.lost


async def test_a_client_that_neither_reads_nor_ends_after_the_last_answer_is_cut_off() -> None:
    async with client(limits=SLOW) as c:
        await c.send(b"nonsense\r\n\r\n")
        c.ticks(8)
        assert not c.transport.lost
        c.ticks(1)
        assert c.transport.aborted


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
