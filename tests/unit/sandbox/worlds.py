"""What the sandbox's tests share: a data directory, and a library whose runtime runs what a test sends it.

The sandbox must not need awslambdaric or anything else of Lambda to be tested. The fake runtime reads requests (a line
of JSON with Python source) from its channel, runs them inside, and answers with what they bound to `answer`.
"""

from __future__ import annotations

import asyncio
import glob
import json
import os
import socket
import subprocess
import sys
import textwrap
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.sandbox.base import Environment, EnvironmentSpec, RuntimeProcess, Sandbox
from lambent.sandbox.directory import Directory
from lambent.sandbox.isolated import IsolatedSandbox

PYTHON = Runtime(
    name="python3.11",
    kind=RuntimeKind.PYTHON,
    version="{}.{}.{}".format(*sys.version_info),
    executable=os.path.realpath(sys.executable),
    prefix=sys.base_prefix,
)
PROVIDED = Runtime(name="provided.al2023", kind=RuntimeKind.EXEC)

_BOOTSTRAP = '''
"""A runtime for tests: runs what it is sent."""
import json, os, socket, sys, traceback

def preload(log_format):
    globals()["preloaded"] = log_format

def run(channel_fd, handler):
    stream = socket.socket(fileno=channel_fd).makefile("rwb")
    space = {"handler": handler, "preloaded": preloaded}
    for line in stream:
        try:
            exec(json.loads(line), space)
            answer = {"answer": space.pop("answer", None)}
        except Exception as error:
            answer = {"error": type(error).__name__, "errno": getattr(error, "errno", None), "text": str(error)}
        stream.write(json.dumps(answer).encode() + b"\\n")
        stream.flush()
'''


class InsideError(Exception):
    """Code that ran inside raised: `name` of the exception, `errno` of an OSError."""

    def __init__(self, name: str, errno: int | None, text: str) -> None:
        super().__init__(f"{name}({errno}): {text}")
        self.name = name
        self.errno = errno


class World:
    """A data directory with one package, and specs for environments of it."""

    def __init__(self, root: Path) -> None:
        self.data = root / "data"
        self.code = self.data / "code" / "package"
        self.code.mkdir(parents=True)
        (self.code / "module.py").write_text("VALUE = 42\n")
        self.library_directory = root / "library"
        self.library_directory.mkdir()
        (self.library_directory / "lambent_bootstrap.py").write_text(_BOOTSTRAP)

    def library(self, runtime: Runtime) -> Path:
        """The fake library, whatever the runtime."""
        return self.library_directory

    def program(self, source: str) -> None:
        """Make the package's `bootstrap`, for the `provided` runtime."""
        path = self.code / "bootstrap"
        path.write_text(textwrap.dedent(source))
        path.chmod(0o755)

    def spec(self, runtime: Runtime = PYTHON, **changes: Any) -> EnvironmentSpec:
        """A spec with a new id."""
        settings: dict[str, Any] = {
            "id": uuid.uuid4().hex,
            "runtime": runtime,
            "code": self.code,
            "layers": None,
            "memory_mb": 128,
            "ephemeral_mb": 512,
            "handler": "module.handler",
            "variables": {"GREETING": "hello"},
        }
        return EnvironmentSpec(**(settings | changes))


class Inside:
    """A running runtime process of the fake library."""

    def __init__(self, environment: Environment, process: RuntimeProcess) -> None:
        self.environment = environment
        self.process = process
        self._buffer = b""

    async def send(self, source: str) -> None:
        """Have `source` run inside, without waiting."""
        assert self.process.channel is not None
        line = json.dumps(textwrap.dedent(source)).encode() + b"\n"
        await asyncio.get_running_loop().sock_sendall(self.process.channel, line)

    async def run(self, source: str) -> Any:
        """Run `source` inside; what it bound to `answer`. Raises InsideError, EOFError when the process ended."""
        await self.send(source)
        answer = json.loads(await self._line())
        if "error" in answer:
            raise InsideError(answer["error"], answer["errno"], answer["text"])
        return answer["answer"]

    async def _line(self) -> bytes:
        assert self.process.channel is not None
        while b"\n" not in self._buffer:
            try:
                data = await asyncio.get_running_loop().sock_recv(self.process.channel, 65536)
            except ConnectionResetError:
                data = b""
            if not data:
                raise EOFError
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def close(self) -> None:
        """Close our ends."""
        if self.process.channel is not None:
            self.process.channel.close()
        for fd in (self.process.logs, self.process.telemetry):
            if fd is not None:
                os.close(fd)


@asynccontextmanager
async def running(sandbox: Sandbox, spec: EnvironmentSpec) -> AsyncIterator[Inside]:
    """An environment with its runtime process, killed at the end."""
    environment = await sandbox.start(spec)
    try:
        inside = Inside(environment, await environment.start_runtime())
        try:
            yield inside
        finally:
            await environment.kill()
            inside.close()
    finally:
        await environment.kill()


async def prepared(sandbox: IsolatedSandbox, world: World) -> None:
    """Wait until an environment for `world` is ready."""
    sandbox.warm(PYTHON)
    async with asyncio.timeout(20):
        while not sandbox._reserve._stock.children():  # noqa: ASYNC110 - the reserve tells nobody
            await asyncio.sleep(0.005)


def host_pids(data: Path, name: str) -> list[int]:
    """The processes in the control group `name`, an environment's supervisor first, as the host numbers them."""
    found = [group / name / "cgroup.procs" for group in groups_of(data) if (group / name).exists()]
    assert found, "no control group"
    return sorted(int(line) for line in found[0].read_text().split())


def groups_of(data: Path) -> list[Path]:
    """The control groups, one a hierarchy, of the server whose data directory is `data`."""
    instance = Directory(data).instance  # other servers may have groups of the same names
    # Unlike Path.glob this passes over groups of other servers that go away meanwhile.
    return sorted(map(Path, glob.glob(f"/sys/fs/cgroup/**/lambent/{instance}", recursive=True)))  # noqa: PTH207


async def read_until_closed(fd: int) -> bytes:
    """All that a non-blocking pipe gives until its last writer is gone."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    data = b""
    try:
        while True:
            await ready.wait()
            ready.clear()
            try:
                while part := os.read(fd, 65536):
                    data += part
            except BlockingIOError:
                continue
            return data
    finally:
        loop.remove_reader(fd)


@contextmanager
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the host that does nothing and ends with the block at the latest."""
    with subprocess.Popen(["sleep", "100"]) as process:
        try:
            yield process
        finally:
            process.kill()


async def accept_one(listener: socket.socket) -> socket.socket:
    """The first connection to a non-blocking listener."""
    connection, _ = await asyncio.get_running_loop().sock_accept(listener)
    return connection
