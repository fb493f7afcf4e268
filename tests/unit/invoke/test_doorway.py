"""A door that is made when somebody knocks."""

from __future__ import annotations

import asyncio
from typing import Any

from lambent.invoke import doorway as doorway_module
from lambent.invoke.doorway import Doorway
from lambent.runtime_api.door import EnvironmentDoor
from lambent.runtime_api.metadata_api import MetadataApi
from lambent.sandbox.base import EnvironmentSpec
from tests.unit.invoke.agents import Agent, ExtensibleEnvironment
from tests.unit.invoke.conftest import SweepingEnvironment


class House:
    def __init__(self, world: Any, kind: type[Any] = ExtensibleEnvironment) -> None:
        spec = EnvironmentSpec("0" * 32, world.runtime, world.layers, None, 128, 512, "a.b", {})
        self.world = world
        self.environment = kind(world, spec)
        self.made = 0
        self.doorway = Doorway(self.environment, self.make)

    def make(self) -> EnvironmentDoor:
        self.made += 1
        return EnvironmentDoor(runtime=None, extensions=None, telemetry=None, metadata=MetadataApi("t", "z"))

    async def ping(self, address: str | None = None) -> bytes:
        answer = await Agent(self.world, "x", address or self.environment.address).ask("GET", "/ping")
        assert isinstance(answer[2], bytes)
        return answer[2]

    async def close(self) -> None:
        await self.doorway.close()
        await self.environment.kill()


async def test_the_first_knock_makes_the_door_and_all_are_answered(world) -> None:
    house = House(world)
    await house.doorway.open(at_once=False)
    await world.quiet()
    assert house.made == 0
    assert await asyncio.gather(*(house.ping() for _ in range(5))) == [b"pong"] * 5
    assert house.made == 1
    await house.close()


async def test_at_once_there_is_a_door_before_anybody_comes(world) -> None:
    house = House(world)
    await house.doorway.open(at_once=True)
    assert house.made == 1
    assert await house.ping() == b"pong"
    await house.close()


async def test_the_sandboxs_socket_outlives_it_and_serves_the_next_one(world) -> None:
    house = House(world)
    await house.doorway.open(at_once=True)
    assert await house.ping() == b"pong"
    await house.doorway.close()
    await house.doorway.close()
    house.doorway = Doorway(house.environment, house.make)
    await house.doorway.open(at_once=False)
    assert await house.ping() == b"pong"
    await house.close()


async def test_where_the_sandbox_does_not_listen_one_is_made_inside(world, monkeypatch) -> None:
    house = House(world)
    house.environment.runtime_api.close()
    house.environment.runtime_api = None
    monkeypatch.setattr(doorway_module, "ADDRESS", ("127.0.0.1", 0))
    await house.doorway.open(at_once=False)
    assert house.doorway.address is not None
    assert await house.ping(house.doorway.address) == b"pong"
    await house.doorway.close()
    assert house.doorway.address is None
    await SweepingEnvironment.kill(house.environment)


async def test_without_a_network_of_its_own_there_is_no_door(world) -> None:
    house = House(world, SweepingEnvironment)
    await house.doorway.open(at_once=True)
    assert (house.doorway.address, house.made) == (None, 0)
    await house.close()


async def test_one_that_was_closed_first_does_not_open(world) -> None:
    house = House(world)
    await house.doorway.close()
    await house.doorway.open(at_once=True)
    assert (house.doorway.address, house.made) == (None, 0)
    await house.close()
