"""The command line against a real server: deploy, invoke, read the log, survive a crash, leave nothing behind."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lambent.cli.local_server import LocalServer, alive, descendants
from tests.unit.sandbox.worlds import groups_of

LAMBENT = str(Path(sys.executable).with_name("lambent"))
ENVIRONMENTS = 10
BURST = 3
CODE = """
import os, time

def handler(event, context):
    print("saw", sorted(event))
    if "fail" in event:
        raise ValueError(event["fail"])
    time.sleep(event.get("sleep", 0))
    return {"stream": context.log_stream_name, "stage": os.environ.get("STAGE")}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def server(data: Path) -> Iterator[LocalServer]:
    with LocalServer(data) as running:
        yield running


@pytest.fixture
def code(tmp_path: Path) -> Path:
    directory = tmp_path / "greet"
    directory.mkdir()
    (directory / "app.py").write_text(CODE)
    return directory


def lambent(data: Path, *arguments: str, status: int = 0) -> str:
    """A command's standard output; its standard error is in the failure if the status is another."""
    ran = subprocess.run([LAMBENT, *arguments, "--data", str(data)], capture_output=True, text=True)
    assert ran.returncode == status, ran.stdout + ran.stderr
    return ran.stdout


def deploy(data: Path, code: Path, *options: str) -> str:
    return lambent(data, "deploy", str(code), "--handler", "app.handler", *options)


def test_a_function_from_deploy_to_log(server: LocalServer, data: Path, code: Path) -> None:
    assert deploy(data, code, "--env", "STAGE=one").startswith(
        "created arn:aws:lambda:us-east-1:000000000000:function:greet"
    )
    assert json.loads(lambent(data, "invoke", "greet", "--payload", '{"a": 1}'))["stage"] == "one"
    assert deploy(data, code, "--env", "STAGE=two").startswith("updated ")
    assert json.loads(lambent(data, "invoke", "greet"))["stage"] == "two"
    failed = json.loads(lambent(data, "invoke", "greet", "--payload", '{"fail": "no"}', status=1))
    assert (failed["errorType"], failed["errorMessage"]) == ("ValueError", "no")
    assert "greet" in lambent(data, "functions")
    assert [function["FunctionName"] for function in json.loads(lambent(data, "functions", "--json"))] == ["greet"]
    log = lambent(data, "logs", "greet")
    assert "saw ['a']" in log
    assert log.count("REPORT RequestId: ") == 3
    assert json.loads(lambent(data, "env", "--json"))["AWS_ENDPOINT_URL"] == server.endpoint


def test_top_shows_a_burst_as_it_comes_and_leaves_the_terminal_as_it_was(
    server: LocalServer, data: Path, code: Path
) -> None:
    deploy(data, code)
    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (40, 120))
    command = [LAMBENT, "top", "--data", str(data)]
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True) as top:
        os.close(terminal)
        read_until(screen, b"No environments")
        invoke = ["invoke", "greet", "--payload", '{"sleep": 2.0}']
        with ThreadPoolExecutor(BURST) as pool:
            calls = [pool.submit(lambent, data, *invoke) for _ in range(BURST)]
            read_until(screen, b"%d environments of 1 function: %d busy" % (BURST, BURST))
            for call in calls:
                call.result()
        read_until(screen, b"%d invocations (%d cold, 0 warm)" % (BURST, BURST))
        top.send_signal(signal.SIGINT)
        assert read_until(screen, b"\x1b[?1049l").endswith(b"\x1b[?25h\x1b[?1049l")  # the cursor, and the other screen
        assert top.wait() == 0
    os.close(screen)


def read_until(screen: int, wanted: bytes) -> bytes:
    """What a terminal was told up to `wanted`. Raises OSError when its program ends before."""
    told = b""
    while wanted not in told:
        told += os.read(screen, 4096)
    return told


def test_a_followed_log_shows_what_comes(server: LocalServer, data: Path, code: Path) -> None:
    deploy(data, code)
    command = [LAMBENT, "logs", "greet", "--follow", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        try:
            lambent(data, "invoke", "greet", "--payload", '{"seen": 1}')
            assert following.stdout is not None
            assert any("saw ['seen']" in line for line in following.stdout)
        finally:
            following.terminate()


def test_functions_survive_a_crash(data: Path, code: Path) -> None:
    with LocalServer(data) as first:
        deploy(data, code)
        lambent(data, "invoke", "greet")
        below = descendants(first.pid)
        first.crash()
    with LocalServer(data):
        assert json.loads(lambent(data, "invoke", "greet"))["stage"] is None
        assert [pid for pid in below if alive(pid)] == []


def test_after_shutdown_nothing_is_left(data: Path, code: Path) -> None:
    with LocalServer(data) as server, ThreadPoolExecutor(ENVIRONMENTS) as callers:
        deploy(data, code, "--timeout", "60")
        streams: set[str] = set()
        for seconds in (1, 4, 16, 50):  # until the machine has started as many commands while the first still waits
            command = ("invoke", "greet", "--payload", json.dumps({"sleep": seconds}))
            answers = callers.map(lambda _, command=command: json.loads(lambent(data, *command)), range(ENVIRONMENTS))
            streams |= {answer["stream"] for answer in answers}
            if len(streams) >= ENVIRONMENTS:
                break
        below = descendants(server.pid)
        assert len(streams) >= ENVIRONMENTS
        assert len(below) >= ENVIRONMENTS
    assert server.exit_status == 0
    assert [pid for pid in below if alive(pid)] == []
    assert [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(data) in line] == []
    assert groups_of(data) == []
    backing = [file.read_text() for file in Path("/sys/block").glob("loop*/loop/backing_file")]
    assert [path for path in backing if str(data) in path] == []
