"""Alarms ring when their time has come, and only for the last time that was set."""

from __future__ import annotations

import asyncio

from lambent.services.lambda_.durable.alarms import Alarms
from lambent.services.lambda_.durable.values import Ref
from tests.unit.services.lambda_.conftest import StoppedClock


def which(name: str) -> Ref:
    return Ref("0", "r", "f", name)


async def turns() -> None:
    for _ in range(100):
        await asyncio.sleep(0)


async def rung(alarms: Alarms, found: list[str], count: int) -> list[str]:
    watching = asyncio.create_task(alarms.watch())
    await turns()
    assert len(found) == count
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return found


async def test_the_earliest_rings_first() -> None:
    clock, found = StoppedClock(), list[str]()
    alarms = Alarms(clock, lambda each: found.append(f"{each.id} {clock.now() - start:.0f}"))
    start = clock.now()
    alarms.at(which("late"), start + 20)
    alarms.at(which("early"), start + 10)
    alarms.at(which("gone"), start + 5)
    alarms.forget(which("gone"))
    alarms.at(which("moved"), start + 1)
    alarms.at(which("moved"), start + 30)
    assert await rung(alarms, found, 3) == ["early 10", "late 20", "moved 30"]


async def test_one_that_is_set_later_wakes_the_sleeper() -> None:
    clock, found = StoppedClock(), list[str]()
    alarms = Alarms(clock, lambda each: found.append(each.id))
    alarms.at(which("far"), clock.now() + 10_000)
    watching = asyncio.create_task(alarms.watch())
    await turns()
    assert not found
    alarms.at(which("near"), clock.now())
    await turns()
    assert found == ["near"]
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
