"""Where attacks run: the data plane on real sandboxes, with a neighbour whose warm environment must never notice.

An attack is a small function: source that defines `attack(event, context)`, deployed, invoked through the Dispatcher
and retired again. It may use everything in `inside.py`, which lies beside it in its package.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from msgspec import structs

from lambent.app import ENDPOINT_CONNECTIONS
from lambent.invoke.base import Closeable
from lambent.model.function import FunctionVersion, LoggingConfig
from lambent.model.invocation import InvocationResult
from tests.e2e.data_plane import Platform
from tests.unit.sandbox.worlds import groups_of

ESCAPE = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.asyncio(loop_scope="module"),
]
"""The marks of every module here: real isolation, and one platform a module."""

INIT_SECONDS = 1.5
INSIDE = (Path(__file__).parent / "inside.py").read_text()
PATIENCE_SECONDS = 10.0
"""How long a neighbour's answer may take while the machine is busy; idle it takes a millisecond."""

_APP = """
import ctypes, errno, fcntl, glob, json, mmap, os, resource, signal, socket, stat, struct, subprocess, sys
import threading, time
from inside import *

{source}

def handler(event, context):
    return attack(event, context)
"""

_NEIGHBOUR = """
import os, uuid, urllib.request

secret = uuid.uuid4().hex
count = 0
with open("/tmp/diary", "w") as file:
    file.write(secret)

def handler(event, context):
    global count
    count += 1
    with open("/tmp/diary") as file:
        assert file.read() == secret
    assert os.listdir("/tmp") == ["diary"]
    print("diary entry", count)
    home = urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/hello", timeout=10).read().decode()
    return {"count": count, "secret": secret, "home": home, "environment": context.log_stream_name[-32:]}
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attack: what `attack` returned, or the function error in its place, and the whole log."""

    answer: Any
    error: str | None
    log: list[str]

    @property
    def report(self) -> str:
        """The last REPORT line, which the platform wrote."""
        return next(line for line in reversed(self.log) if line.startswith("REPORT RequestId: "))


class _Complaints(logging.Handler):
    """Everything that the platform logs as an error: hostile functions must not be able to cause one."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(self.format(record))


class World(Platform):
    """A platform of its own below `data`. Open it with `async with`."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, "isolated")
        self.settings = structs.replace(self.settings, init_seconds=INIT_SECONDS)
        self.complaints = _Complaints()
        self._neighbour = self.function(
            {"app.py": _NEIGHBOUR}, name="neighbour", timeout=int(PATIENCE_SECONDS), memory_mb=1769
        )
        self._known: dict[str, Any] = {}
        self.groups: list[Path] = []

    async def __aenter__(self) -> Self:
        logging.getLogger().addHandler(self.complaints)
        asyncio.get_running_loop().set_exception_handler(self._loop_complains)
        await self.open()
        self._known = (await self._ask_neighbour())[0]
        self.groups = groups_of(self.data)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()
        logging.getLogger().removeHandler(self.complaints)

    async def attack(
        self, source: str, event: Any = None, *, files: dict[str, str | bytes] | None = None, **changes: Any
    ) -> Outcome:
        """Deploy, invoke once, retire; back when nothing of it is left. `changes` are fields of the function."""
        async with self.deployed(source, files=files, **changes) as hostile:
            return await hostile.run(event)

    @asynccontextmanager
    async def deployed(
        self, source: str = "", *, files: dict[str, str | bytes] | None = None, **changes: Any
    ) -> AsyncIterator[Hostile]:
        """A hostile function to be invoked several times, gone with all its processes afterwards."""
        app: dict[str, str | bytes] = {"app.py": _APP.format(source=textwrap.dedent(source)), "inside.py": INSIDE}
        changes = {"name": f"hostile-{self.ids.hex(8)}", "timeout": 20, "memory_mb": 1769, **changes}
        hostile = Hostile(self, self.function(files or app, **changes), source)
        try:
            yield hostile
        finally:
            self.dispatcher.retire(hostile.function.arn, None)
            await until(lambda: not hostile.processes())

    def function(self, files: Any = None, **changes: Any) -> FunctionVersion:
        """As a platform's, with an ARN and a log group by its name."""
        name = changes["name"]
        changes.setdefault("arn", f"arn:aws:lambda:us-east-1:000000000000:function:{name}:$LATEST")
        changes.setdefault("logging", LoggingConfig(log_group=f"/aws/lambda/{name}"))
        return super().function(files, **changes)

    @property
    def secret(self) -> str:
        """What only the neighbour knows (32 hex digits)."""
        return str(self._known["secret"])

    @property
    def neighbour(self) -> str:
        """The neighbour's environment."""
        return str(self._known["environment"])

    def states(self) -> list[str]:
        """What every environment but the neighbour's is doing."""
        return [info.state for info in self.dispatcher.environments() if info.id != self.neighbour]

    def cpu_ns(self, environment: str) -> int:
        """Processor time that an environment has used, in nanoseconds (microseconds' precision with version 2)."""
        for group in self.groups:
            if text := read_if_there(group / environment / "cpuacct.usage"):
                return int(text)
            if (text := read_if_there(group / environment / "cpu.stat")).startswith("usage_usec"):
                return int(text.split()[1]) * 1000
        raise LookupError(environment)

    def processes(self, environment: str = "*") -> set[int]:
        """The living processes of this platform's environments (or of one), as the host numbers them."""
        files = (file for group in self.groups for file in group.glob(f"{environment}/cgroup.procs"))
        found = {int(line) for file in files for line in read_if_there(file).split()}
        return {pid for pid in found if read_if_there(Path(f"/proc/{pid}/mountinfo"))}  # empty of one that is ending

    async def unharmed(self) -> None:
        """Check that the neighbour answers from the same environment, with its log, and that we have no complaint."""
        answer, result = await self._ask_neighbour()
        assert answer == {**self._known, "count": self._known["count"] + 1}
        self._known = answer
        assert f"diary entry {answer['count']}" in (result.log_tail or b"").decode().splitlines()
        heard, self.complaints.heard = self.complaints.heard, []
        assert not heard, "\n".join(heard)

    async def neighbours_log(self) -> list[str]:
        """All that the neighbour has written."""
        events = await self.logs.read("000000000000", "us-east-1", "/aws/lambda/neighbour", limit=20_000)
        return [event.message for event in events]

    async def _ask_neighbour(self) -> tuple[dict[str, Any], InvocationResult]:
        began = time.monotonic()
        result = await self.invoke(self._neighbour)
        assert result.function_error is None, result.payload
        assert time.monotonic() - began < PATIENCE_SECONDS
        answer = json.loads(result.payload)
        assert answer["home"] == "you called /hello"
        return answer, result

    async def _serve_endpoint(self, sock: socket.socket) -> Closeable:
        return await self.server.listen_socket(sock, connections=ENDPOINT_CONNECTIONS)

    def _loop_complains(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.complaints.heard.append(f"{context.get('message')}: {context.get('exception')!r}")


class Hostile:
    """A deployed hostile function, made of `source`."""

    def __init__(self, world: World, function: FunctionVersion, source: str) -> None:
        self._world = world
        self.function = function
        self.source = source

    async def run(self, event: Any = None, **request: Any) -> Outcome:
        """Invoke it once; `request` as for `Platform.invoke`."""
        result = await self._world.invoke(self.function, event, **request)
        answer = json.loads(result.payload or b"null")
        error = answer.get("errorType", "unknown") if result.function_error else None
        return Outcome(answer, error, await self.log())

    async def log(self) -> list[str]:
        """The newest 20,000 events of its log."""
        group = self.function.logging.log_group
        events = await self._world.logs.read("000000000000", "us-east-1", group, limit=20_000)
        return [event.message for event in events]

    def environments(self) -> list[str]:
        """The ids of its environments now."""
        return [info.id for info in self._world.dispatcher.environments() if info.function_arn == self.function.arn]

    def processes(self) -> set[int]:
        """Its processes now, supervisors included, as the host numbers them: those that see its package."""
        digest = self.function.code.digest
        return {pid for pid in self._world.processes() if digest in read_if_there(Path(f"/proc/{pid}/mountinfo"))}


async def until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until `condition` holds. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        for _ in iter(condition, True):
            await asyncio.sleep(0.01)


def read_if_there(file: Path) -> str:
    """The text of a control file, empty when it has gone."""
    try:
        return file.read_text()
    except OSError:
        return ""


def descriptors() -> int:
    """How many descriptors the platform, which is this process, has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
