"""What the extension contract is played with: a door on a socket, and clients that speak to it by hand."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

from lambent.clock import MovableClock, RandomIds
from lambent.model.invocation import Invocation
from lambent.runtime_api.door import EnvironmentDoor
from lambent.runtime_api.extensions_api import ExtensionsApi, FunctionFacts
from lambent.runtime_api.http_api import HttpSession
from lambent.runtime_api.metadata_api import MetadataApi
from lambent.runtime_api.session import Initialized, Responded
from lambent.runtime_api.telemetry import TelemetryHub
from lambent.runtime_api.telemetry_api import TelemetryApi

EXTENSION = "/2020-01-01/extension"
RUNTIME = "/2018-06-01/runtime"
ID = "8f5a2f9e-0000-4000-8000-000000000001"


class Answer:
    """An HTTP answer."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        """(status, type) of a refusal."""
        return self.status, self.json["errorType"]


class Client:
    """One connection, spoken to by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """One request and its answer."""
        self.send(method, path, body, **headers)
        return await self.answer()

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> None:
        """One request."""
        lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
        head = f"{method} {path} HTTP/1.1\r\nHost: sandbox\r\nContent-Length: {len(body)}\r\n{''.join(lines)}\r\n"
        self.writer.write(head.encode() + body)

    async def answer(self) -> Answer:
        """The next answer."""
        async with asyncio.timeout(10):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-1])}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split()[1]), headers, body)


class Extension(Client):
    """An extension as the documentation describes one."""

    identifier = ""

    async def register(self, name: str, *events: str) -> Answer:
        """Register and keep the identifier."""
        body = json.dumps({"events": events}).encode()
        answer = await self.call("POST", f"{EXTENSION}/register", body, Lambda_Extension_Name=name)
        self.identifier = answer.headers.get("lambda-extension-identifier", "")
        return answer

    def ask(self) -> None:
        """Ask for the next event."""
        self.send("GET", f"{EXTENSION}/event/next", Lambda_Extension_Identifier=self.identifier)

    async def event(self) -> Any:
        """The event that was asked for."""
        answer = await self.answer()
        assert answer.status == 200, answer.body
        assert answer.headers["content-type"] == "application/json"
        return answer.json

    async def fail(self, where: str, error_type: str = "Extension.Mine") -> Answer:
        """Report an error: `init` or `exit`."""
        return await self.call(
            "POST",
            f"{EXTENSION}/{where}/error",
            b'{"errorMessage": "no", "errorType": "Extension.Mine", "stackTrace": []}',
            Lambda_Extension_Identifier=self.identifier,
            Lambda_Extension_Function_Error_Type=error_type,
        )

    async def subscribe(self, path: str, port: int, schema: str, *types: str) -> Answer:
        """Ask for telemetry at an HTTP port."""
        body = {
            "schemaVersion": schema,
            "types": types,
            "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
            "destination": {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{port}/"},
        }
        return await self.call("PUT", path, json.dumps(body).encode(), Lambda_Extension_Identifier=self.identifier)


class World:
    """An environment's APIs on a socket."""

    def __init__(self, listener: socket.socket, runtime: HttpSession | None) -> None:
        ids, clock = RandomIds(), MovableClock()
        self.address = listener.getsockname()
        self.runtime = runtime
        self.extensions = ExtensionsApi(FunctionFacts("f", "7", "app.handler", "123456789012"), ids.request_id)
        self.hub = TelemetryHub(open_socket=_open_socket, clock=clock, json_logs=False)
        self.lines: list[str] = []
        self.door = EnvironmentDoor(
            runtime=runtime,
            extensions=self.extensions,
            telemetry=TelemetryApi(self.hub, self.extensions, lambda event: self.lines.append(event.type)),
            metadata=MetadataApi("secret", "use1-az1"),
        )
        self.writers: list[asyncio.StreamWriter] = []

    async def client(self) -> Client:
        """A connection to the door."""
        return Client(*await self._connect())

    async def extension(self) -> Extension:
        """An extension's connection to the door."""
        return Extension(*await self._connect())

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*self.address)
        self.writers.append(writer)
        return reader, writer

    async def initialize(self) -> Client | None:
        """The end of INIT, for extensions that have asked; the runtime's connection, if it has one."""
        client = None
        if self.runtime is not None:
            client = await self.client()
            client.send("GET", f"{RUNTIME}/invocation/next")
            assert await self.runtime.initialized() == Initialized()
        self.extensions.close_registration()
        assert await self.extensions.initialized() is None
        return client

    async def invoke(self, client: Client | None) -> None:
        """One invocation: all are told, the runtime answers and asks again."""
        invocation = Invocation(ID, b"{}", int(time.time() * 1000) + 3000, "arn:f", trace_id="Root=1")
        self.extensions.invoke(invocation)
        if self.runtime is not None and client is not None:
            outcome = asyncio.ensure_future(self.runtime.invoke(invocation))
            assert (await client.answer()).headers["lambda-runtime-aws-request-id"] == ID
            answer = await client.call("POST", f"{RUNTIME}/invocation/{ID}/response", b"42")
            assert answer.status == 202
            assert await outcome == Responded(b"42")
            client.send("GET", f"{RUNTIME}/invocation/next")
            assert await self.runtime.idle()


async def _open_socket() -> socket.socket:
    return socket.socket()


@contextlib.asynccontextmanager
async def collector() -> AsyncIterator[tuple[int, asyncio.Queue[Any]]]:
    """An extension's telemetry listener: its port, and every event that it gets."""
    events: asyncio.Queue[Any] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line for line in head.splitlines() if line.startswith("Content-Length"))
        for event in json.loads(await reader.readexactly(int(length.partition(":")[2]))):
            events.put_nowait(event)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], events
        server.close()
