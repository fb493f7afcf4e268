"""Environments whose processes speak to the platform over real sockets: extensions that act by script.

A script is an async function of an `Agent`; when it returns, the process has ended with status 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from lambent.model.invocation import ExitStatus
from lambent.sandbox.base import EnvironmentSpec, ExtensionProcess
from tests.unit.invoke.conftest import SweepingEnvironment, World

API = "/2020-01-01/extension/"
Script = Callable[["Agent"], Awaitable[None]]


class Died(Exception):
    """Raised by a script: the process ends with this status."""

    def __init__(self, status: ExitStatus) -> None:
        super().__init__(status)
        self.status = status


class Agent:
    """One extension, external or internal, as its author would write it."""

    def __init__(self, world: World, name: str, address: str, stdout: int = -1) -> None:
        self.world = world
        self.name = name
        self.address = address
        self.identifier = ""
        self._stdout = stdout

    def print(self, text: str) -> None:
        os.write(self._stdout, text.encode())

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        """One request on a connection of its own: status, headers (lower-case), decoded body."""
        host, port = self.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            payload = b"" if body is None else json.dumps(body).encode()
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            if self.identifier:
                named["Lambda-Extension-Identifier"] = self.identifier
            lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
            writer.write(
                f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(payload)}\r\n{lines}\r\n".encode()
                + payload
            )
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            given = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            answer = await reader.readexactly(int(given.get("content-length", 0)))
            return (
                int(head[0].split()[1]),
                given,
                json.loads(answer) if answer.startswith((b"{", b"[", b'"')) else answer,
            )
        finally:
            writer.close()

    async def register(self, *events: str) -> int:
        status, headers, _ = await self.ask(
            "POST", API + "register", {"events": events}, Lambda_Extension_Name=self.name
        )
        self.identifier = headers.get("lambda-extension-identifier", "")
        self.world.note(f"{self.name} registered" if status == 200 else f"{self.name} refused")
        return status

    async def next(self) -> dict[str, Any]:
        """The next event, which is noted."""
        self.world.note(f"{self.name} asks")
        status, _, event = await self.ask("GET", API + "event/next")
        if status != 200:
            raise Died(ExitStatus(code=1))
        told = event["eventType"] + (" " + event["shutdownReason"] if "shutdownReason" in event else "")
        self.world.note(f"{self.name} got {told}")
        assert isinstance(event, dict)
        return event


async def loyal(agent: Agent) -> None:
    """Registers for everything, does nothing and ends when told to."""
    await agent.register("INVOKE", "SHUTDOWN")
    while (await agent.next())["eventType"] != "SHUTDOWN":
        continue


class ExtensibleEnvironment(SweepingEnvironment):
    """Listens for real, starts `world.scripts[name]` as an extension, and delivers signals to the runtime."""

    def __init__(self, world: World, spec: EnvironmentSpec) -> None:
        super().__init__(world, spec)
        self.runtime_api: socket.socket | None = socket.create_server(("127.0.0.1", 0))  # type: ignore[assignment]
        self.tasks: list[asyncio.Task[None]] = []
        self.extensions: list[ExtensionProcess] = []

    @property
    def address(self) -> str:
        assert self.runtime_api is not None
        return "{}:{}".format(*self.runtime_api.getsockname())

    async def open_socket(self) -> socket.socket:
        made = socket.socket()
        made.setblocking(False)
        return made

    async def list_extensions(self) -> list[str]:
        return []

    async def start_extension(self, path: str, variables: Mapping[str, str]) -> ExtensionProcess:
        name = path.removeprefix("/opt/extensions/")
        self.world.note(f"launch {name}")
        self.world.extension_variables = dict(variables)
        logs, stdout = os.pipe()
        os.set_blocking(logs, False)
        exited: asyncio.Future[ExitStatus] = asyncio.get_running_loop().create_future()
        agent = Agent(self.world, name, variables["AWS_LAMBDA_RUNTIME_API"], stdout)
        self.tasks.append(asyncio.get_running_loop().create_task(self._run(agent, exited, stdout)))
        self.extensions.append(ExtensionProcess(len(self.extensions), logs, exited))
        return self.extensions[-1]

    async def _run(self, agent: Agent, exited: asyncio.Future[ExitStatus], stdout: int) -> None:
        status = ExitStatus(code=0)
        try:
            await self.world.scripts[agent.name](agent)
        except Died as died:
            status = died.status
        except (asyncio.CancelledError, OSError, EOFError):
            status = ExitStatus(signal=9)
        finally:
            os.close(stdout)
            self.world.note(f"{agent.name} ended {status.describe()}")
            if not exited.done():
                exited.set_result(status)

    async def signal(self, number: int, extension: ExtensionProcess | None = None) -> None:
        self.world.note(f"signal {signal.Signals(number).name}")
        if self.runtime is not None and (number == signal.SIGKILL or self.world.heeds_sigterm):
            self.runtime.exit(ExitStatus(signal=number))

    async def sweep(self) -> None:
        await super().sweep()
        await self._end_extensions()

    async def kill(self) -> None:
        if not self.killed:
            await self._end_extensions()
            assert self.runtime_api is not None
            self.runtime_api.close()
        await super().kill()

    async def _end_extensions(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()


def with_extensions(world: World, folder: Path, **scripts: Script) -> World:
    """Let the functions of `world` have these extensions in a layer."""
    world.make_environment = ExtensibleEnvironment
    world.scripts = dict(scripts)
    (folder / "extensions").mkdir()
    for name in scripts:
        (folder / "extensions" / name).touch()
    world.layers = folder
    return world


async def internal(world: World, environment: Any, *events: str) -> Agent:
    """An extension inside the runtime's process, registered."""
    agent = Agent(world, "inside", environment.address)
    await agent.register(*events)
    return agent


class Listener:
    """A telemetry subscriber on this machine's loopback, over TCP: `records` as they come."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self._server: asyncio.Server

    async def __aenter__(self) -> Listener:
        self._server = await asyncio.start_server(self._read, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), 1)

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def types(self) -> list[str]:
        return [record["type"] for record in self.records]

    def record(self, kind: str) -> Any:
        return next(record["record"] for record in self.records if record["type"] == kind)

    async def subscribe(self, agent: Agent) -> None:
        """Have everything sent here at once."""
        status, _, answer = await agent.ask(
            "PUT",
            "/2022-07-01/telemetry",
            {
                "schemaVersion": "2022-12-13",
                "types": ["platform", "function", "extension"],
                "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
                "destination": {"protocol": "TCP", "port": self.port},
            },
        )
        assert (status, answer) == (200, "OK")

    async def until(self, kind: str) -> None:
        async with asyncio.timeout(3):
            for _ in iter(lambda: kind in self.types, True):
                await asyncio.sleep(0.01)

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while line := await reader.readline():
                self.records.append(json.loads(line))
        writer.close()
