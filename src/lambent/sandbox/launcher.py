"""The platform's handle of a launcher process: spawn it, ask it for forks, notice its end.

One launcher for each interpreter and log format; it is spawned once, cheaply and with an empty environment, so that
the daemon itself never forks. What runs in it is `inside/launcher.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lambent.model.errors import PlatformError
from lambent.model.runtime import Runtime, RuntimeKind
from lambent.sandbox.base import EnvironmentSpec
from lambent.sandbox.cgroups.base import Thawing
from lambent.sandbox.inside import messages
from lambent.sandbox.link import Link

INSIDE = Path(__file__).parent / "inside"
READY_SECONDS = 60.0
FORK_SECONDS = 30.0
END_SECONDS = 5.0
_CONTROL = 3
OWN_INTERPRETER = (os.path.realpath(sys.executable), sys.base_prefix)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a launcher is for; equal plans share one launcher.

    `executable` inside `prefix` is the interpreter of the launcher. `library` is the directory whose entries become
    /var/runtime (None: it is empty); `preload` says that it is managed Python's, to be imported before forking;
    otherwise `language` is the executable and prefix (may be empty) of the interpreter that the function's process is
    started with, None where it brings its own program. `runtime_api`: the process speaks the Runtime API, so that what
    is prepared for it listens there. `trees` (name, directory) hold the functions' code;
    `staging` is an empty directory to build the root on; `thawing` is how frozen environments are let die if the
    platform is killed; `nameservers` are what /etc/resolv.conf names. The last four matter only when `isolated`.
    """

    executable: str
    prefix: str
    library: Path | None
    log_format: str
    preload: bool = False
    language: tuple[str, str] | None = None
    runtime_api: bool = False
    isolated: bool = False
    rootless: bool = False
    trees: tuple[tuple[str, Path], ...] = ()
    staging: Path | None = None
    thawing: Thawing | None = None
    nameservers: tuple[str, ...] = ()

    @classmethod
    def of(cls, spec: EnvironmentSpec, library: Callable[[Runtime], Path]) -> Plan:
        """The plan of an open world for `spec`: managed Python is forked, all others are started from ours."""
        runtime = spec.runtime
        if runtime.kind is RuntimeKind.PYTHON:
            return cls(runtime.executable, runtime.prefix, library(runtime), spec.log_format, preload=True)
        with_api = runtime.kind is RuntimeKind.EXEC
        if not spec.command:
            return cls(*OWN_INTERPRETER, library=None, log_format="", runtime_api=with_api)
        language = (os.path.realpath(runtime.executable), runtime.prefix and os.path.realpath(runtime.prefix))
        return cls(*OWN_INTERPRETER, library(runtime), log_format="", language=language, runtime_api=with_api)

    def message(self) -> dict[str, object]:
        """The plan as the launcher reads it."""
        entries = {} if self.library is None else {entry.name: str(entry.resolve()) for entry in self.library.iterdir()}
        return {
            "isolated": self.isolated,
            "rootless": self.rootless,
            "python": self.preload,
            "language": self.language,
            "log_format": self.log_format,
            "executable": os.path.realpath(self.executable),
            "prefix": os.path.realpath(self.prefix),
            "library": entries,
            "library_path": str(self.library),
            "trees": {name: str(path) for name, path in self.trees},
            "inside": str(INSIDE),
            "staging": str(self.staging),
            "nameservers": self.nameservers,
            "thawing": self.thawing and [str(self.thawing.directory), self.thawing.name, self.thawing.text],
        }


class Launcher:
    """A running launcher. Made by `start`; ended by `close` or by its own death, after which `alive` is False."""

    def __init__(self, pid: int, pidfd: int, end: socket.socket, errors: int, name: str) -> None:
        loop = asyncio.get_running_loop()
        self._name = name
        self._pid = pid
        self._pidfd = pidfd
        self._errors = errors
        self._ready: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[None] = loop.create_future()
        self._link = Link(end, name, notice=self._noticed, gone=self._lost)
        loop.add_reader(pidfd, self._reap)

    @classmethod
    async def start(cls, plan: Plan) -> Launcher:
        """Spawn a launcher and wait until it can fork. Raises PlatformError with what it said."""
        launcher = _spawn(plan)
        try:
            launcher._link.send(plan.message())
            async with asyncio.timeout(READY_SECONDS):
                await asyncio.shield(launcher._ready)
        except TimeoutError:
            await launcher.close()
            raise PlatformError(f"{launcher._name} was not ready within {READY_SECONDS:g} s") from None
        except BaseException:
            await launcher.close()
            raise
        return launcher

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return not self._link.closed

    async def fork(self, link: socket.socket, groups: Sequence[int]) -> int:
        """Fork a supervisor that serves `link` and moves into `groups` (open cgroup.procs); returns its pidfd."""
        reply = await self._link.request("fork", [link.fileno(), *groups], seconds=FORK_SECONDS)
        if len(reply.descriptors) != 1:
            messages.close_all(reply.descriptors)
            raise PlatformError(f"{self._name} sent no pidfd")
        return reply.descriptors[0]

    async def close(self) -> None:
        """End the launcher; in an isolated world every process that it forked ends with it. Idempotent."""
        self._link.close()
        try:
            async with asyncio.timeout(END_SECONDS):
                await asyncio.shield(self._ended)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            await self._ended

    def _noticed(self, body: dict[str, object]) -> None:
        if self._ready.done():
            self._link.close()
        elif body.get("ready") is True:
            self._ready.set_result(None)
        else:
            self._ready.set_exception(PlatformError(f"{self._name}: {body.get('error')}\n{self._last_words()}"))

    def _lost(self) -> None:
        if not self._ready.done():
            self._ready.set_exception(PlatformError(f"{self._name} died\n{self._last_words()}"))
            self._ready.exception()

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        self._link.close()
        os.close(self._pidfd)
        os.close(self._errors)
        if not self._ended.done():
            self._ended.set_result(None)

    def _last_words(self) -> str:
        try:
            size = os.fstat(self._errors).st_size
            return os.pread(self._errors, 4096, max(0, size - 4096)).decode(errors="replace")
        except OSError:
            return ""


def _spawn(plan: Plan) -> Launcher:
    name = f"launcher of {plan.executable}"
    ours, theirs = messages.pair()
    with theirs:
        errors = os.memfd_create("launcher")
        # High numbers, so that no duplication below overwrites a source of another.
        control, output = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (theirs.fileno(), errors))
        try:
            pid = os.posix_spawn(
                plan.executable,
                [plan.executable, "-I", "-S", str(INSIDE / "launcher.py"), str(_CONTROL)],
                {"LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, output, 1),
                    (os.POSIX_SPAWN_DUP2, output, 2),
                    (os.POSIX_SPAWN_DUP2, control, _CONTROL),
                ],
                setsid=True,
                setsigmask=[],
                setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD],
            )
        except OSError as error:
            ours.close()
            os.close(errors)
            raise PlatformError(f"{name} cannot be started: {error}") from error
        finally:
            os.close(control)
            os.close(output)
    return Launcher(pid, os.pidfd_open(pid), ours, errors, name)
