"""What a warm invocation asks of the kernel, counted: times vary with the machine, counts do not."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from bench.load import Connection
from bench.target import Target
from bench.warm import RUNTIME
from lambent.cli.local_server import LocalServer

INVOCATIONS = 200
WINDOWS = 3
"""What was counted is written every few seconds: of several windows one has none of that, and the least counts."""

_LINE = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", re.MULTILINE)

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace"),
]


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """System calls of the server for one warm invocation, by name."""
    data: Path = tmp_path_factory.mktemp("syscalls")
    windows = []
    with LocalServer(data / "data") as server:
        target = Target(server)
        target.deploy("warm", RUNTIME)
        request = target.invocation("warm")
        with closing(Connection(target.address)) as connection:
            for _ in range(20):
                connection.exchange(request)
            for number in range(WINDOWS):
                windows.append(_window(server.pid, data / f"{number}.txt", connection, request))
    names = set().union(*windows)
    return {name: min(window.get(name, 0) for window in windows) / INVOCATIONS for name in names}


def _window(pid: int, report: Path, connection: Connection, request: bytes) -> dict[str, int]:
    """System calls while so many invocations run, by name."""
    command = ["strace", "-f", "-c", "-p", str(pid), "-o", str(report)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr is not None
        assert b"attached" in tracer.stderr.readline()
        for _ in range(INVOCATIONS):
            connection.exchange(request)
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=20)
    return {name: int(count) for count, name in _LINE.findall(report.read_text())}


def test_its_bytes_come_and_go_once_on_each_socket(counts: dict[str, float]) -> None:
    assert 1.9 < counts["read"] < 2.2, counts
    assert 1.9 < counts["write"] < 2.2, counts


def test_it_waits_for_its_two_sockets_and_not_much_more(counts: dict[str, float]) -> None:
    assert counts["epoll_pwait"] < 6, counts


def test_the_rest_is_its_output_and_its_memory(counts: dict[str, float]) -> None:
    assert counts["poll"] < 1.5, counts
    assert counts["pread64"] < 1.9 and counts["pwrite64"] < 1.9, counts


def test_nothing_is_synced_connected_or_opened_for_it(counts: dict[str, float]) -> None:
    for name in ("fsync", "fdatasync", "connect", "accept4", "socket", "clone"):
        assert counts.get(name, 0.0) == 0.0, (name, counts)
    assert counts.get("clone3", 0.0) < 0.05, counts  # the thread that writes logs, once
    assert counts.get("openat", 0.0) < 0.2, counts  # log files, five times a second
    assert counts.get("getrandom", 0.0) < 0.1, counts
