"""The zygote in the open world, spoken to as the platform does."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambent.sandbox.inside import messages
from lambent.sandbox.launcher import INSIDE


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "lambent_bootstrap.py").write_text("def preload(f): print('buffered')\ndef run(c, h): pass\n")
    return tmp_path


@pytest.fixture
def control() -> Iterator[socket.socket]:
    ours, theirs = messages.pair()
    ours.settimeout(20)
    command = [sys.executable, "-I", "-S", str(INSIDE / "launcher.py"), str(theirs.fileno())]
    with (
        ours,
        subprocess.Popen(command, pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p,
    ):
        theirs.close()
        yield ours
        ours.close()
        output, _ = p.communicate(timeout=20)
        assert output.count(b"buffered") <= 1  # no child repeats what was buffered before the fork


def plan(library: Path) -> dict[str, Any]:
    """A plan of the open world."""
    return {"isolated": False, "python": True, "log_format": "Text", "library_path": str(library)}


def fork(control: socket.socket) -> tuple[socket.socket, int]:
    """A link to a new supervisor, and its pidfd."""
    ours, theirs = messages.pair()
    ours.settimeout(20)
    with theirs:
        messages.send(control, {"do": "fork", "n": 1}, [theirs.fileno()])
    reply = messages.receive(control)
    assert reply is not None
    assert reply.body == {"n": 1}
    return ours, reply.descriptors[0]


def test_it_forks_supervisors_on_request_and_they_end_with_their_links(control: socket.socket, library: Path) -> None:
    messages.send(control, plan(library))
    assert messages.receive(control) == ({"ready": True}, [])
    links = [fork(control) for _ in range(3)]
    for link, pidfd in links:
        messages.send(link, {"do": "prepare", "n": 1, "runtime_api": False})
        assert messages.receive(link) == ({"n": 1, "listeners": []}, [])
        link.close()
        assert select.select([pidfd], [], [], 20)[0] == [pidfd]
        os.close(pidfd)


def test_supervisors_do_not_hold_the_control_socket(control: socket.socket, library: Path) -> None:
    messages.send(control, plan(library))
    messages.receive(control)
    link, pidfd = fork(control)
    control.shutdown(socket.SHUT_WR)
    assert messages.receive(control) is None  # the zygote is gone, and no child keeps its end open
    messages.send(link, {"do": "prepare", "n": 1, "runtime_api": False})
    assert messages.receive(link) is not None
    link.close()
    os.close(pidfd)


def test_a_library_that_cannot_be_imported_is_told(control: socket.socket, library: Path) -> None:
    (library / "lambent_bootstrap.py").write_text("import nothing_of_that_name")
    messages.send(control, plan(library))
    failed = messages.receive(control)
    assert failed is not None
    assert "nothing_of_that_name" in failed.body["error"]
    assert messages.receive(control) is None
