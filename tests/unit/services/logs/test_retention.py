"""Old events go: from what is told at once, from the disk when their file has nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from lambent.services.logs import limits
from lambent.services.logs.retention import Retention
from tests.unit.services.logs.conftest import World


async def test_files_go(world: World) -> None:
    await world.stream()
    await world.put("old", at=world.now - 3 * limits.DAY_MS)
    await world.put("later")
    sweeper = Retention(world.archive)
    assert await sweeper.sweep() == 0
    await world.call("PutRetentionPolicy", logGroupName="g", retentionInDays=1)
    assert await sweeper.sweep() == 0  # it is ended, since it holds what is kept, too
    await world.put("last", at=world.now + limits.HOUR_MS)
    assert await world.messages() == ["later", "last"]
    world.clock.at += 86_400 + 10
    assert await sweeper.sweep() == 1
    assert await world.messages() == ["last"]
    world.clock.at += 86_400
    assert await sweeper.sweep() == 1
    assert not [path for path in world.root.rglob("*.log*") if path.stat().st_size]


async def test_it_sweeps_when_it_is_opened(world: World) -> None:
    await world.stream()
    await world.put("old", at=world.now - 3 * limits.DAY_MS)
    await world.call("PutRetentionPolicy", logGroupName="g", retentionInDays=1)
    async with Retention(world.archive):
        while _lies(world.root):
            await world.store.flush()
            await world.store.ask(lambda files: None)


def _lies(root: Path) -> bool:
    """Whether the log is there; folders may go while we look."""
    return any("s.log" in files for _, _, files in os.walk(root))
