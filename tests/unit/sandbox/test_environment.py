"""An environment whose supervisor is played by the test, faithfully and otherwise."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambent.model.errors import PlatformError
from lambent.model.invocation import ExitStatus
from lambent.sandbox.base import EnvironmentSpec, Usage
from lambent.sandbox.cgroups.none import NoGroup
from lambent.sandbox.environment import Fittings, LaunchedEnvironment, readable
from lambent.sandbox.inside import messages
from tests.unit.sandbox.worlds import PROVIDED, World, sleeper


class Group(NoGroup):
    """A group that counts, and fails when told to."""

    def __init__(self) -> None:
        self.oom = 0
        self.calls: list[str] = []
        self.failing = False
        self.stands_still = True
        self.cpus: float | None = None
        self.used = [0]

    def oom_kills(self) -> int:
        return self.oom

    def memory(self) -> int:
        return self.used.pop(0) if len(self.used) > 1 else self.used[0]

    def set_cpu(self, cpus: float | None) -> None:
        self.cpus = cpus

    def set_memory(self, memory: int) -> None:
        self._call(f"memory {memory >> 20}")

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.failing:
            raise OSError(5, name)

    def freeze(self) -> bool:
        self._call("freeze")
        return self.stands_still

    def thaw(self) -> None:
        self._call("thaw")

    def usage(self) -> Usage:
        self._call("usage")
        return Usage(1, 2)

    def remove(self) -> bool:
        self._call("remove")
        return True


class Peer:
    """The supervisor's end of the link, and a process that stands for it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.link: socket.socket | None = None
        self._linked = asyncio.Event()

    async def fork(self, link: socket.socket, groups: Sequence[int]) -> int:
        """What a launcher does."""
        self.link = link.dup()
        self.link.settimeout(10)
        self._linked.set()
        return os.pidfd_open(self.process.pid)

    async def order(self) -> messages.Message:
        """The next order."""
        await self._linked.wait()
        assert self.link is not None
        message = await asyncio.to_thread(messages.receive, self.link)
        assert message is not None
        return message

    def say(self, body: dict[str, Any], *descriptors: int) -> None:
        """Send anything."""
        assert self.link is not None
        messages.send(self.link, body, descriptors)

    async def obey(self, **more: Any) -> messages.Message:
        """Take one order and say that it was done."""
        return await self.obey_with(**more)

    async def obey_with(self, *descriptors: int, **more: Any) -> messages.Message:
        """The same, handing something over."""
        order = await self.order()
        self.say({"n": order.body["n"], **more}, *descriptors)
        return order


@pytest.fixture
def peer() -> Iterator[Peer]:
    with sleeper() as process:
        made = Peer(process)
        yield made
        if made.link is not None:
            made.link.close()
        process.kill()


@pytest.fixture
def group() -> Group:
    return Group()


@pytest.fixture
async def environment(tmp_path: Path, peer: Peer, group: Group) -> AsyncIterator[LaunchedEnvironment]:
    async def assignment(spec: EnvironmentSpec) -> tuple[dict[str, Any], list[int]]:
        return {"code": "code/x"}, []

    async def released() -> None:
        group.calls.append("released")

    with ThreadPoolExecutor(2) as executor:
        made = LaunchedEnvironment(
            World(tmp_path).spec(memory_mb=1769),
            Fittings(group, executor, "/cwd", assignment, lambda listeners: {"ADDRESS": "x"}, None, True, released, {}),
        )
        yield made
        group.failing = False
        await made.kill()


async def launched(environment: LaunchedEnvironment, peer: Peer) -> None:
    """Bring an environment up."""
    task = asyncio.create_task(environment.launch(peer))  # type: ignore[arg-type]
    assert (await peer.obey(listeners=[])).body["do"] == "prepare"
    assert (await peer.obey()).body["do"] == "assign"
    await task


async def started(environment: LaunchedEnvironment, peer: Peer) -> Any:
    """Start a runtime process; our ends are closed."""
    task = asyncio.create_task(environment.start_runtime())
    order = await peer.obey()
    messages.close_all(order.descriptors)
    process = await task
    assert process.channel is not None
    process.channel.close()
    os.close(process.logs)
    os.close(process.telemetry or -1)
    return process, order.body


async def test_start_says_what_to_run_and_with_which_variables(environment: Any, peer: Peer, group: Group) -> None:
    await launched(environment, peer)
    assert group.cpus is None  # isolation itself runs at full speed
    _, order = await started(environment, peer)
    assert group.cpus == 1.0
    assert order["variables"] == {"GREETING": "hello", "ADDRESS": "x", "_LAMBDA_TELEMETRY_LOG_FD": "4"}
    assert (order["cwd"], order["handler"], order["programs"]) == ("/cwd", "module.handler", None)


@pytest.mark.parametrize("step", ["prepare", "assign"])
async def test_a_step_that_fails_fails_the_launch(environment: Any, peer: Peer, step: str) -> None:
    task = asyncio.create_task(environment.launch(peer))
    if step == "assign":
        await peer.obey(listeners=[])
    order = await peer.order()
    peer.say({"n": order.body["n"], "error": "no room"})
    with pytest.raises(PlatformError, match=f"could not {step}: no room"):
        await task


async def test_listeners_that_do_not_match_their_names_are_refused_and_closed(environment: Any, peer: Peer) -> None:
    task = asyncio.create_task(environment.launch(peer))
    order = await peer.order()
    read, write = os.pipe()
    peer.say({"n": order.body["n"], "listeners": ["a", "b"]}, write)
    os.close(write)
    with pytest.raises(PlatformError, match="sent 1 listeners"):
        await task
    assert os.read(read, 1) == b""
    os.close(read)


async def test_an_exit_is_reported_once_and_as_it_was(environment: Any, peer: Peer) -> None:
    await launched(environment, peer)
    process, _ = await started(environment, peer)
    for nonsense in ({"exited": None}, {"exited": {}}, {"exited": {"code": "x"}}, {"other": 1}):
        peer.say(nonsense)
    peer.say({"exited": {"code": 3}})
    peer.say({"exited": {"code": 4}})
    assert await process.exited == ExitStatus(code=3)


async def test_running_out_of_memory_is_told_by_the_groups_count(environment: Any, peer: Peer, group: Group) -> None:
    group.oom = 5  # of an earlier process
    await launched(environment, peer)
    process, _ = await started(environment, peer)
    peer.say({"exited": {"code": 1}})
    assert await process.exited == ExitStatus(code=1, oom=False)
    process, _ = await started(environment, peer)
    group.oom = 6
    peer.say({"exited": {"signal": 9}})
    assert await process.exited == ExitStatus(signal=9, oom=True)


async def test_after_running_out_of_memory_the_next_start_waits_for_it(
    environment: Any, peer: Peer, group: Group
) -> None:
    await launched(environment, peer)
    process, _ = await started(environment, peer)
    group.oom = 1
    peer.say({"exited": {"signal": 9}})
    await process.exited
    group.used = [1 << 40, 1 << 40, 0]
    await started(environment, peer)
    assert group.used == [0]


async def test_a_supervisor_that_vanishes_or_babbles_ends_the_process(environment: Any, peer: Peer) -> None:
    await launched(environment, peer)
    process, _ = await started(environment, peer)
    assert peer.link is not None
    peer.link.send(b"babble")
    assert await process.exited == ExitStatus(signal=9)
    with pytest.raises(PlatformError, match="is gone"):
        await environment.start_runtime()


async def test_a_start_that_is_refused_leaves_no_process_and_no_descriptor(environment: Any, peer: Peer) -> None:
    await launched(environment, peer)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    task = asyncio.create_task(environment.start_runtime())
    order = await peer.order()
    messages.close_all(order.descriptors)
    peer.say({"n": order.body["n"], "error": "Resource temporarily unavailable"})
    with pytest.raises(PlatformError, match="could not start"):
        await task
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    await started(environment, peer)  # it may be tried again


async def test_freezing_and_thawing_happen_once_and_their_failures_are_told(
    environment: Any, peer: Peer, group: Group
) -> None:
    await launched(environment, peer)
    for call in (environment.thaw, environment.freeze, environment.freeze, environment.thaw, environment.thaw):
        await call()
    assert group.calls == ["freeze", "thaw"]
    group.failing = True
    with pytest.raises(PlatformError, match="freeze"):
        await environment.freeze()
    group.failing = False
    await environment.thaw()
    assert group.calls[-1] == "thaw"  # it may be half frozen


async def test_what_does_not_stand_still_is_told_and_keeps_no_thread_waiting(
    environment: Any, peer: Peer, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambent.sandbox.environment.FREEZE_SECONDS", 0.05)
    await launched(environment, peer)
    group.stands_still = False
    with pytest.raises(PlatformError, match="does not stand still"):
        await environment.freeze()
    assert group.calls.count("freeze") > 1
    await environment.thaw()
    assert group.calls[-1] == "thaw"


async def test_kill_never_raises_and_always_releases_once(environment: Any, peer: Peer, group: Group) -> None:
    await launched(environment, peer)
    process, _ = await started(environment, peer)
    await asyncio.gather(environment.kill(), environment.kill())
    assert group.calls[-2:] == ["remove", "released"]
    assert peer.process.wait(10) == -signal.SIGKILL
    assert (await process.exited).signal == signal.SIGKILL
    await environment.kill()
    assert group.calls.count("released") == 1


async def test_kill_survives_groups_that_fail(environment: Any, peer: Peer, group: Group) -> None:
    await launched(environment, peer)
    group.failing = True
    await environment.kill()
    assert peer.process.wait(10) == -signal.SIGKILL
    assert environment.usage() == Usage(0, 0)
    assert environment.take_peak() == 0
    with pytest.raises(PlatformError, match="has ended"):
        await environment.start_runtime()


async def test_kill_goes_on_when_its_caller_is_cancelled(environment: Any, peer: Peer, group: Group) -> None:
    await launched(environment, peer)
    task = asyncio.create_task(environment.kill())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await environment.kill()
    assert group.calls[-1] == "released"


async def test_readable_waits_for_a_process_to_end() -> None:
    with sleeper() as process:
        pidfd = os.pidfd_open(process.pid)
        assert await readable(pidfd, 0.01) is False
        process.kill()
        assert await readable(pidfd, 10) is True
        os.close(pidfd)


async def test_programs_get_no_channel(tmp_path: Path, peer: Peer, group: Group) -> None:
    async def assignment(spec: EnvironmentSpec) -> tuple[dict[str, Any], list[int]]:
        return {}, []

    async def released() -> None:
        return None

    with ThreadPoolExecutor(1) as executor:
        fittings = Fittings(group, executor, "/", assignment, lambda listeners: {}, None, True, released, {"A": "b"})
        environment = LaunchedEnvironment(World(tmp_path).spec(PROVIDED), fittings)
        await launched(environment, peer)
        task = asyncio.create_task(environment.start_runtime())
        order = await peer.obey()
        process = await task
        assert (process.channel, process.telemetry, len(order.descriptors)) == (None, None, 1)
        assert order.body["programs"] == ["/var/task/bootstrap", "/opt/bootstrap"]
        assert order.body["variables"] == {"A": "b", "GREETING": "hello"}
        messages.close_all([*order.descriptors, process.logs])
        await environment.kill()


async def prepared(environment: LaunchedEnvironment, peer: Peer) -> socket.socket:
    """Bring an environment up without a function; the end of the link to the process that waits for one."""
    task = asyncio.create_task(environment.prepare(peer))  # type: ignore[arg-type]
    ours, theirs = messages.pair()
    with ours:
        assert (await peer.obey_with(ours.fileno(), listeners=["runner"])).body["do"] == "prepare"
    await task
    theirs.settimeout(10)
    return theirs


async def adopted(environment: LaunchedEnvironment, peer: Peer, spec: EnvironmentSpec) -> None:
    """Give it a function."""
    task = asyncio.create_task(environment.adopt(spec))
    assert (await peer.obey()).body["do"] == "assign"
    await task


async def test_a_prepared_environment_takes_the_limits_of_its_function_and_runs_what_waits(
    environment: Any, peer: Peer, group: Group, tmp_path: Path
) -> None:
    name = environment.name
    runner = await prepared(environment, peer)
    spec = replace(environment.spec, id="f" * 32, memory_mb=256, handler="their.handler")
    await adopted(environment, peer, spec)
    assert (environment.spec, environment.name, environment.alive) == (spec, name, True)
    assert group.calls == ["memory 256"]
    process = await environment.start_runtime()
    order = messages.receive(runner)
    assert order is not None
    assert (order.body["handler"], len(order.descriptors)) == ("their.handler", 3)
    assert messages.receive(runner) is None  # it is told once
    messages.close_all([*order.descriptors, process.logs, process.telemetry])
    process.channel.close()
    runner.close()
    peer.say({"exited": {"code": 3}})
    assert await process.exited == ExitStatus(code=3)


async def test_when_nobody_waits_any_more_the_supervisor_starts_the_process(environment: Any, peer: Peer) -> None:
    (await prepared(environment, peer)).close()
    await adopted(environment, peer, environment.spec)
    _, order = await started(environment, peer)
    assert order["do"] == "start"


async def test_limits_that_cannot_be_set_refuse_the_function(environment: Any, peer: Peer, group: Group) -> None:
    with pytest.raises(PlatformError, match="was not prepared"):
        await environment.adopt(environment.spec)
    runner = await prepared(environment, peer)
    group.failing = True
    with pytest.raises(PlatformError, match="memory"):
        await environment.adopt(environment.spec)
    runner.close()


async def test_full_speed_lasts_until_the_platform_ends_it(environment: Any, peer: Peer, group: Group) -> None:
    environment._spec = replace(environment.spec, full_speed_init=True)
    await launched(environment, peer)
    group.cpus = 9.0
    await started(environment, peer)
    assert group.cpus is None
    environment.limit_cpu()
    assert group.cpus == 1.0


async def test_extensions_end_when_the_supervisor_does_and_nonsense_about_them_is_ignored(
    environment: Any, peer: Peer
) -> None:
    await launched(environment, peer)
    task = asyncio.create_task(environment.start_extension("/opt/extensions/x", {"A": "b"}))
    order = await peer.obey()
    messages.close_all(order.descriptors)
    extension = await task
    os.close(extension.logs)
    assert (order.body["command"], order.body["variables"]) == (["/opt/extensions/x"], {"A": "b"})
    for name in (7, -1, "0", [0]):
        peer.say({"exited": {"code": 1}, "name": name})
    task = asyncio.create_task(environment.open_socket())
    await peer.obey()
    with pytest.raises(PlatformError, match="sent no socket"):
        await task
    assert not extension.exited.done()
    assert peer.link is not None
    peer.link.close()
    assert await extension.exited == ExitStatus(signal=9)
    assert not environment.alive
