"""`lambent dev` against a real server: a saved file is what the next invocation runs; the end leaves what was asked."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from lambent.cli.local_server import LocalServer
from tests.e2e.test_command_line import LAMBENT, lambent

CODE = """
def handler(event, context):
    print("here is", {version})
    return {{"version": {version}, "event": event}}
"""


class Running:
    """A command's lines, both streams together, as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: Queue[str | None] = Queue()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def until(self, text: str) -> str:
        """The next line that has `text` in it."""
        said = []
        while (line := self._lines.get(timeout=30)) is not None:
            said.append(line)
            if text in line:
                return line
        raise AssertionError(f"it ended without {text!r}:\n{''.join(said)}")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self._reader.join(20)
        return self.process.wait(20)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    with LocalServer(tmp_path / "data"):
        yield tmp_path / "data"


@pytest.fixture
def code(tmp_path: Path) -> Path:
    directory = tmp_path / "live"
    directory.mkdir()
    write(directory, 1)
    return directory


def write(code: Path, version: int) -> None:
    (code / "app.py").write_text(CODE.format(version=version))


@contextmanager
def developing(data: Path, code: Path, *options: str) -> Iterator[Running]:
    command = [LAMBENT, "dev", str(code), "--handler", "app.handler", "--data", str(data), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def test_a_saved_file_is_what_the_next_invocation_runs(data: Path, code: Path) -> None:
    with developing(data, code) as dev:
        assert "created arn:aws:lambda:us-east-1:000000000000:function:live" in dev.until("ready in ")
        assert json.loads(lambent(data, "invoke", "live"))["version"] == 1
        dev.until("here is 1")
        write(code, 2)
        dev.until("changed: app.py")
        assert "updated" in dev.until("ready in ")
        assert json.loads(lambent(data, "invoke", "live"))["version"] == 2
        dev.until("here is 2")
        (listed,) = json.loads(lambent(data, "environments", "live", "--json"))
        assert listed["invocations"] == 1
        assert "live" in lambent(data, "top")
        assert dev.end(signal.SIGINT) == 0
        dev.until("live stays as it is deployed")
    assert json.loads(lambent(data, "invoke", "live"))["version"] == 2


def test_it_invokes_after_every_deploy_and_removes_at_the_end(data: Path, code: Path, tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text('{"from": "file"}')
    with developing(data, code, "--rm", "--invoke", str(tmp_path / "event.json")) as dev:
        assert json.loads(dev.until("answer: ").removeprefix("answer: ")) == {"version": 1, "event": {"from": "file"}}
        write(code, 3)
        assert '"version": 3' in dev.until("answer: ")
        (code / "app.py").write_text("def")
        assert "Runtime.UserCodeSyntaxError" in dev.until("Unhandled: ")
        write(code, 4)
        assert '"version": 4' in dev.until("answer: ")
        assert dev.end(signal.SIGTERM) == 0
        dev.until("live is removed")
    assert json.loads(lambent(data, "functions", "--json")) == []
