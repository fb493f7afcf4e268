"""A sandbox environment is served, emptied and ended."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from lambent.invoke.room import Room
from lambent.invoke.trace_daemon import TraceDaemon
from lambent.invoke.witness import Observers
from lambent.model.errors import PlatformError
from lambent.sandbox.base import EnvironmentSpec
from tests.unit.invoke.conftest import FakeEnvironment


def spec(world) -> EnvironmentSpec:
    return EnvironmentSpec("0" * 32, world.runtime, Path("/code"), None, 128, 512, "app.handler", {})


async def open_room(world) -> Room:
    return await Room.open(world.sandbox, spec(world), world.serve_endpoint)


async def test_it_serves_the_endpoint_until_it_is_closed(world) -> None:
    room = await open_room(world)
    assert world.served == 1
    await room.close()
    await room.close()
    assert world.served == 0
    assert world.events == ["start", "kill"]


async def test_an_endpoint_that_cannot_be_served_leaves_nothing_behind(world) -> None:
    async def broken(sock: object) -> None:
        raise PlatformError("no more sockets")

    with pytest.raises(PlatformError, match="no more sockets"):
        await Room.open(world.sandbox, spec(world), broken)
    assert world.environments[0].killed


async def test_it_can_be_emptied_and_is_served_on(world) -> None:
    room = await open_room(world)
    assert room.can_be_cleared
    assert await room.clear()
    assert world.served == 1
    await room.close()
    assert not await room.clear()
    assert world.events == ["start", "sweep", "kill"]


async def test_one_that_is_lost_cannot_be_emptied(world, caplog) -> None:
    room = await open_room(world)
    world.environments[0].lost = True
    assert not await room.clear()
    assert "is lost: the supervisor is gone" in caplog.text
    await room.close()


async def test_not_every_sandbox_can_empty_one(world) -> None:
    world.make_environment = FakeEnvironment
    room = await open_room(world)
    assert not room.can_be_cleared
    assert not await room.clear()
    await room.close()


async def test_a_kill_that_breaks_its_promise_is_logged_not_raised(world, caplog) -> None:
    room = await open_room(world)

    async def broken() -> None:
        raise PlatformError("mounts are stuck")

    world.environments[0].kill = broken
    await room.close()
    assert "was not ended cleanly" in caplog.text
    world.environments[0].endpoint.close()


async def test_a_traced_one_without_a_network_of_its_own_has_its_daemon_beside_it(world, function) -> None:
    usual = {"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000", "_AWS_XRAY_DAEMON_PORT": "2000", "MINE": "1"}
    taken: asyncio.Queue[str] = asyncio.Queue()
    observers = Observers(traced=lambda version, document: taken.put_nowait(f"{version.name} {document}"))
    asked = replace(spec(world), variables=usual)
    room = await Room.open(world.sandbox, asked, world.serve_endpoint, traced=(function(), observers))
    told = world.environments[0].spec.variables
    host, _, port = told["AWS_XRAY_DAEMON_ADDRESS"].partition(":")
    assert (told["_AWS_XRAY_DAEMON_PORT"], told["MINE"], port != "2000") == (port, "1", True)
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b'{"format": "json", "version": 1}\n{}', (host, int(port)))
    assert await asyncio.wait_for(taken.get(), 10) == "f {}"
    await room.close()
    with pytest.raises(OSError):
        await asyncio.open_connection(host, int(port))


async def test_a_sandbox_that_fails_leaves_no_daemon(world, function, monkeypatch) -> None:
    closed: list[TraceDaemon] = []
    close = TraceDaemon.close

    async def noticed(self: TraceDaemon) -> None:
        closed.append(self)
        await close(self)

    async def broken(spec: EnvironmentSpec) -> None:
        raise PlatformError("no room")

    monkeypatch.setattr(TraceDaemon, "close", noticed)
    monkeypatch.setattr(world.sandbox, "start", broken)
    with pytest.raises(PlatformError, match="no room"):
        await Room.open(world.sandbox, spec(world), world.serve_endpoint, traced=(function(), Observers()))
    assert len(closed) == 1
