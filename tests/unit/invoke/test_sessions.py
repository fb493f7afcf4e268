"""Which conversation a process gets."""

from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path
from typing import Any

import pytest

from lambent.invoke.sessions import open_session
from lambent.model.errors import PlatformError
from lambent.model.invocation import Invocation
from lambent.runtime_api import frames
from lambent.runtime_api.session import Disconnected, Initialized, Responded
from lambent.sandbox.base import EnvironmentSpec, RuntimeProcess


class Environment:
    """As much of an environment as a session needs."""

    def __init__(self, spec: EnvironmentSpec, runtime_api: socket.socket | None) -> None:
        self.spec = spec
        self.runtime_api = runtime_api


@pytest.fixture
async def environment(world) -> Environment:
    spec = EnvironmentSpec("ab" * 16, world.runtime, Path("/code/d1"), None, 128, 512, "app.handler", {})
    return Environment(spec, None)


def process(channel: socket.socket | None) -> Any:
    return RuntimeProcess(channel=channel, logs=-1, telemetry=None, exited=asyncio.get_running_loop().create_future())


async def test_a_channel_is_spoken_in_frames(environment) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        session = await open_session(environment, process(ours))
        theirs.sendall(struct.pack(">IB", 1, frames.Kind.READY))
        assert await session.initialized() == Initialized()
        session.close()
        assert await session.invoke(Invocation("id", b"", 1, "arn")) == Disconnected()


async def test_a_listener_is_served_as_the_runtime_api(environment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        environment.runtime_api = listener
        session = await open_session(environment, process(None))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await session.initialized() == Initialized()
        answer = asyncio.ensure_future(session.invoke(Invocation("5b8e", b"{}", 1, "arn")))
        assert b"200" in await reader.readline()
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"5b8e" in head
        await reader.readexactly(2)
        writer.write(
            b"POST /2018-06-01/runtime/invocation/5b8e/response HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok"
        )
        outcome = await answer
        assert isinstance(outcome, Responded)
        assert outcome.payload == b"ok"
        writer.close()
        await writer.wait_closed()
        session.close()
        await session.closed()


async def test_a_process_that_nobody_can_talk_to_is_our_error(environment) -> None:
    with pytest.raises(PlatformError, match="neither a channel nor a Runtime API"):
        await open_session(environment, process(None))
