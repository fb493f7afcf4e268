"""How much comes in before the client has to wait."""

from __future__ import annotations

import asyncio

import pytest

from lambent.http.incoming import Incoming
from lambent.http.limits import KIB, Limits
from lambent.http.message import Origin
from lambent.http.parser import SLICE
from tests.unit.http.wire import MemoryTransport, chunked, get, post

LIMITS = Limits(pipelined=4, buffer_bytes=64 * KIB)


class Receiver:
    """An Incoming on a transport in memory."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.transport = MemoryTransport(asyncio.Protocol())
        self.news = 0
        self.incoming = Incoming(self.transport, limits, Origin(), self.tell, self.pull)

    def tell(self) -> None:
        self.news += 1

    def pull(self) -> None:
        self.incoming.throttle()

    def answer_one(self) -> str:
        """Take a request off the queue as if it were answered."""
        request = self.incoming.queue.popleft()
        self.incoming.throttle()
        return request.path


async def test_a_single_request_is_queued_and_told() -> None:
    receiver = Receiver()
    receiver.incoming.feed(post("/", b"abc"))
    assert receiver.news == 1
    assert [request.path for request in receiver.incoming.queue] == ["/"]
    assert receiver.transport.reading


async def test_refusals_are_told_too() -> None:
    receiver = Receiver()
    receiver.incoming.feed(b"nonsense\r\n\r\n")
    assert receiver.news == 1
    assert receiver.incoming.parser.failure is not None


async def test_enough_requests_stop_the_reading_until_one_is_answered() -> None:
    receiver = Receiver()
    receiver.incoming.feed(get() * 3)
    assert receiver.transport.reading
    receiver.incoming.feed(get())
    assert not receiver.transport.reading
    receiver.answer_one()
    assert receiver.transport.reading


async def test_a_flood_in_one_segment_is_parsed_in_slices_and_loses_nothing() -> None:
    receiver = Receiver()
    one = len(get("/0000"))
    count = 8 * SLICE // one
    receiver.incoming.feed(b"".join(get(f"/{number:04}") for number in range(count)))
    assert len(receiver.incoming.queue) <= LIMITS.pipelined + SLICE // one + 1
    assert not receiver.transport.reading
    order = [receiver.answer_one() for _ in range(count)]
    assert order == [f"/{number:04}" for number in range(count)]
    assert receiver.transport.reading


async def test_what_still_comes_while_there_is_too_much_waits_its_turn() -> None:
    receiver = Receiver()
    receiver.incoming.feed(get("/a") * (2 * SLICE // len(get("/a"))))
    assert receiver.incoming.paused
    receiver.incoming.feed(get("/b")[:5])
    receiver.incoming.feed(get("/b")[5:])
    paths = []
    while receiver.incoming.queue:
        paths.append(receiver.answer_one())
    assert paths[-1] == "/b"
    assert paths.count("/b") == 1


@pytest.mark.parametrize("head", [post("/", b"x" * 10**6)[: -(10**6)], chunked("/")[:-5]], ids=["length", "chunked"])
async def test_a_body_that_nobody_reads_stops_the_reading(head: bytes) -> None:
    receiver = Receiver()
    receiver.incoming.feed(head)
    chunk = b"x" * SLICE if b"Length" in head else b"%x\r\n%b\r\n" % (SLICE, b"x" * SLICE)
    fed = 0
    while receiver.transport.reading:
        receiver.incoming.feed(chunk)
        fed += SLICE
        assert fed < 10**6
    assert fed == LIMITS.buffer_bytes
    stream = receiver.incoming.queue[0].stream()
    assert len(await anext(stream)) == fed
    assert receiver.transport.reading


async def test_a_body_that_is_read_whole_flows_past_the_buffer() -> None:
    receiver = Receiver()
    body = b"x" * (10 * LIMITS.buffer_bytes)
    data = post("/", body)
    receiver.incoming.feed(data[:100])
    reader = asyncio.create_task(receiver.incoming.queue[0].read())
    await asyncio.sleep(0)
    for at in range(100, len(data), SLICE // 2):
        receiver.incoming.feed(data[at : at + SLICE // 2])
        assert receiver.transport.reading
    assert await reader == body


async def test_a_body_in_one_large_piece_is_not_cut_into_slices() -> None:
    receiver = Receiver()
    body = b"x" * (3 * SLICE)
    receiver.incoming.feed(post("/a", body) + get("/b"))
    first, second = receiver.incoming.queue
    assert await first.read() == body
    assert second.path == "/b"


async def test_dropping_lets_the_rest_come_and_ignores_it() -> None:
    receiver = Receiver()
    receiver.incoming.feed(get() * 4)
    assert not receiver.transport.reading
    receiver.incoming.drop()
    assert receiver.transport.reading
    receiver.incoming.feed(get())
    assert not receiver.incoming.queue


async def test_a_transport_that_is_closing_is_left_alone() -> None:
    receiver = Receiver()
    receiver.transport.closing = True
    receiver.incoming.feed(get() * 9)
    assert receiver.transport.reading
