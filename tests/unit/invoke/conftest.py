"""Doubles of the seams below the data plane: a sandbox, its environments and runtimes that act by script.

They keep the seams' promises (order, idempotence, ownership of descriptors) and write down what happens in
`World.events`, so that tests can assert order and count.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
import uvloop

from lambent.context import Context, Principal
from lambent.invoke.base import Credentials, InvokeRequest
from lambent.invoke.dispatcher import Dispatcher
from lambent.invoke.host import Reading
from lambent.invoke.witness import Observers
from lambent.model.errors import PlatformError
from lambent.model.function import CodePackage, FunctionVersion, LoggingConfig
from lambent.model.invocation import Ended, ExitStatus, Invocation, InvocationResult
from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtime_api.session import (
    Disconnected,
    Initialized,
    InitOutcome,
    InvokeOutcome,
    Responded,
)
from lambent.sandbox.base import EnvironmentSpec, Feature, RuntimeProcess, Usage
from lambent.settings import Settings

MEBIBYTE = 1024 * 1024
PYTHON = Runtime(name="python3.12", kind=RuntimeKind.PYTHON, version="3.12.1", executable="/x/python3.12", prefix="/x")


class TestClock:
    """Wall time that stands until it is moved; monotonic time that runs and can be pushed."""

    __test__ = False

    def __init__(self) -> None:
        self.wall = 1_700_000_000.0
        self.pushed = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return time.monotonic() + self.pushed

    def move(self, seconds: float) -> None:
        self.wall += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def sleep(self, seconds: float) -> None:
        until = self.wall + seconds
        while self.wall < until:
            await self._moved.wait()


class CountingIds:
    """Predictable ids: 0...01, 0...02, and so on."""

    def __init__(self) -> None:
        self._last = 0

    def request_id(self) -> str:
        self._last += 1
        return f"00000000-0000-4000-8000-{self._last:012x}"

    def hex(self, digits: int) -> str:
        self._last += 1
        return f"{self._last:0{digits}x}"[-digits:]

    def fraction(self) -> float:
        return 0.5


class FakeRuntime:
    """A runtime's process and the session with it, in one: acts as `World.on_init` and `World.on_invoke` say."""

    def __init__(self, world: World, environment: FakeEnvironment) -> None:
        self.world = world
        self.environment = environment
        self.closed = asyncio.get_running_loop().create_future()
        self.exited: asyncio.Future[ExitStatus] = asyncio.get_running_loop().create_future()
        logs, self._stdout = os.pipe()
        telemetry, self._telemetry = os.pipe()
        os.set_blocking(logs, False)
        os.set_blocking(telemetry, False)
        self.process = RuntimeProcess(channel=None, logs=logs, telemetry=telemetry, exited=self.exited)
        self.invocations: list[Invocation] = []

    def print(self, text: str) -> None:
        os.write(self._stdout, text.encode())

    def log(self, text: str) -> None:
        data = text.encode()
        os.write(self._telemetry, 0xA55A0003.to_bytes(4, "big") + len(data).to_bytes(4, "big") + bytes(8) + data)

    def exit(self, status: ExitStatus) -> None:
        if not self.exited.done():
            os.close(self._stdout)
            os.close(self._telemetry)
            self.exited.set_result(status)

    async def initialized(self) -> InitOutcome:
        return await self._until_closed(self.world.on_init(self))

    async def proceed(self) -> InitOutcome:
        self.world.note("proceed")
        return await self._until_closed(self.world.on_proceed(self))

    async def invoke(self, invocation: Invocation) -> InvokeOutcome:
        self.invocations.append(invocation)
        self.world.note(f"invoke {invocation.request_id}")
        if self.closed.done():
            return Disconnected()
        return await self._until_closed(self.world.on_invoke(self, invocation))

    async def idle(self) -> bool:
        outcome = self.world.on_idle(self)
        return (await outcome if inspect.isawaitable(outcome) else outcome) and not self.closed.done()

    def close(self) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    async def _until_closed(self, outcome: Any) -> Any:
        """What the script says, unless the connection is dropped first; no task if the script needs no waiting."""
        if not inspect.isawaitable(outcome):
            return outcome
        script = asyncio.ensure_future(outcome)
        await asyncio.wait({script, self.closed}, return_when=asyncio.FIRST_COMPLETED)
        if script.done():
            return script.result()
        script.cancel()
        return Disconnected()


class PromptRuntime(FakeRuntime):
    """One that waits again as soon as it has answered, so that nobody has to wait for it in a task."""

    @property
    def waits(self) -> bool:
        return not self.closed.done()

    def hand_over(self, invocation: Invocation, answered: Callable[[InvokeOutcome], None]) -> None:
        self.invocations.append(invocation)
        self.world.note(f"invoke {invocation.request_id}")
        if self.closed.done():
            answered(Disconnected())
            return
        outcome = self.world.on_invoke(self, invocation)
        if inspect.isawaitable(outcome):
            script = asyncio.ensure_future(self._until_closed(outcome))
            script.add_done_callback(partial(self._tell, answered))
        else:
            asyncio.get_running_loop().call_soon(answered, outcome)

    def _tell(self, answered: Callable[[InvokeOutcome], None], script: asyncio.Future[InvokeOutcome]) -> None:
        """A script that breaks is a runtime that goes away."""
        if script.exception() is not None:
            self.close()
            answered(Disconnected())
        else:
            answered(script.result())


class FakeEnvironment:
    """Keeps the promises of `sandbox.base.Environment` without isolating anything."""

    def __init__(self, world: World, spec: EnvironmentSpec) -> None:
        self.world = world
        self.spec = spec
        self.runtime_api = None
        self.endpoint: socket.socket | None = socket.socket()
        self.runtime: FakeRuntime | None = None
        self.frozen = False
        self.killed = False
        self.lost = False
        self.peak = 31 * MEBIBYTE

    async def start_runtime(self) -> RuntimeProcess:
        await self.world.before_runtime()
        assert self.runtime is None or self.runtime.exited.done(), "it already runs a process"
        self.runtime = (PromptRuntime if self.world.prompt else FakeRuntime)(self.world, self)
        return self.runtime.process

    async def freeze(self) -> None:
        self.world.note("freeze")
        self.frozen = True

    async def thaw(self) -> None:
        self.world.note("thaw")
        self.frozen = False

    def usage(self) -> Usage:
        self.world.note("usage")
        return Usage(memory_peak=self.peak, cpu_ns=self.world.processor_time())

    def take_peak(self) -> int:
        self.world.note("take_peak")
        return self.peak

    def set_cpu(self, cpus: float | None) -> None:
        self.world.note(f"set_cpu {cpus}")

    def limit_cpu(self) -> None:
        self.world.note("limit_cpu")

    async def kill(self) -> None:
        if self.killed:
            return
        self.killed = True
        await asyncio.sleep(0)
        self.world.note("kill")
        if self.endpoint is not None:
            self.endpoint.close()
        if self.runtime is not None:
            self.runtime.exit(ExitStatus(signal=9))


class SweepingEnvironment(FakeEnvironment):
    """One that can be emptied; `lost` makes that fail, as when its supervisor is gone."""

    async def sweep(self) -> None:
        await asyncio.sleep(0)
        if self.lost or self.killed:
            raise PlatformError("the supervisor is gone")
        self.world.note("sweep")
        self.frozen = False
        if self.runtime is not None:
            self.runtime.exit(ExitStatus(signal=9))


class FakeSandbox:
    name = "fake"

    def __init__(self, world: World) -> None:
        self.world = world

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None

    async def start(self, spec: EnvironmentSpec) -> FakeEnvironment:
        self.world.note("start")
        await self.world.before_start()
        environment = self.world.make_environment(self.world, spec)
        self.world.environments.append(environment)
        return environment

    def features(self) -> list[Feature]:
        return []


class FakeStream:
    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.lines: list[str] = []

    def write(self, timestamp_ms: int, message: str) -> None:
        self.world.note("log " + message.split("\t")[0])
        self.lines.append(message)


class FakeEndpoint:
    def __init__(self, world: World) -> None:
        self.world = world

    async def close(self) -> None:
        self.world.served -= 1


class World:
    """The doubles, their scripts, and a dispatcher on them. Scripts may be plain or async functions."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.environments: list[FakeEnvironment] = []
        self.streams: list[FakeStream] = []
        self.clock = TestClock()
        self.ids = CountingIds()
        self.served = 0
        self.runtime: Runtime | None = PYTHON
        self.memory: Reading | None = None
        self.processor_time: Callable[[], int] = lambda: 0
        self.sandbox = FakeSandbox(self)
        self.make_environment: type[FakeEnvironment] = SweepingEnvironment
        self.on_init: Callable[[FakeRuntime], Any] = lambda runtime: Initialized()
        self.on_proceed: Callable[[FakeRuntime], Any] = lambda runtime: Initialized()
        self.on_invoke: Callable[[FakeRuntime, Invocation], Any] = lambda runtime, invocation: Responded(b'"ok"')
        self.on_idle: Callable[[FakeRuntime], Any] = lambda runtime: True
        self.prompt = True
        """False: runtimes that say when they wait again, as those of the Runtime API do; `on_idle` is their script."""
        self.layers: Path | None = None
        self.scripts: dict[str, Any] = {}
        self.extension_variables: dict[str, str] = {}
        self.heeds_sigterm = True
        self.before_start: Callable[[], Awaitable[None]] = _nothing
        self.before_runtime: Callable[[], Awaitable[None]] = _nothing
        self.witness = Listening()
        self.dispatcher: Dispatcher

    def note(self, event: str) -> None:
        self.events.append(event)

    def stream(
        self, account: str, region: str, group: str, name: str, role: str = "", *, in_json: bool = False
    ) -> FakeStream:
        self.streams.append(FakeStream(self, name))
        return self.streams[-1]

    async def open_session(self, environment: Any, process: RuntimeProcess) -> FakeRuntime:
        assert environment.runtime is not None and environment.runtime.process is process
        return environment.runtime

    async def serve_endpoint(self, sock: socket.socket) -> FakeEndpoint:
        self.served += 1
        return FakeEndpoint(self)

    async def code_tree(self, function: FunctionVersion) -> Path:
        return Path("/code") / function.code.digest

    async def layer_tree(self, function: FunctionVersion) -> Path | None:
        return self.layers

    def build(self, **settings: Any) -> Dispatcher:
        """A dispatcher on this world; `async with` it."""
        self.dispatcher = Dispatcher(
            sandbox=self.sandbox,
            open_session=self.open_session,
            serve_endpoint=self.serve_endpoint,
            runtime_for=lambda name: self.runtime,
            code_tree=self.code_tree,
            layer_tree=self.layer_tree,
            credentials=lambda function: Credentials("ASIAX", "secret", "token"),
            logs=self,
            clock=self.clock,
            ids=self.ids,
            settings=Settings(**settings),
            machine_time=lambda: 1_600_000_000.0,
            memory=lambda: self.memory,
            observers=Observers(self.witness),
        )
        return self.dispatcher

    def context(self, request_id: str = "rid") -> Context:
        principal = Principal("000000000000", "arn:aws:iam::000000000000:root", "AKIA")
        return Context("000000000000", "us-east-1", principal, request_id, self.clock, self.ids)

    async def invoke(
        self, function: FunctionVersion | None = None, request_id: str = "rid", **request: Any
    ) -> InvocationResult:
        function = function or make_function()
        wanted = InvokeRequest(payload=request.pop("payload", b"{}"), invoked_arn=function.arn, **request)
        return await self.dispatcher.invoke(self.context(request_id), function, wanted)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let things run until `condition` holds; fails if it does not come to hold without time passing."""
        for _ in range(1000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError(f"this never happened; what did: {self.events}")

    async def quiet(self) -> None:
        """Let everything that can run without time passing run."""
        for _ in range(20):
            await asyncio.sleep(0)

    @property
    def lines(self) -> list[str]:
        return [line for stream in self.streams for line in stream.lines]


class Listening:
    """A witness that remembers."""

    def __init__(self) -> None:
        self.heard: list[Ended] = []
        self.refused: list[str] = []
        self.provided: dict[str, int] = {}

    def ended(self, ended: Ended) -> None:
        self.heard.append(ended)

    def throttled(self, function: FunctionVersion, invoked_arn: str, trace_id: str | None = None) -> None:
        self.refused.append(invoked_arn)

    def provisioned(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        self.provided[arn] = sum(count for _, count in shares)


async def _nothing() -> None:
    return None


def make_function(**changes: Any) -> FunctionVersion:
    """A function version; `timeout` may be a fraction of a second here."""
    values: dict[str, Any] = {
        "account": "000000000000",
        "region": "us-east-1",
        "name": "f",
        "version": "$LATEST",
        "arn": "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
        "revision_id": "r1",
        "role": "arn:aws:iam::000000000000:role/r",
        "runtime": "python3.12",
        "handler": "app.handler",
        "code": CodePackage(digest="d1", size=1, unpacked_size=1),
        "last_modified": 0.0,
        "logging": LoggingConfig(log_group="/aws/lambda/f"),
    }
    return FunctionVersion(**{**values, **changes})


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Both loops: the order of events must not depend on which one it is."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
def function() -> Callable[..., FunctionVersion]:
    return make_function


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
async def running(world: World) -> AsyncIterator[World]:
    """A world with a dispatcher that is open."""
    async with world.build():
        yield world
    assert all(environment.killed for environment in world.environments)
    assert world.served == 0
