"""One environment as the platform holds it, whatever sandbox it is in: its supervisor, its runtime process, its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from lambent.model.errors import PlatformError
from lambent.model.invocation import ExitStatus
from lambent.model.runtime import RuntimeKind
from lambent.sandbox import readings
from lambent.sandbox.base import EnvironmentSpec, ExtensionProcess, RuntimeProcess, Usage
from lambent.sandbox.cgroups import files
from lambent.sandbox.cgroups.base import MB, Group, cpus_for
from lambent.sandbox.film import Film
from lambent.sandbox.inside import messages, process
from lambent.sandbox.launcher import Launcher
from lambent.sandbox.link import Link
from lambent.sandbox.pipes import Pipes
from lambent.sandbox.readings import Reading
from lambent.sandbox.snapshot import Snapshot

_log = logging.getLogger(__name__)

ORDER_SECONDS = 30.0
KILL_SECONDS = 10.0
FREEZE_SECONDS = 1.0
GIVE_BACK_SECONDS = 0.5
_FREEZE_PAUSE_SECONDS = (0.001, 0.03)

T = TypeVar("T")


@dataclass(slots=True)
class Fittings:
    """What a sandbox gives to an environment.

    `assignment` makes the order that shows a function's code, and its descriptors (closed once they were sent).
    `defaults` are variables that the spec may override, `addresses` makes those, from the listeners, that it may not.
    `owner` is the uid that must be able to reopen its pipes, None for our own. `walled`: no process can outlive the
    supervisor. `released` runs once, when nothing else of the environment is left. `bootstraps` are the places where a
    program of the function's own may lie; `locate` tells what a part of the spec's `command` is inside. `ahead` is what
    a prepared supervisor must know to fork the runtime's process before there is a function, None if it shall not.
    """

    group: Group
    executor: Executor
    cwd: str
    assignment: Callable[[EnvironmentSpec], Awaitable[tuple[dict[str, Any], list[int]]]]
    addresses: Callable[[Mapping[str, socket.socket]], Mapping[str, str]]
    owner: int | None
    walled: bool
    released: Callable[[], Awaitable[None]]
    defaults: Mapping[str, str]
    locate: Callable[[str], str] = str
    bootstraps: tuple[str, ...] = process.BOOTSTRAPS
    ahead: Mapping[str, Any] | None = None


class LaunchedEnvironment:
    """An environment whose supervisor was forked by a launcher. Made by `launch`."""

    def __init__(self, spec: EnvironmentSpec, fittings: Fittings) -> None:
        self._spec = spec
        self.name = spec.id
        """How the machine knows it: the name of its control group. It stays when the environment is adopted."""
        self._fittings = fittings
        self._link: Link | None = None
        self._pidfd = -1
        self._listeners: dict[str, socket.socket] = {}
        self._runner: socket.socket | None = None
        self._extensions: list[asyncio.Future[ExitStatus]] = []
        self._exited: asyncio.Future[ExitStatus] | None = None
        self._oom_kills = 0
        self._frozen = False
        self._turn = asyncio.Lock()
        self._killing: asyncio.Task[None] | None = None
        self._origin: Launcher | None = None
        self._film = Film()

    @property
    def spec(self) -> EnvironmentSpec:
        """What it was made from."""
        return self._spec

    @property
    def runtime_api(self) -> socket.socket | None:
        """The listening socket of the Runtime API, None where the runtime does not use it."""
        return self._listeners.get("runtime_api")

    @property
    def endpoint(self) -> socket.socket | None:
        """The listening socket of the AWS endpoint, None where the function reaches the platform's own."""
        return self._listeners.get("endpoint")

    @property
    def alive(self) -> bool:
        """Whether its supervisor can still be asked."""
        return self._link is not None and not self._link.closed and self._killing is None

    async def launch(self, launcher: Launcher) -> None:
        """Fork the supervisor, let it isolate itself, show it the code. Raises PlatformError; then `kill` is due."""
        await self._fork(launcher, self._prepare, self._assign)

    async def prepare(self, launcher: Launcher) -> None:
        """The same without a function, which `adopt` will tell. Raises PlatformError; then `kill` is due.

        The spec that it was made with stands for those to come: their runtime, the most memory of any.
        """
        await self._fork(launcher, partial(self._prepare, ahead=self._fittings.ahead))

    async def adopt(self, spec: EnvironmentSpec) -> None:
        """Make a prepared environment that of a function. Raises PlatformError; then `kill` is due."""
        if self._link is None:
            raise PlatformError(f"environment {self._spec.id} was not prepared")
        self._spec = spec
        try:
            self._fittings.group.set_memory(spec.memory_mb * MB)
        except OSError as error:
            raise PlatformError(f"environment {spec.id}: {error}") from error
        await self._assign(self._link)

    async def _fork(self, launcher: Launcher, *steps: Callable[[Link], Coroutine[None, None, None]]) -> None:
        ours, theirs = messages.pair()
        name = f"environment {self.name}"
        with theirs:
            groups = self._fittings.group.open()
            self._link = link = Link(ours, name, notice=self._noticed, gone=self._lost)
            try:
                # All orders are under way at once: the supervisor finds them when it wakes, one after the other.
                async with asyncio.TaskGroup() as orders:
                    for step in steps:
                        orders.create_task(step(link))
                    self._pidfd = await launcher.fork(theirs, groups)
                    self._origin = launcher
            except BaseExceptionGroup as failures:
                raise failures.exceptions[0] from None
            finally:
                messages.close_all(groups)

    async def _prepare(self, link: Link, ahead: Mapping[str, Any] | None = None) -> None:
        with_api = self._spec.runtime.kind is RuntimeKind.EXEC
        reply = await link.request("prepare", seconds=ORDER_SECONDS, runtime_api=with_api, **(ahead or {}))
        names = reply.body.get("listeners", [])
        if len(names) != len(reply.descriptors):
            messages.close_all(reply.descriptors)
            raise PlatformError(f"environment {self._spec.id} sent {len(reply.descriptors)} listeners for {names}")
        for key, fd in zip(names, reply.descriptors, strict=True):
            self._listeners[key] = _socket(fd)
        self._runner = self._listeners.pop("runner", None)

    async def _assign(self, link: Link) -> None:
        order, descriptors = await self._fittings.assignment(self._spec)
        try:
            await link.request("assign", descriptors, seconds=ORDER_SECONDS, **order)
        finally:
            messages.close_all(descriptors)

    async def start_runtime(self) -> RuntimeProcess:
        """Start the function's process. Raises PlatformError."""
        link = self._asked()
        if self._exited is not None and not self._exited.done():
            raise PlatformError(f"environment {self._spec.id} already runs a process")
        if self._exited is not None and self._count_oom_kills() > self._oom_kills:
            await self._memory_given_back()
        kind, command = self._spec.runtime.kind, self._spec.command
        image, how = self._film.load(self._spec, self._origin)
        ours = kind is not RuntimeKind.EXEC
        pipes = Pipes(ours, ours or bool(command), self._fittings.owner)
        variables = {**self._fittings.defaults, **self._spec.variables, **self._fittings.addresses(self._listeners)}
        variables |= pipes.variables(kind)
        self._exited = exited = asyncio.get_running_loop().create_future()
        self._oom_kills = self._count_oom_kills()
        self.set_cpu(None if self._spec.full_speed_init else cpus_for(self._spec.memory_mb))
        order: dict[str, Any] = {
            "variables": variables,
            "cwd": self._fittings.cwd,
            "command": [self._fittings.locate(part) for part in command] if command else None,
            "programs": self._fittings.bootstraps if kind is RuntimeKind.EXEC and not command else None,
            "handler": self._spec.handler,
            "image": how,
        }
        descriptors = [*pipes.theirs(), *image]
        try:
            if not self._run_ahead(order, descriptors):
                await link.request("start", descriptors, seconds=ORDER_SECONDS, **order)
        except BaseException:
            pipes.close_ours()
            self._exit(ExitStatus(signal=int(signal.SIGKILL)))
            raise
        finally:
            pipes.close_theirs()
        return RuntimeProcess(channel=pipes.channel, logs=pipes.logs, telemetry=pipes.telemetry, exited=exited)

    async def _memory_given_back(self) -> None:
        """Wait, but not for long, until the kernel has taken back what killed processes had.

        Page tables come back a moment after their process has ended: a runtime that started before would be killed too.
        """
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(GIVE_BACK_SECONDS):
                while self._fittings.group.memory() > self._spec.memory_mb * MB // 2:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.002)

    @property
    def can_capture(self) -> bool:
        """Only where an environment is a world of its own."""
        return self._fittings.walled

    def make_room(self) -> None:
        """Let the processes have twice their memory."""
        with contextlib.suppress(OSError):
            self._fittings.group.set_memory(2 * self._spec.memory_mb * MB)

    async def take_snapshot(self) -> Snapshot:
        """End every process, and keep what the runtime's has written down. Raises PlatformError."""
        await self.sweep()
        return self._film.develop(self._origin)

    def _run_ahead(self, order: dict[str, Any], descriptors: list[int]) -> bool:
        """Give the order to the process that waits for one; False if there is none (any more)."""
        runner, self._runner = self._runner, None
        if runner is None:
            return False
        with runner, contextlib.suppress(messages.Broken, BlockingIOError):
            messages.send(runner, order, descriptors)
            return True
        return False

    def _asked(self) -> Link:
        """The link, if there is somebody at its other end. Raises PlatformError."""
        if self._link is None or self._killing is not None:
            raise PlatformError(f"environment {self._spec.id} has ended")
        return self._link

    async def sweep(self) -> None:
        """End every process of the function, extensions included. Raises PlatformError."""
        link = self._asked()
        await self.thaw()
        self._close_runner()
        self.set_cpu(None)  # what the function owes of its share would hold up the supervisor; a new runtime is limited
        await link.request("sweep", seconds=ORDER_SECONDS)
        self._exit(ExitStatus(signal=int(signal.SIGKILL)))

    def _close_runner(self) -> None:
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    async def open_socket(self, *, datagram: bool = False) -> socket.socket:
        """A TCP or UDP socket of the network inside. Raises PlatformError."""
        reply = await self._asked().request("socket", seconds=ORDER_SECONDS, datagram=datagram)
        if len(reply.descriptors) != 1:
            messages.close_all(reply.descriptors)
            raise PlatformError(f"environment {self._spec.id} sent no socket")
        return _socket(reply.descriptors[0])

    async def list_extensions(self) -> list[str]:
        """The programs in /opt/extensions. Raises PlatformError."""
        reply = await self._asked().request("extensions", seconds=ORDER_SECONDS)
        return [path for path in reply.body.get("extensions", []) if isinstance(path, str)]

    async def start_extension(self, path: str, variables: Mapping[str, str]) -> ExtensionProcess:
        """Start a program beside the runtime. Raises PlatformError."""
        link = self._asked()
        pipes = Pipes(False, False, self._fittings.owner)
        name, exited = len(self._extensions), asyncio.get_running_loop().create_future()
        self._extensions.append(exited)
        order: dict[str, Any] = {"variables": dict(variables), "cwd": "/", "command": [path], "programs": None}
        try:
            await link.request("spawn", pipes.theirs(), seconds=ORDER_SECONDS, name=name, **order)
        except BaseException:
            pipes.close_ours()
            _resolve(exited, ExitStatus(signal=int(signal.SIGKILL)))
            raise
        finally:
            pipes.close_theirs()
        return ExtensionProcess(name=name, logs=pipes.logs, exited=exited)

    async def signal(self, number: int, extension: ExtensionProcess | None = None) -> None:
        """Send a signal to one process. Raises PlatformError."""
        name = None if extension is None else extension.name
        await self._asked().request("signal", seconds=ORDER_SECONDS, name=name, number=number)

    async def freeze(self) -> None:
        """Stop every process of the function. Raises PlatformError if one does not stand still, as a hostile one can;
        `thaw` is due all the same."""
        async with self._turn:
            if self._frozen:
                return
            self._frozen = True
            pause, longest = _FREEZE_PAUSE_SECONDS
            give_up = asyncio.get_running_loop().time() + FREEZE_SECONDS
            while self._killing is None and not self._on_group(self._fittings.group.freeze):
                if asyncio.get_running_loop().time() > give_up:
                    raise PlatformError(f"environment {self._spec.id} does not stand still")
                await asyncio.sleep(pause)
                pause = min(pause * 2, longest)

    async def thaw(self) -> None:
        """Let them run again."""
        async with self._turn:
            if self._frozen and self._killing is None:
                self._on_group(self._fittings.group.thaw)
                self._frozen = False

    def _on_group(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except OSError as error:
            raise PlatformError(f"environment {self._spec.id}: {error}") from error

    def usage(self) -> Usage:
        """Peak memory and processor time, read now."""
        try:
            return self._fittings.group.usage()
        except OSError:
            return Usage(memory_peak=0, cpu_ns=0)

    def read(self) -> Reading:
        """What it has used and holds, now; of the platform's own supervisor only its processor time."""
        group, supervisor = self._fittings.group, 0
        found = Reading()
        with contextlib.suppress(OSError):
            user, system = group.cpu_times()
            found = replace(found, cpu_ns=group.usage().cpu_ns, user_ns=user, system_ns=system)
        with contextlib.suppress(OSError):
            supervisor = readings.pid_of(self._pidfd) if self._pidfd >= 0 else 0
        if supervisor <= 0 or not self._fittings.walled:
            return found
        with contextlib.suppress(OSError):
            received, sent = readings.network(supervisor)
            found = replace(found, received=received, sent=sent)
        with contextlib.suppress(OSError):
            size, free = readings.tmp(supervisor)
            found = replace(found, tmp_size=size, tmp_free=free)
        with contextlib.suppress(OSError):
            opened = readings.descriptors(pid for pid in group.members() if pid != supervisor)
            if opened is not None:
                threads = group.tasks() - readings.threads(supervisor)
                found = replace(found, threads=threads, descriptors=opened[0], most_descriptors=opened[1])
        return found

    def take_peak(self) -> int:
        """The memory peak in bytes; a new one begins."""
        try:
            return self._fittings.group.take_peak()
        except OSError:
            return 0

    def set_cpu(self, cpus: float | None) -> None:
        """Change the processor share, in processors; None: no limit."""
        with contextlib.suppress(OSError):
            self._fittings.group.set_cpu(cpus)

    def limit_cpu(self) -> None:
        """Set the processor share of the function's memory."""
        self.set_cpu(cpus_for(self._spec.memory_mb))

    async def kill(self) -> None:
        """End every process and free everything. Idempotent, never raises, not stopped by a cancelled caller."""
        if self._killing is None:
            self._killing = asyncio.create_task(self._end(), name=f"end of environment {self._spec.id}")
        await asyncio.shield(self._killing)

    async def _end(self) -> None:
        try:
            await self._end_processes()
            for listener in self._listeners.values():
                listener.close()
            self._close_runner()
            self._film.close()
            if self._link is not None:
                self._link.close()
            remove = partial(files.wait_until, self._fittings.group.remove, KILL_SECONDS)
            if not await asyncio.get_running_loop().run_in_executor(self._fittings.executor, remove):
                _log.error("environment %s: its control group cannot be removed", self._spec.id)
            await self._fittings.released()
        except Exception:
            _log.exception("environment %s could not be ended", self._spec.id)

    async def _end_processes(self) -> None:
        """Ask first where processes could outlive their supervisor; then kill the supervisor and all below it."""
        if self._pidfd < 0:
            return
        if not self._fittings.walled and self._link is not None and not self._link.closed:
            with contextlib.suppress(PlatformError):
                await self._link.request("sweep", seconds=1.0)
        self.set_cpu(None)  # dying takes time, too: in a small share many processes would take minutes
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        async with self._turn:  # a freeze that is under way would undo the thaw
            with contextlib.suppress(OSError):
                self._fittings.group.thaw()
        if not await readable(self._pidfd, KILL_SECONDS):
            _log.error("environment %s: the supervisor does not end", self._spec.id)
        os.close(self._pidfd)
        self._pidfd = -1

    def _noticed(self, body: dict[str, Any]) -> None:
        how, name = body.get("exited"), body.get("name")
        if not isinstance(how, dict):
            return
        code, number, refused = how.get("code"), how.get("signal"), how.get("refused")
        if not (isinstance(code, int) or isinstance(number, int)):
            return
        oom = self._count_oom_kills() > self._oom_kills
        status = ExitStatus(code, number, oom, refused if isinstance(refused, str) else None)
        if name is None:
            self._exit(status)
        elif isinstance(name, int) and 0 <= name < len(self._extensions):
            _resolve(self._extensions[name], status)

    def _lost(self) -> None:
        """The supervisor is gone, and every process with it."""
        status = ExitStatus(signal=int(signal.SIGKILL), oom=self._count_oom_kills() > self._oom_kills)
        self._exit(status)
        for exited in self._extensions:
            _resolve(exited, status)

    def _exit(self, status: ExitStatus) -> None:
        """The runtime's process has ended; one that still waited for its order will get none."""
        self._close_runner()
        if self._exited is not None:
            _resolve(self._exited, status)

    def _count_oom_kills(self) -> int:
        try:
            return self._fittings.group.oom_kills()
        except OSError:
            return 0


async def readable(fd: int, seconds: float) -> bool:
    """Wait until `fd` can be read (a pidfd: until its process has ended); False when the time is over."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    try:
        async with asyncio.timeout(seconds):
            await ready.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(fd)
    return True


def _socket(fd: int) -> socket.socket:
    made = socket.socket(fileno=fd)
    made.setblocking(False)
    return made


def _resolve(exited: asyncio.Future[ExitStatus], status: ExitStatus) -> None:
    if not exited.done():
        exited.set_result(status)
