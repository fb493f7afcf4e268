"""Idle functions: when they become Inactive, what wakes them, and what never rests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


@pytest.fixture
async def world(world: World) -> AsyncIterator[World]:
    """Functions rest after 100 seconds; `f` and its version 1 are Active."""
    world.idleness._seconds = 100.0
    await world.create(Publish=True)
    await world.settled("f", "1")
    await world.settled()
    yield world


async def states(world: World) -> list[tuple[str, str | None]]:
    shown = [
        await world.call("GetFunctionConfiguration", FunctionName="f", Qualifier=each) for each in ("$LATEST", "1")
    ]
    return [(each["State"], each.get("StateReasonCode")) for each in shown]


async def test_what_nobody_uses_rests_and_an_invocation_wakes_it(world: World) -> None:
    world.clock.at += 99
    await world.idleness.sweep()
    assert await states(world) == [("Active", None), ("Active", None)]
    await world.call("Invoke", FunctionName="f")
    world.clock.at += 1
    await world.idleness.sweep()
    assert await states(world) == [("Active", None), ("Inactive", "Idle")]
    assert world.invoker.retired[-1] == (f"{ARN}:1", None)
    invoked = len(world.invoker.invoked)
    assert await world.refused("Invoke", FunctionName="f", Qualifier="1") == (
        "ResourceConflictException",
        "The operation cannot be performed at this time. The function is currently in the following state: Inactive",
    )
    assert len(world.invoker.invoked) == invoked
    assert (await states(world))[1] in (("Pending", "Restoring"), ("Active", None))
    await world.settled("f", "1")
    assert await states(world) == [("Active", None), ("Active", None)]
    await world.call("Invoke", FunctionName="f", Qualifier="1")


async def test_a_start_counts_as_a_use(world: World) -> None:
    world.clock.at += 1000
    second = world.after_a_crash()
    second.clock.at = world.clock.at
    second.idleness._begun = second.clock.at
    second.idleness._seconds = 100.0
    await second.idleness.sweep()
    assert await states(second) == [("Active", None), ("Active", None)]
    second.clock.at += 100
    await second.idleness.sweep()
    assert await states(second) == [("Inactive", "Idle")] * 2


async def test_what_is_kept_ready_does_not_rest(world: World) -> None:
    await world.call(
        "PutProvisionedConcurrencyConfig", FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1
    )
    world.clock.at += 1000
    await world.idleness.sweep()
    assert await states(world) == [("Active", None), ("Active", None)]


async def test_waking_twice_settles_once(world: World) -> None:
    world.clock.at += 1000
    await world.idleness.sweep()
    version = await world.repository.version(world.ctx(), "f", "1")
    assert version is not None
    await asyncio.gather(world.idleness.wake(version), world.idleness.wake(version))
    await world.settled("f", "1")
    await world.idleness.wake(version)
    assert (await states(world))[1] == ("Active", None)


async def test_it_looks_by_itself_and_without_a_time_never(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(seconds: float) -> None:
        world.clock.at += seconds
        await asyncio.sleep(0)

    monkeypatch.setattr(world.clock, "sleep", sleep)
    async with world.idleness:
        for _ in range(200):
            await asyncio.sleep(0)
    assert await states(world) == [("Inactive", "Idle")] * 2
    world.idleness._seconds = None
    version = await world.repository.version(world.ctx(), "f", "1")
    assert version is not None
    world.idleness.use(version)
    assert world.idleness._used == {}
