"""The supervisor's loop, spoken to as the platform does, around a world that only writes down what is asked of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambent.sandbox.inside import messages, supervisor
from tests.unit.sandbox.inside.programs import program

_SUPERVISOR = """
    import socket, sys, types
    from _lambent_inside import supervisor
    bootstrap = types.ModuleType("lambent_bootstrap")
    exec("def run(channel, handler): exec(handler)", bootstrap.__dict__)
    sys.modules["lambent_bootstrap"] = bootstrap
    class World(supervisor.Open):
        def prepare(self, order):
            if order.get("fail"):
                raise OSError(28, "no room")
            return super().prepare(order)
        def assign(self, order, descriptors):
            if order.get("fail"):
                raise OSError(1, "no right")
    supervisor.main(socket.socket(fileno=int(sys.argv[1])), [], World())
"""


class Platform:
    """The other end of a supervisor's link."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self.last = 0

    def ask(self, do: str, descriptors: tuple[int, ...] = (), **order: Any) -> messages.Message | None:
        """Send an order and receive the next message."""
        self.last += 1
        messages.send(self.link, {"do": do, "n": self.last, **order}, descriptors)
        return messages.receive(self.link)

    def start(self, source: str) -> messages.Message | None:
        """Start a runtime process that runs `source`."""
        with Path("/dev/null").open("wb") as null:
            fds = (null.fileno(),) * 3
            return self.ask("start", fds, variables={}, cwd="/", programs=None, handler=source)

    def notice(self) -> dict[str, Any]:
        """The next message, which answers nothing."""
        message = messages.receive(self.link)
        assert message is not None
        return message.body


@pytest.fixture
def process() -> Iterator[tuple[subprocess.Popen[bytes], Platform]]:
    ours, theirs = messages.pair()
    ours.settimeout(20)
    with ours, theirs:
        command = program(_SUPERVISOR, str(theirs.fileno()))
        with subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.DEVNULL) as running:
            theirs.close()
            yield running, Platform(ours)
            ours.close()
            running.wait(20)


Both = tuple["subprocess.Popen[bytes]", Platform]


def body(message: messages.Message | None) -> dict[str, Any]:
    """What a reply says."""
    assert message is not None
    messages.close_all(message.descriptors)
    return message.body


def test_orders_are_answered_in_turn_and_exits_reported(process: Both) -> None:
    _, platform = process
    assert body(platform.ask("prepare", runtime_api=False)) == {"n": 1, "listeners": []}
    assert body(platform.ask("assign")) == {"n": 2, "listeners": []}
    for source, how in (("raise SystemExit(5)", {"code": 5}), ("import os; os.kill(os.getpid(), 9)", {"signal": 9})):
        assert "error" not in body(platform.start(source))
        assert platform.notice() == {"exited": how}


def test_a_listener_is_handed_over(process: Both) -> None:
    message = process[1].ask("prepare", runtime_api=True)
    assert message is not None
    assert message.body["listeners"] == ["runtime_api"]
    with socket.socket(fileno=message.descriptors[0]) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    "stages", [["assign"], ["start"], ["sweep"], ["prepare", "prepare"], ["prepare", "start"], ["dance"]]
)
def test_an_order_out_of_turn_ends_the_supervisor(process: Both, stages: list[str]) -> None:
    running, platform = process
    for do in stages[:-1]:
        assert "error" not in body(platform.ask(do, runtime_api=False))
    assert "not now" in body(platform.ask(stages[-1], runtime_api=False))["error"]
    assert running.wait(20) == 0


@pytest.mark.parametrize("do", ["prepare", "assign"])
def test_after_half_a_wall_nothing_more_is_obeyed(process: Both, do: str) -> None:
    running, platform = process
    if do == "assign":
        body(platform.ask("prepare", runtime_api=False))
    assert body(platform.ask(do, runtime_api=False, fail=True))["error"].split(": ")[0].endswith("Error")
    assert running.wait(20) == 0
    assert messages.receive(platform.link) is None


def test_one_runtime_at_a_time_and_sweep_ends_it(process: Both) -> None:
    running, platform = process
    body(platform.ask("prepare", runtime_api=False))
    body(platform.ask("assign"))
    assert "error" not in body(platform.start("import signal; signal.pause()"))
    assert "is running" in body(platform.start("pass"))["error"]
    assert body(platform.ask("sweep")) == {"exited": {"signal": 9}}
    assert platform.notice() == {"n": 5, "listeners": []}
    assert running.poll() is None


def test_it_ends_with_its_link_and_takes_the_runtime_along(process: Both) -> None:
    running, platform = process
    body(platform.ask("prepare", runtime_api=False))
    body(platform.ask("assign"))
    read, write = os.pipe()
    with Path("/dev/null").open("wb") as null:
        order: dict[str, Any] = {"variables": {}, "cwd": "/", "programs": None}
        order["handler"] = "import os, signal; os.write(1, str(os.getpid()).encode()); signal.pause()"
        body(platform.ask("start", (write, null.fileno(), null.fileno()), **order))
    os.close(write)
    assert int(os.read(read, 20)) > 0
    platform.link.close()
    assert running.wait(20) == 0
    assert os.read(read, 20) == b""  # the runtime's end of its pipe is closed: it is gone
    os.close(read)


def test_kill_all_of_an_isolated_world_refuses_outside_of_pid_one() -> None:
    with pytest.raises(RuntimeError, match="not pid 1"):
        supervisor.Isolated(b"", []).kill_all()


def test_statuses_are_told_exactly() -> None:
    assert supervisor._how(3 << 8) == {"code": 3}
    assert supervisor._how(signal.SIGSEGV | 0x80) == {"signal": 11}
