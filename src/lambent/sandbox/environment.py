"""One environment as the platform holds it, whatever sandbox it is in: its supervisor, its runtime process, its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from lambent.model.errors import PlatformError
from lambent.model.invocation import ExitStatus
from lambent.model.runtime import RuntimeKind
from lambent.sandbox.base import EnvironmentSpec, RuntimeProcess, Usage
from lambent.sandbox.cgroups import files
from lambent.sandbox.cgroups.base import Group, cpus_for
from lambent.sandbox.inside import messages, process
from lambent.sandbox.launcher import Launcher
from lambent.sandbox.link import Link

_log = logging.getLogger(__name__)

ORDER_SECONDS = 30.0
KILL_SECONDS = 10.0
FREEZE_SECONDS = 1.0
_FREEZE_PAUSE_SECONDS = (0.001, 0.03)

T = TypeVar("T")


@dataclass(slots=True)
class Fittings:
    """What a sandbox gives to an environment.

    `assignment` makes the order that shows the function's code, and its descriptors (closed once they were sent).
    `defaults` are variables that the spec may override, `addresses` makes those, from the listeners, that it may not.
    `owner` is the uid that must be able to reopen its pipes, None for our own. `walled`: no process can outlive the
    supervisor. `released` runs once, when nothing else of the environment is left. `bootstraps` are the places where a
    program of the function's own may lie; `locate` tells what a part of the spec's `command` is inside.
    """

    group: Group
    executor: Executor
    cwd: str
    assignment: Callable[[], Awaitable[tuple[dict[str, Any], list[int]]]]
    addresses: Callable[[Mapping[str, socket.socket]], Mapping[str, str]]
    owner: int | None
    walled: bool
    released: Callable[[], Awaitable[None]]
    defaults: Mapping[str, str]
    locate: Callable[[str], str] = str
    bootstraps: tuple[str, ...] = process.BOOTSTRAPS


class LaunchedEnvironment:
    """An environment whose supervisor was forked by a launcher. Made by `launch`."""

    def __init__(self, spec: EnvironmentSpec, fittings: Fittings) -> None:
        self._spec = spec
        self._fittings = fittings
        self._link: Link | None = None
        self._pidfd = -1
        self._listeners: dict[str, socket.socket] = {}
        self._exited: asyncio.Future[ExitStatus] | None = None
        self._oom_kills = 0
        self._frozen = False
        self._turn = asyncio.Lock()
        self._killing: asyncio.Task[None] | None = None

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

    async def launch(self, launcher: Launcher) -> None:
        """Fork the supervisor, let it isolate itself, show it the code. Raises PlatformError; then `kill` is due."""
        ours, theirs = messages.pair()
        name = f"environment {self._spec.id}"
        with theirs:
            groups = self._fittings.group.open()
            self._link = link = Link(ours, name, notice=self._noticed, gone=self._lost)
            try:
                # All orders are under way at once: the supervisor finds them when it wakes, one after the other.
                async with asyncio.TaskGroup() as orders:
                    orders.create_task(self._prepare(link))
                    orders.create_task(self._assign(link))
                    self._pidfd = await launcher.fork(theirs, groups)
            except BaseExceptionGroup as failures:
                raise failures.exceptions[0] from None
            finally:
                messages.close_all(groups)

    async def _prepare(self, link: Link) -> None:
        with_api = self._spec.runtime.kind is RuntimeKind.EXEC
        reply = await link.request("prepare", seconds=ORDER_SECONDS, runtime_api=with_api)
        names = reply.body.get("listeners", [])
        if len(names) != len(reply.descriptors):
            messages.close_all(reply.descriptors)
            raise PlatformError(f"environment {self._spec.id} sent {len(reply.descriptors)} listeners for {names}")
        for key, fd in zip(names, reply.descriptors, strict=True):
            self._listeners[key] = _listener(fd)

    async def _assign(self, link: Link) -> None:
        order, descriptors = await self._fittings.assignment()
        try:
            await link.request("assign", descriptors, seconds=ORDER_SECONDS, **order)
        finally:
            messages.close_all(descriptors)

    async def start_runtime(self) -> RuntimeProcess:
        """Start the function's process. Raises PlatformError."""
        if self._link is None or self._killing is not None:
            raise PlatformError(f"environment {self._spec.id} has ended")
        if self._exited is not None and not self._exited.done():
            raise PlatformError(f"environment {self._spec.id} already runs a process")
        kind, command = self._spec.runtime.kind, self._spec.command
        ours = kind is not RuntimeKind.EXEC
        pipes = _Pipes(ours, ours or bool(command), self._fittings.owner)
        variables = {**self._fittings.defaults, **self._spec.variables, **self._fittings.addresses(self._listeners)}
        variables |= pipes.variables(kind)
        self._exited = exited = asyncio.get_running_loop().create_future()
        self._oom_kills = self._count_oom_kills()
        self.set_cpu(cpus_for(self._spec.memory_mb))
        order: dict[str, Any] = {
            "variables": variables,
            "cwd": self._fittings.cwd,
            "command": [self._fittings.locate(part) for part in command] if command else None,
            "programs": self._fittings.bootstraps if kind is RuntimeKind.EXEC and not command else None,
            "handler": self._spec.handler,
        }
        try:
            await self._link.request("start", pipes.theirs(), seconds=ORDER_SECONDS, **order)
        except BaseException:
            pipes.close_ours()
            self._exit(ExitStatus(signal=int(signal.SIGKILL)))
            raise
        finally:
            pipes.close_theirs()
        return RuntimeProcess(channel=pipes.channel, logs=pipes.logs, telemetry=pipes.telemetry, exited=exited)

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

    def reset_peak(self) -> None:
        """Start a new memory peak."""
        with contextlib.suppress(OSError):
            self._fittings.group.reset_peak()

    def set_cpu(self, cpus: float | None) -> None:
        """Change the processor share, in processors; None: no limit."""
        with contextlib.suppress(OSError):
            self._fittings.group.set_cpu(cpus)

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
        how = body.get("exited")
        if isinstance(how, dict) and self._exited is not None:
            code, number, refused = how.get("code"), how.get("signal"), how.get("refused")
            if isinstance(code, int) or isinstance(number, int):
                oom = self._count_oom_kills() > self._oom_kills
                self._exit(ExitStatus(code, number, oom, refused if isinstance(refused, str) else None))

    def _lost(self) -> None:
        """The supervisor is gone, and every process with it."""
        oom = self._count_oom_kills() > self._oom_kills
        self._exit(ExitStatus(signal=int(signal.SIGKILL), oom=oom))

    def _exit(self, status: ExitStatus) -> None:
        if self._exited is not None and not self._exited.done():
            self._exited.set_result(status)

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


def _listener(fd: int) -> socket.socket:
    listener = socket.socket(fileno=fd)
    listener.setblocking(False)
    return listener


class _Pipes:
    """The descriptors of one runtime process: our ends as in RuntimeProcess, theirs as the supervisor wants them."""

    def __init__(self, with_channel: bool, with_telemetry: bool, owner: int | None) -> None:
        self.channel: socket.socket | None = None
        self.telemetry: int | None = None
        self._theirs: list[int] = []
        self.logs = self._pipe(owner)
        if with_channel:
            self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            self.channel.setblocking(False)
            self._theirs.append(theirs.detach())
        if with_telemetry:
            self.telemetry = self._pipe(owner)

    def variables(self, kind: RuntimeKind) -> dict[str, str]:
        """What tells the process which descriptors it was given (a fork of managed Python knows its channel)."""
        named = {}
        if self.telemetry is not None:
            named["_LAMBDA_TELEMETRY_LOG_FD"] = str(process.CHANNEL if self.channel is None else process.TELEMETRY)
        if kind is RuntimeKind.FRAMED:
            named["_LAMBENT_CHANNEL_FD"] = str(process.CHANNEL)
        return named

    def _pipe(self, owner: int | None) -> int:
        read, write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(read, False)
        if owner is not None:
            os.fchown(write, owner, owner)  # so that the function may open /dev/stdout
        self._theirs.append(write)
        return read

    def theirs(self) -> list[int]:
        """The function's ends."""
        return self._theirs

    def close_theirs(self) -> None:
        """Close the function's ends, once they were sent."""
        messages.close_all(self._theirs)
        self._theirs = []

    def close_ours(self) -> None:
        """Close our ends, when nobody will receive them."""
        if self.channel is not None:
            self.channel.close()
        messages.close_all([fd for fd in (self.logs, self.telemetry) if fd is not None])
