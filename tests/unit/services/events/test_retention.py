"""Archived events whose days are over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lambent.services.events.retention import DAY_SECONDS, Retention
from tests.unit.services.events.conftest import BUS

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World


async def count(world: World) -> int:
    return int((await world.call("DescribeArchive", ArchiveName="a"))["EventCount"])


async def test_events_go_when_their_days_are_over(world: World) -> None:
    retention = Retention(world.repository, world.shelf, world.wire, world.clock)
    assert await retention.sweep() is None
    await world.call("CreateArchive", ArchiveName="for-good", EventSourceArn=BUS)
    assert await retention.sweep() is None
    await world.call("CreateArchive", ArchiveName="a", EventSourceArn=BUS, RetentionDays=1)
    await world.put()
    world.clock.at += DAY_SECONDS - 60
    assert (round(await retention.sweep() or 0), await count(world)) == (60, 1)
    world.clock.at += 60
    assert (await retention.sweep(), await count(world)) == (DAY_SECONDS / 2, 0)
    assert (await world.call("DescribeArchive", ArchiveName="for-good"))["EventCount"] == 1


async def test_it_wakes_when_an_archive_gets_days(world: World) -> None:
    await world.call("CreateArchive", ArchiveName="a", EventSourceArn=BUS)
    await world.put()
    world.clock.at += 2 * DAY_SECONDS
    async with Retention(world.repository, world.shelf, world.wire, world.clock):
        await world.settle()
        await world.call("UpdateArchive", ArchiveName="a", RetentionDays=1)
        while await count(world):  # noqa: ASYNC110  nobody is told when it is done
            await asyncio.sleep(0)
