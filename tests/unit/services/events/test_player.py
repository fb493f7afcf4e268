"""How replays go on: step by step, after a restart, and without their archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lambent.services.events.player import CHUNK, Player
from lambent.services.events.records import Replay
from lambent.services.events.repository import put_replay
from tests.unit.services.events.conftest import ACCOUNT, ARN, AT, BUS, QUEUE, REGION

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World

REPLAY = Replay(
    name="again",
    account=ACCOUNT,
    region=REGION,
    archive=f"{ARN}archive/a",
    bus=BUS,
    first=0.0,
    last=2e9,
    started=1.0,
)


async def kept(world: World) -> Replay:
    found = await world.repository.kept_replay(AT, "again")
    assert found is not None
    return found.value


async def test_it_goes_on_where_the_last_run_of_the_server_was(world: World) -> None:
    await world.call("CreateArchive", ArchiveName="a", EventSourceArn=BUS)
    await world.rule("r", '{"source": ["shop"]}', {"Arn": QUEUE})
    for number in range(CHUNK + 5):
        await world.put(detail=f'{{"n": {number}}}')
    await world.repository.commit(*put_replay(REPLAY))
    assert await world.player._step(AT, "again")
    assert (await kept(world)).state == "RUNNING"
    await world.settle()
    world.town.calls.clear()
    async with Player(world.repository, world.shelf, world.router, world.clock) as player:
        await player.settled()
    await world.settle()
    assert sorted(body["detail"]["n"] for body in world.town.bodies()) == list(range(CHUNK, CHUNK + 5))
    assert (await kept(world)).state == "COMPLETED"
    assert [each async for each in world.repository.replaying()] == []


async def test_it_fails_without_its_archive(world: World) -> None:
    await world.repository.commit(*put_replay(REPLAY))
    world.player.play(AT, "again")
    await world.player.settled()
    assert msgspec.structs.asdict(await kept(world))["why"] == "The archive, or its event bus, was deleted."
