"""One launcher for each plan."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.sandbox.launcher import Plan
from lambent.sandbox.launchers import Launchers
from tests.unit.sandbox.worlds import World


async def test_equal_plans_share_one_however_many_ask_at_once(tmp_path: Path) -> None:
    world, launchers = World(tmp_path), Launchers()
    text, other = (Plan.of(world.spec(log_format=name), world.library) for name in ("Text", "JSON"))
    one, two, third = await asyncio.gather(launchers.get(text), launchers.get(text), launchers.get(other))
    assert one is two
    assert one is not third
    await launchers.close()
    assert not one.alive
    assert not third.alive


async def test_a_dead_one_is_replaced(tmp_path: Path) -> None:
    world, launchers = World(tmp_path), Launchers()
    plan = Plan.of(world.spec(), world.library)
    first = await launchers.get(plan)
    os.kill(first._pid, signal.SIGKILL)
    await asyncio.wait_for(asyncio.shield(first._ended), 10)
    second = await launchers.get(plan)
    assert second is not first
    assert second.alive
    await launchers.close()


async def test_one_that_cannot_start_is_tried_again(tmp_path: Path) -> None:
    world, launchers = World(tmp_path), Launchers()
    bootstrap = world.library_directory / "lambent_bootstrap.py"
    good = bootstrap.read_text()
    bootstrap.write_text("1/0")
    plan = Plan.of(world.spec(), world.library)
    with pytest.raises(PlatformError, match="ZeroDivisionError"):
        await launchers.get(plan)
    bootstrap.write_text(good)
    assert (await launchers.get(plan)).alive
    await launchers.close()
