from __future__ import annotations

import pytest

from lambent.services.pipes.settling import Settling
from tests.unit.services.pipes.conftest import ARN, SOURCE, World, asked


async def test_a_pipe_runs_rests_and_goes(world: World) -> None:
    await world.create()
    assert await world.state() == ("RUNNING", "RUNNING")
    await world.call("StopPipe", Name="p")
    await world.rest()
    assert await world.state() == ("STOPPED", "STOPPED")
    await world.call("StartPipe", Name="p")
    await world.rest()
    assert await world.state() == ("RUNNING", "RUNNING")
    answer = await world.call("DeletePipe", Name="p")
    assert (answer["DesiredState"], answer["CurrentState"]) == ("DELETED", "DELETING")
    await world.rest()
    assert (await world.refused("DescribePipe", Name="p"))[0] == "NotFoundException"
    assert [mapping.enabled for mapping in world.pollers.applied] == [True, False, True, False]
    assert world.flow.pipes == {}


async def test_a_pipe_may_be_made_at_rest(world: World) -> None:
    await world.create(DesiredState="STOPPED")
    assert await world.state() == ("STOPPED", "STOPPED")


async def test_a_source_that_cannot_be_read(world: World) -> None:
    world.pollers.refusal = "There is no such queue."
    await world.create()
    shown = await world.call("DescribePipe", Name="p")
    assert (shown["CurrentState"], shown["StateReason"]) == (
        "CREATE_FAILED",
        f"The source {SOURCE} cannot be read: There is no such queue.",
    )
    await world.call("StartPipe", Name="p")
    await world.rest()
    assert await world.state() == ("RUNNING", "START_FAILED")
    world.pollers.refusal = ""
    await world.call("StartPipe", Name="p")
    await world.rest()
    assert (await world.call("DescribePipe", Name="p")).get("StateReason") is None
    assert [mapping.enabled for mapping in world.pollers.applied] == [False, False, True]


async def test_a_start_goes_on_where_the_server_stood(world: World) -> None:
    await world.call("CreatePipe", **asked())
    async with Settling(world.repository, world.pollers, world.flow) as after:
        await after.recover()
        await world.rest()
    assert await world.state() == ("RUNNING", "RUNNING")
    world.pollers.applied.clear()
    world.pollers.refusal = "not there yet"  # who ran goes on, and waits for its source
    async with Settling(world.repository, world.pollers, world.flow) as after:
        await after.recover()
        await world.rest()
    assert [(mapping.uuid, mapping.enabled) for mapping in world.pollers.applied] == [(ARN, True)]


async def test_a_pipe_that_cannot_be_settled_is_told_of(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(mapping: object) -> None:
        raise RuntimeError("the poller broke")

    world.pollers.apply = broken  # type: ignore[method-assign]
    await world.create()
    assert f"the state of {ARN} could not be settled" in caplog.text
    assert await world.state() == ("RUNNING", "CREATING")
