"""Runtimes with several workers, for tests: an environment with a real Runtime API, and who asks there for events."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import msgspec

from lambent.model.function import Capacity, FunctionVersion, LoggingConfig
from lambent.model.invocation import ExitStatus
from tests.unit.invoke.conftest import FakeEnvironment, World, make_function
from tests.unit.runtime_api.test_http_api import INIT_ERROR, NEXT, Runtime

Handler = Callable[[Any], Any]
STREAMING = {"Lambda-Runtime-Function-Response-Mode": "streaming"}


class ListeningEnvironment(FakeEnvironment):
    """One whose Runtime API is at an address; `Workers` knock there."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.runtime_api = socket.create_server(("127.0.0.1", 0))  # type: ignore[assignment]
        self.runtime_api.setblocking(False)  # type: ignore[attr-defined]

    async def kill(self) -> None:
        await super().kill()
        self.runtime_api.close()  # type: ignore[attr-defined]


class Workers:
    """So many workers in every environment of a world. An event that is a number is how many others it waits for."""

    def __init__(self, world: World, count: int) -> None:
        self.world = world
        self.count = count
        self.fails_init = False
        self.meeting = 0
        self.all_there = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        world.make_environment = ListeningEnvironment
        world.before_runtime = self.start

    async def start(self) -> None:
        environment = self.world.environments[-1]
        runtime = Runtime(environment.runtime_api.getsockname())  # type: ignore[attr-defined]
        self.tasks += [asyncio.ensure_future(self._work(runtime)) for _ in range(self.count)]

    async def _work(self, runtime: Runtime) -> None:
        if self.fails_init:
            await runtime.call("POST", INIT_ERROR, b'{"errorType":"Odd"}')
            return
        while True:
            status, body, headers = await runtime.call("GET", NEXT)
            if status != 200:
                return
            event = json.loads(body)
            if event == "hang":
                return
            if isinstance(event, int):
                self.meeting += 1
                if self.meeting == event:
                    self.all_there.set()
                await self.all_there.wait()
            path = f"/2018-06-01/runtime/invocation/{headers['Lambda-Runtime-Aws-Request-Id']}/response"
            if event == "stream":
                await runtime.call("POST", path, iter([b'"so', b' far"']), STREAMING)
            else:
                await runtime.call("POST", path, body)

    def end_runtime(self) -> None:
        """What was started last ends by itself."""
        runtime = self.world.environments[-1].runtime
        assert runtime is not None
        runtime.exit(ExitStatus(code=1))

    async def stop(self) -> None:
        """End them; one whose connection nobody took before its environment ended would wait for its socket's limit."""
        self.all_there.set()
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=2)
            for task in late:
                task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def managed(concurrency: int = 2, **changes: Any) -> FunctionVersion:
    """A function on managed instances."""
    function = make_function(version="1", memory_mb=2048, logging=LoggingConfig("/aws/lambda/f", "JSON"))
    capacity = Capacity("arn:aws:lambda:us-east-1:000000000000:capacity-provider:p", concurrency, 2.0)
    return msgspec.structs.replace(function, capacity=capacity, **changes)
