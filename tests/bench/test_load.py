"""The client counts real replies and refuses anything that is not a success; CPU is read from the scheduler."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bench.cpu import cpu_ns, resident_mb
from bench.load import Drivers, UnexpectedReply, latencies
from lambent.cli.local_server import descendants

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def answering(reply: Callable[[int], bytes]) -> Iterator[tuple[str, int]]:
    """A server that answers the n-th request of each connection with `reply(n)`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(client: socket.socket) -> None:
        with client:
            number = 0
            while client.recv(1000):
                client.sendall(reply(number))
                number += 1

    def accept() -> None:
        try:
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        except OSError:
            return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_latencies_are_sorted_and_as_many_as_asked() -> None:
    with answering(lambda number: OK) as address:
        times = latencies(address, b"request", 7)
    assert len(times) == 7
    assert times == sorted(times)


def test_every_caller_is_kept_busy_and_every_reply_counted() -> None:
    answered = []
    with answering(lambda number: answered.append(number) or OK) as address:  # type: ignore[func-returns-value]
        drivers = Drivers(address, b"request", 4)
        replies, seconds = drivers.run(0.05)
        drivers.close()
    assert replies == len(answered) >= 4
    assert seconds >= 0.05


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Amz-Function-Error: Unhandled\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_a_refusal_is_not_a_measurement(reply: bytes) -> None:
    with answering(lambda number: reply) as address, pytest.raises(UnexpectedReply):
        latencies(address, b"request", 1)


def test_the_scheduler_accounts_for_work() -> None:
    before = cpu_ns(os.getpid())
    assert sum(range(300_000)) > 0
    assert cpu_ns(os.getpid()) > before


def test_a_process_that_has_gone_has_used_nothing_more() -> None:
    ended = subprocess.Popen([sys.executable, "-I", "-S", "-c", "pass"])
    ended.wait()
    assert cpu_ns(ended.pid) == 0


def test_descendants_and_their_memory() -> None:
    program = "import subprocess, sys; subprocess.run([sys.executable, '-I', '-S', '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as parent:
        try:
            while not (below := descendants(parent.pid)):
                pass
            assert parent.pid in descendants(os.getpid())
            assert resident_mb(parent.pid) > 1
            assert len(below) == 1
        finally:
            assert parent.stdin is not None
            parent.stdin.close()
