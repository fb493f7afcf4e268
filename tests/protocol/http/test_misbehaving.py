"""Clients that send nonsense, go away, or are slow, on a transport in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from lambent.http.body import ClientGone
from lambent.http.limits import Limits
from lambent.http.message import Request, Response
from tests.unit.http.wire import Follow, Gate, chunked, client, get, post, settle

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
