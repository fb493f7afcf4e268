"""Messages between the two sides, and what broken peers send instead."""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Iterator

import pytest

from lambent.sandbox.inside import messages


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = messages.pair()
    with one, other:
        yield one, other


def test_a_message_arrives_with_its_descriptors(ends: tuple[socket.socket, socket.socket]) -> None:
    read, write = os.pipe()
    messages.send(ends[0], {"do": "this", "text": "ü"}, [write])
    os.close(write)
    received = messages.receive(ends[1])
    assert received is not None
    assert received.body == {"do": "this", "text": "ü"}
    assert not os.get_inheritable(received.descriptors[0])
    os.write(received.descriptors[0], b"x")
    messages.close_all(received.descriptors)
    assert os.read(read, 10) == b"x"
    os.close(read)


def test_messages_keep_their_boundaries(ends: tuple[socket.socket, socket.socket]) -> None:
    for number in range(3):
        messages.send(ends[0], {"n": number})
    assert [messages.receive(ends[1]) for _ in range(3)] == [({"n": number}, []) for number in range(3)]


def test_a_peer_that_is_gone_is_none_to_receive_and_broken_to_send(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[0].close()
    assert messages.receive(ends[1]) is None
    with pytest.raises(messages.Broken):
        messages.send(ends[1], {})


def test_too_large_a_message_is_not_sent(ends: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(messages.Broken):
        messages.send(ends[0], {"x": "y" * messages.LARGEST})


@pytest.mark.parametrize("data", [b"{", b"[]", b"1", b"\xff\xfe", b'{"x":' * 5000, b" " * (messages.LARGEST + 100)])
def test_what_is_no_message_is_broken(ends: tuple[socket.socket, socket.socket], data: bytes) -> None:
    ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * messages.LARGEST)
    ends[0].send(data)
    with pytest.raises(messages.Broken):
        messages.receive(ends[1])


def test_too_many_descriptors_are_broken_and_closed(ends: tuple[socket.socket, socket.socket]) -> None:
    read, write = os.pipe()
    rights = array.array("i", [write] * (messages.MOST_DESCRIPTORS + 10))
    ends[0].sendmsg([b"{}"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    os.close(write)
    with pytest.raises(messages.Broken):
        messages.receive(ends[1])
    assert os.read(read, 1) == b""  # nobody holds the other end any more
    os.close(read)


def test_a_non_blocking_end_does_not_block(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[0].setblocking(False)
    with pytest.raises(BlockingIOError):
        messages.receive(ends[0])
    with pytest.raises(BlockingIOError):
        for _ in range(10_000):
            messages.send(ends[0], {"x": "y" * 1000})
