"""A sandbox environment and what belongs to it are opened and ended together."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from lambent.invoke.output import Output
from lambent.invoke.room import Room
from lambent.model.errors import PlatformError
from lambent.model.invocation import ExitStatus
from lambent.sandbox.base import EnvironmentSpec, RuntimeProcess


def spec(world) -> EnvironmentSpec:
    return EnvironmentSpec("0" * 32, world.runtime, Path("/code"), None, 128, 512, "app.handler", {})


async def open_room(world) -> Room:
    return await Room.open(world.sandbox, spec(world), world.serve_endpoint)


async def start(world, room: Room, exits: list[str] | None = None) -> Output:
    output = Output(world.stream("", "", "", ""), world.clock)
    await room.start_runtime(world.open_session, output, lambda: (exits if exits is not None else []).append("exit"))
    return output


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


async def test_an_exit_is_told_and_has_a_status(world) -> None:
    room, exits = await open_room(world), []
    output = await start(world, room, exits)
    assert not room.has_exited
    world.environments[0].runtime.exit(ExitStatus(code=3))
    await world.quiet()
    assert exits == ["exit"]
    assert room.has_exited
    assert await room.exit_status() == ExitStatus(code=3)
    output.detach()
    await room.close()


async def test_being_closed_is_not_told_as_an_exit(world) -> None:
    room, exits = await open_room(world), []
    output = await start(world, room, exits)
    await room.close()
    await world.quiet()
    assert exits == []
    output.detach()


async def test_a_session_does_not_outlive_its_process_even_if_a_child_holds_the_connection(world) -> None:
    room = await open_room(world)
    output = await start(world, room)
    runtime = world.environments[0].runtime
    runtime.exit(ExitStatus(code=0))
    await world.quiet()
    assert not runtime.closed.done(), "what it sent last must still be read"
    await asyncio.wait_for(runtime.closed, 1)
    output.detach()
    await room.close()


async def test_a_room_without_a_runtime_has_no_exit_status(world) -> None:
    room = await open_room(world)
    assert await room.exit_status() is None
    await room.close()


async def test_a_kill_that_breaks_its_promise_is_logged_not_raised(world, caplog) -> None:
    room = await open_room(world)

    async def broken() -> None:
        raise PlatformError("mounts are stuck")

    world.environments[0].kill = broken
    await room.close()
    assert "was not ended cleanly" in caplog.text
    world.environments[0].endpoint.close()


async def test_a_session_that_cannot_be_opened_leaves_no_connection(world) -> None:
    room = await open_room(world)
    ours, theirs = socket.socketpair()

    async def broken(environment: object, process: RuntimeProcess) -> None:
        process.channel = ours
        raise PlatformError("nobody answers")

    output = Output(world.stream("", "", "", ""), world.clock)
    with theirs, pytest.raises(PlatformError, match="nobody answers"):
        await room.start_runtime(broken, output, lambda: None)
    assert ours.fileno() == -1
    output.detach()
    await room.close()
