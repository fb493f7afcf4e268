"""A sandbox environment is served, emptied and ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.invoke.room import Room
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
