"""The door: which API answers what, with and without each of them. Whole lives are in tests/contract."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import itertools
import socket
from collections.abc import AsyncIterator

import pytest

from lambent.http.message import Request
from lambent.runtime_api.door import EnvironmentDoor
from lambent.runtime_api.extensions_api import ExtensionsApi, FunctionFacts
from lambent.runtime_api.http_api import HttpSession
from lambent.runtime_api.metadata_api import MetadataApi
from lambent.runtime_api.session import Disconnected, Initialized
from lambent.runtime_api.telemetry_api import TelemetryApi

NEXT = "/2018-06-01/runtime/invocation/next"
REGISTER = "/2020-01-01/extension/register"
METADATA = "/2026-01-15/metadata/execution-environment"


def door(*, with_runtime: bool = True, with_extensions: bool = True) -> EnvironmentDoor:
    """A door of which the telemetry is AWS's stub."""
    numbers = itertools.count(1)
    extensions = ExtensionsApi(
        FunctionFacts("f", "1", "h", "1"), lambda: f"00000000-0000-4000-8000-{next(numbers):012}"
    )
    return EnvironmentDoor(
        runtime=HttpSession() if with_runtime else None,
        extensions=extensions if with_extensions else None,
        telemetry=TelemetryApi(None, extensions, lambda event: None) if with_extensions else None,
        metadata=MetadataApi("secret", "use1-az1"),
    )


async def status(made: EnvironmentDoor, method: str, path: str, **headers: str) -> tuple[int, object]:
    """(status, body) of an answer."""
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    response = await made.handle(Request.of(method, path, fields, b"{}"))
    return response.status, response.body


async def test_everyone_is_at_home() -> None:
    made = door()
    assert await status(made, "GET", "/ping") == (200, b"pong")
    assert (await status(made, "POST", REGISTER, Lambda_Extension_Name="a"))[0] == 200
    assert (await status(made, "POST", "/2018-06-01/runtime/init/error"))[0] == 202
    for path in ("/2022-07-01/telemetry", "/2022-07-01/telemetry/", "/2020-08-15/logs", "/2020-08-15/logs/"):
        assert (await status(made, "PUT", path))[0] == 202
    assert (await status(made, "GET", METADATA, Authorization="Bearer secret"))[0] == 200
    assert (await status(made, "GET", METADATA))[0] == 401


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/2020-01-01/",
        "/2020-01-01/extension",
        "/2020-08-15/telemetry",
        "/2022-07-01/telemetry//",
        "/2022-07-01/logs",
        "/2026-01-15/metadata/execution-environment/",
        "/2021-04-23/credentials",
        "/../ping",
        "//2018-06-01/ping",
    ],
)
async def test_nobody_is_there(path: str) -> None:
    for method in ("GET", "POST", "PUT"):
        assert await status(door(), method, path) == (404, b"404 page not found\n")


async def test_the_kill_switch() -> None:
    made = door(with_extensions=False)
    for method, path in [
        ("POST", REGISTER),
        ("GET", "/2020-01-01/extension/event/next"),
        ("PUT", "/2022-07-01/telemetry"),
        ("PUT", "/2020-08-15/logs"),
    ]:
        assert await status(made, method, path) == (404, b"")
    assert await status(made, "GET", "/ping") == (200, b"pong")


async def test_managed_python_has_no_runtime_api_here() -> None:
    made = door(with_runtime=False)
    assert await status(made, "GET", "/ping") == (200, b"pong")
    assert await status(made, "GET", "/2018-06-01/ping") == (200, b"pong")
    for method, path in [("GET", NEXT), ("POST", "/2018-06-01/runtime/init/error"), ("POST", "/ping")]:
        assert await status(made, method, path) == (404, b"404 page not found\n")


@pytest.fixture
async def listener() -> AsyncIterator[socket.socket]:
    """A listening socket, as the sandbox hands one over."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


async def get(address: tuple[str, int], path: str) -> int:
    """The status of a request on a connection of its own."""

    def request() -> int:
        with contextlib.closing(http.client.HTTPConnection(*address, timeout=20)) as connection:
            connection.request("GET", path)
            return connection.getresponse().status

    return await asyncio.to_thread(request)


async def test_one_door_after_another_on_the_same_socket(listener: socket.socket) -> None:
    for _ in range(2):
        made = await door().open(listener)
        assert await get(listener.getsockname(), "/ping") == 200
        await made.close()
        await made.close()


async def test_closing_ends_every_conversation(listener: socket.socket) -> None:
    made = await door().open(listener)
    assert made.runtime is not None
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    writer.write(f"GET {NEXT} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert await made.runtime.initialized() == Initialized()
    await made.close()
    assert await made.runtime.idle() is False
    assert b"200" not in await asyncio.wait_for(reader.read(), 10)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def test_the_runtime_ends_without_the_door(listener: socket.socket) -> None:
    """After a timeout extensions still hear of the shutdown."""
    made = await door().open(listener)
    assert made.runtime is not None
    made.runtime.close()
    await made.runtime.closed()
    assert await made.runtime.initialized() == Disconnected()
    assert await get(listener.getsockname(), NEXT) == 500
    assert await get(listener.getsockname(), METADATA) == 401
    await made.close()
