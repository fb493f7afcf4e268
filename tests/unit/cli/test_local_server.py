"""A server is started, waited for and ended, whatever it does meanwhile. A shell script plays the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lambent.cli.errors import CommandError
from lambent.cli.local_server import LocalServer, alive, descendants

READY = "echo starting up; echo a warning >&2; echo Lambent ready: http://127.0.0.1:7777; "


@pytest.fixture
def plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a script there: it is what LocalServer takes for Python."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    return tmp_path / "python"


def play(script: Path, text: str) -> None:
    script.write_text(f'#!/bin/sh\necho "$@" > {script.parent}/arguments\n{text}\n')
    script.chmod(0o755)


def test_it_is_ready_when_it_says_so_and_ends_gracefully(plays: Path, tmp_path: Path) -> None:
    play(plays, "trap 'exit 0' TERM; " + READY + "while :; do sleep 0.05; done")
    with LocalServer(tmp_path / "data", ["--no-auth"]) as server:
        assert server.endpoint == "http://127.0.0.1:7777"
        assert 0 < server.ready_seconds < 10
        assert alive(server.pid)
        assert server.exit_status is None
    assert server.exit_status == 0
    assert not alive(server.pid)
    assert server.log.read_text() == "a warning\n"
    asked = (tmp_path / "arguments").read_text().split()
    assert asked == ["-m", "lambent", "serve", "--port", "0", "--data", str(tmp_path / "data"), "--no-auth"]


def test_one_that_will_not_end_is_killed(plays: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambent.cli.local_server.STOP_SECONDS", 0.1)
    play(plays, "trap '' TERM; " + READY + "while :; do sleep 0.05; done")
    with LocalServer(tmp_path / "data") as server:
        pass
    assert server.exit_status == -signal.SIGKILL


def test_one_that_does_not_start_is_quoted(plays: Path, tmp_path: Path) -> None:
    play(plays, "echo hm; echo the port is taken >&2; exit 3")
    with (
        pytest.raises(CommandError, match=r"did not become ready; it said:\nhm\nthe port is taken"),
        LocalServer(tmp_path),
    ):
        pass


def test_one_that_says_nothing_is_given_up(plays: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambent.cli.local_server.START_SECONDS", 0.1)
    play(plays, "exec sleep 60")
    with pytest.raises(CommandError, match="did not become ready"), LocalServer(tmp_path):
        pass


def test_a_crash_is_a_crash(plays: Path, tmp_path: Path) -> None:
    play(plays, READY + "exec sleep 60")
    with LocalServer(tmp_path / "data") as server:
        server.crash()
    assert server.exit_status == -signal.SIGKILL


def test_descendants_are_found_and_ended_ones_are_not_alive() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 60 & echo; wait"], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        below = descendants(parent.pid)
        assert len(below) == 1
        assert parent.pid in descendants(os.getpid())
        for pid in (below[0], parent.pid):
            os.kill(pid, signal.SIGKILL)
    assert not alive(parent.pid)
