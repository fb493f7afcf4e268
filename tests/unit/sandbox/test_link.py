"""The platform's end of a link: requests, notices, and every way in which the other end can misbehave."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox.inside import messages
from lambent.sandbox.link import Link


class Ends:
    """A link, what it heard, and the peer's end."""

    def __init__(self) -> None:
        ours, self.peer = messages.pair()
        self.peer.settimeout(10)
        self.notices: list[dict[str, Any]] = []
        self.gone = 0
        self.link = Link(ours, "the peer", notice=self.notices.append, gone=self._gone)

    def _gone(self) -> None:
        self.gone += 1

    async def asked(self) -> dict[str, Any]:
        """The next request, as the peer sees it."""
        message = await asyncio.to_thread(messages.receive, self.peer)
        assert message is not None
        messages.close_all(message.descriptors)
        return message.body


@pytest.fixture
async def ends() -> Any:
    made = Ends()
    yield made
    made.link.close()
    made.peer.close()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    os.close(read)


async def test_a_request_carries_descriptors_there_and_back(ends: Ends, pipe: tuple[int, int]) -> None:
    task = asyncio.create_task(ends.link.request("open", [pipe[0]], seconds=5, path="/x"))
    assert await ends.asked() == {"do": "open", "n": 1, "path": "/x"}
    messages.send(ends.peer, {"n": 1, "ok": True}, [pipe[1]])
    reply = await task
    assert reply.body["ok"] is True
    os.close(pipe[1])
    messages.close_all(reply.descriptors)
    assert os.read(pipe[0], 1) == b""


async def test_replies_may_come_in_any_order(ends: Ends) -> None:
    tasks = [asyncio.create_task(ends.link.request("do", seconds=5)) for _ in range(3)]
    numbers = [(await ends.asked())["n"] for _ in range(3)]
    for number in reversed(numbers):
        messages.send(ends.peer, {"n": number, "was": number})
    assert [(await task).body["was"] for task in tasks] == numbers


async def test_an_error_is_raised_and_the_link_lives_on(ends: Ends, pipe: tuple[int, int]) -> None:
    task = asyncio.create_task(ends.link.request("mount", seconds=5))
    await ends.asked()
    messages.send(ends.peer, {"n": 1, "error": "no room"}, [pipe[1]])
    os.close(pipe[1])
    with pytest.raises(PlatformError, match="the peer could not mount: no room"):
        await task
    assert os.read(pipe[0], 1) == b""  # what came with the error was closed
    assert not ends.link.closed


async def test_notices_are_passed_on(ends: Ends) -> None:
    messages.send(ends.peer, {"exited": {"code": 1}})
    task = asyncio.create_task(ends.link.request("x", seconds=5))
    await ends.asked()
    messages.send(ends.peer, {"n": 1})
    await task
    assert ends.notices == [{"exited": {"code": 1}}]


async def test_a_peer_that_does_not_answer_in_time_is_dropped(ends: Ends) -> None:
    with pytest.raises(PlatformError, match=r"did not sleep within 0\.01 s"):
        await ends.link.request("sleep", seconds=0.01)
    assert ends.link.closed
    assert ends.gone == 1


async def test_a_peer_that_goes_away_fails_what_waits_and_what_comes(ends: Ends) -> None:
    task = asyncio.create_task(ends.link.request("x", seconds=5))
    await ends.asked()
    ends.peer.close()
    with pytest.raises(PlatformError, match="is gone"):
        await task
    with pytest.raises(PlatformError, match="is gone"):
        await ends.link.request("y", seconds=5)
    ends.link.close()
    assert ends.gone == 1


@pytest.mark.parametrize(
    "data", [b"garbage", b"[1]", b'{"n": 99}', b'{"n": "1"}', b'{"n": [1]}', b'{"n": 1e999}', b"x" * 200_000]
)
async def test_garbage_and_unasked_answers_end_the_link(ends: Ends, data: bytes) -> None:
    ends.peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    task = asyncio.create_task(ends.link.request("x", seconds=5))
    await ends.asked()
    ends.peer.send(data)
    with pytest.raises(PlatformError):
        await task
    assert ends.link.closed


async def test_an_answer_given_twice_ends_the_link(ends: Ends) -> None:
    task = asyncio.create_task(ends.link.request("x", seconds=5))
    await ends.asked()
    messages.send(ends.peer, {"n": 1})
    messages.send(ends.peer, {"n": 1})
    await task
    with pytest.raises(PlatformError):
        await ends.link.request("y", seconds=5)


async def test_a_flood_of_notices_does_not_hold_the_loop(ends: Ends) -> None:
    ends.peer.setblocking(False)
    sent = 0
    try:
        while True:
            messages.send(ends.peer, {"spam": sent})
            sent += 1
    except BlockingIOError:
        pass
    turns = 0
    while len(ends.notices) < sent:
        await asyncio.sleep(0)
        turns += 1
    assert turns >= sent // 16


async def test_a_peer_that_does_not_read_is_dropped_instead_of_waited_for(ends: Ends) -> None:
    with pytest.raises(PlatformError, match="cannot be told"):
        for _ in range(10_000):
            ends.link.send({"x": "y" * 1000})
    assert ends.link.closed


async def test_a_cancelled_request_takes_its_late_answer_and_closes_what_came_with_it(
    ends: Ends, pipe: tuple[int, int]
) -> None:
    task = asyncio.create_task(ends.link.request("x", seconds=5))
    await ends.asked()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    messages.send(ends.peer, {"n": 1}, [pipe[1]])
    os.close(pipe[1])
    assert await asyncio.to_thread(os.read, pipe[0], 1) == b""
    task = asyncio.create_task(ends.link.request("y", seconds=5))
    await ends.asked()
    messages.send(ends.peer, {"n": 2})
    assert (await task).body == {"n": 2}
