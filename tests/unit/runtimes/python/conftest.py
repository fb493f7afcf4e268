"""Real interpreters that preload the bootstrap and fork, as the sandbox's launcher does, without a sandbox."""

from __future__ import annotations

import array
import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lambent.model.invocation import Invocation
from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtime_api.framed import FramedSession
from lambent.runtime_api.session import InvokeOutcome
from lambent.runtimes.discover import discover
from lambent.runtimes.library import Library
from lambent.runtimes.places import Places
from lambent.settings import Settings

ZYGOTE = """
import array, ctypes, json, os, signal, socket, sys, time, traceback
sys.path.insert(0, sys.argv[1])
control = socket.socket(fileno=int(sys.argv[2]))
import lambent_bootstrap
lambent_bootstrap.preload(sys.argv[3])
assert "runtime_client" not in sys.modules and "AWS_LAMBDA_LOG_FORMAT" not in os.environ
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
while True:
    data, ancillary, _, _ = control.recvmsg(1 << 20, 1024)
    if not data:
        sys.exit(0)
    request = json.loads(data)
    if "wait" in request:
        control.send(json.dumps(os.waitpid(request["wait"], 0)[1]).encode())
        continue
    descriptors = array.array("i")
    descriptors.frombytes(ancillary[0][2])
    pid = ctypes.PyDLL(None).fork()
    if pid == 0:
        control.close()
        channel, output, log = descriptors
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        os.environ.clear()
        os.environ.update(request["environment"])
        if request["framed_log"]:
            os.environ["_LAMBDA_TELEMETRY_LOG_FD"] = str(log)
        os.chdir(request["environment"]["LAMBDA_TASK_ROOT"])
        time.tzset()
        try:
            lambent_bootstrap.run(channel, request["handler"])
        except SystemExit as end:
            os._exit(end.code if isinstance(end.code, int) else end.code is not None)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    for descriptor in descriptors:
        os.close(descriptor)
    control.send(json.dumps(pid).encode())
"""


@dataclass
class Running:
    """One forked runtime: our session with it, and what it wrote."""

    session: FramedSession
    pid: int
    output: int
    log: int
    zygote: Zygote
    status: int | None = None
    wrote: bytearray = field(default_factory=bytearray)

    async def invoke(self, payload: bytes = b"{}", **fields: object) -> InvokeOutcome:
        """Invoke with a fixed id and deadline, unless told otherwise."""
        values: dict[str, object] = {
            "request_id": "8f5a2f9e-0000-4000-8000-000000000001",
            "deadline_ms": 4_102_444_800_000,
            "invoked_arn": "arn:aws:lambda:us-east-1:000000000000:function:f",
            **fields,
        }
        return await self.session.invoke(Invocation(payload=payload, **values))  # type: ignore[arg-type]

    async def wait(self) -> int:
        """The exit status, as `os.waitstatus_to_exitcode` has it; waits for the end."""
        return await asyncio.to_thread(self.reap)

    def reap(self) -> int:
        """`wait`, on this thread."""
        if self.status is None:
            status = self.zygote.ask({"wait": self.pid})
            assert isinstance(status, int)
            self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def written(self) -> str:
        """Everything on stdout and stderr so far."""
        self.collect()
        return self.wrote.decode()

    def collect(self) -> None:
        """Empty the output pipe, so that nobody blocks on it."""
        self.wrote += _drain(self.output)

    def logged(self) -> bytes:
        """Everything on the framed log descriptor so far."""
        return _drain(self.log)


@dataclass
class Zygote:
    """A process that has preloaded the bootstrap and forks on request."""

    runtime: Runtime
    process: subprocess.Popen[bytes]
    control: socket.socket
    running: list[Running] = field(default_factory=list)

    def ask(self, request: object, descriptors: tuple[int, ...] = ()) -> object:
        """One request, one answer, both JSON."""
        rights = array.array("i", descriptors)
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights.tobytes())] if descriptors else []
        self.control.sendmsg([json.dumps(request).encode()], ancillary)
        answer = self.control.recv(1 << 16)
        assert answer, "the zygote died"
        return json.loads(answer)

    async def start(
        self, code: Path, handler: str, variables: dict[str, str] | None = None, *, framed_log: bool = False
    ) -> Running:
        """Fork a runtime for the package in `code`."""
        ours, theirs = socket.socketpair()
        output, output_in = os.pipe()
        log, log_in = os.pipe()
        environment = {
            "LAMBDA_TASK_ROOT": str(code),
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_EXECUTION_ENV": "AWS_Lambda_" + self.runtime.name,
            "TZ": ":UTC",
            **(variables or {}),
        }
        request = {"environment": environment, "handler": handler, "framed_log": framed_log}
        pid = self.ask(request, (theirs.fileno(), output_in, log_in))
        theirs.close()
        os.close(output_in)
        os.close(log_in)
        assert isinstance(pid, int)
        running = Running(await FramedSession.connect(ours), pid, output, log, self)
        asyncio.get_running_loop().add_reader(output, running.collect)
        self.running.append(running)
        return running

    def end(self) -> None:
        """End every fork of this test."""
        for running in self.running:
            running.session.close()
            asyncio.get_running_loop().remove_reader(running.output)
            if running.status is None:
                os.kill(running.pid, signal.SIGKILL)
                running.reap()
            os.close(running.output)
            os.close(running.log)
        self.running.clear()


def _drain(descriptor: int) -> bytes:
    data = b""
    while select.select([descriptor], [], [], 0)[0] and (piece := os.read(descriptor, 1 << 16)):
        data += piece
    return data


def _open_zygote(runtime: Runtime, library: Library, log_format: str) -> Zygote:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [runtime.executable, "-I", "-S", "-B", "-c", ZYGOTE, str(library(runtime)), str(theirs.fileno())]
        process = subprocess.Popen([*command, log_format], pass_fds=[theirs.fileno()])
    return Zygote(runtime, process, ours)


FOUND = {
    name: runtime
    for name, runtime in discover(Places.of(Settings.from_environment())).items()
    if runtime.kind is RuntimeKind.PYTHON
}
OWN = Runtime("python{}.{}".format(*sys.version_info), RuntimeKind.PYTHON, executable=sys.executable)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The library directories, built where the tests may write."""
    return Library(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="session")
def zygotes(library: Library) -> Iterator[Callable[[str, str], Zygote]]:
    """Zygotes by runtime name and log format, each started once."""
    started: dict[tuple[str, str], Zygote] = {}

    def get(name: str, log_format: str) -> Zygote:
        if (name, log_format) not in started:
            started[name, log_format] = _open_zygote(FOUND.get(name, OWN), library, log_format)
        return started[name, log_format]

    yield get
    for zygote in started.values():
        zygote.control.close()
        assert zygote.process.wait(10) == 0


@pytest.fixture(scope="session")
def found() -> dict[str, Runtime]:
    """The Python runtimes of this machine, and the one that runs the tests."""
    return {OWN.name: OWN, **FOUND}


Start = Callable[..., Awaitable[Running]]


@pytest.fixture
async def start(zygotes: Callable[[str, str], Zygote], tmp_path: Path) -> AsyncIterator[Start]:
    """`await start(source, …)` runs `handler.handler` of a package with that source; ended after the test."""
    used: list[Zygote] = []

    async def begin(
        source: str,
        handler: str = "function.handler",
        variables: dict[str, str] | None = None,
        *,
        runtime: str = OWN.name,
        log_format: str = "Text",
        framed_log: bool = False,
    ) -> Running:
        (tmp_path / "function.py").write_text(source)
        zygote = zygotes(runtime, log_format)
        used.append(zygote)
        return await zygote.start(tmp_path, handler, variables, framed_log=framed_log)

    yield begin
    for zygote in used:
        zygote.end()
