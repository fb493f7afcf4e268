"""Bytes pass both ways; who has nobody inside is hung up on."""

from __future__ import annotations

import asyncio
import logging
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from lambent.invoke.debug_door import DebugDoor
from lambent.sandbox.base import Extensible


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Environment:
    """Leads to `inside` whatever is asked for, as a namespace would."""

    def __init__(self, inside: int | None) -> None:
        self.inside = inside
        self.endpoint = object()
        self.spec = SimpleNamespace(id="e1")

    async def open_socket(self) -> Any:
        return Led(self.inside)

    list_extensions = start_extension = limit_cpu = signal = open_socket


class Led(socket.socket):
    def __init__(self, port: int | None) -> None:
        super().__init__()
        self.port = port or free_port()

    def connect(self, address: Any) -> None:
        super().connect(("127.0.0.1", self.port))


async def test_a_debugger_speaks_with_what_listens_inside() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()

    inner = await asyncio.start_server(echo, "127.0.0.1", 0)
    environment = Environment(inner.sockets[0].getsockname()[1])
    assert isinstance(environment, Extensible)
    port = free_port()
    door = await DebugDoor.open(environment, port)  # type: ignore[arg-type]
    assert door is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello\n")
    assert await reader.read() == b"HELLO\n"
    writer.close()
    await door.close()
    await door.close()
    with pytest.raises(OSError, match="onnect"):
        await asyncio.open_connection("127.0.0.1", port)
    inner.close()


async def test_nobody_inside_is_an_end() -> None:
    port = free_port()
    door = await DebugDoor.open(Environment(None), port)  # type: ignore[arg-type]
    assert door is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await reader.read() == b""
    writer.close()
    await door.close()


async def test_a_port_that_is_taken_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, caplog.at_level(logging.WARNING):
        port = taken.getsockname()[1]
        assert await DebugDoor.open(Environment(None), port) is None  # type: ignore[arg-type]
    assert f"environment e1 cannot be debugged on port {port}" in caplog.text


async def test_what_shares_the_machines_network_needs_no_door() -> None:
    environment = Environment(None)
    environment.endpoint = None  # type: ignore[assignment]
    assert await DebugDoor.open(environment, free_port()) is None  # type: ignore[arg-type]
