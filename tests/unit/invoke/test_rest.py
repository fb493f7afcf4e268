"""When a free environment is frozen and thawed, and when not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from lambent.invoke.lifecycle import Lifecycle, Move, State
from lambent.invoke.rest import FREEZE_AFTER_SECONDS, Curfew, Rest
from lambent.model.errors import PlatformError
from lambent.sandbox.base import EnvironmentSpec
from tests.unit.invoke.conftest import FakeEnvironment


class Bed:
    """A free environment that rests."""

    def __init__(self, world: Any, curfew: Curfew | None = None) -> None:
        self.environment = FakeEnvironment(
            world, EnvironmentSpec("0" * 32, world.runtime, Path("/code"), None, 128, 512, "app.handler", {})
        )
        self.environment.endpoint.close()
        self.life = Lifecycle("e")
        self.life.move(Move.LAUNCHED)
        self.life.move(Move.INITIALIZED)
        self.rest = Rest(self.life, curfew or Curfew())
        self.rest.begin(self.environment)

    def serve(self) -> None:
        self.life.move(Move.CLAIMED)
        self.life.move(Move.FREED)
        self.rest.begin(self.environment)


async def test_after_a_few_milliseconds_it_is_frozen_and_its_end_thaws(world) -> None:
    bed = Bed(world)
    assert not bed.rest.frozen
    await asyncio.sleep(FREEZE_AFTER_SECONDS * 3)
    assert bed.life.state is State.FROZEN
    assert bed.rest.frozen and bed.environment.frozen
    bed.life.move(Move.CLAIMED)
    await bed.rest.end()
    assert not bed.rest.frozen and not bed.environment.frozen


async def test_what_is_busy_is_not_frozen(world) -> None:
    bed = Bed(world)
    bed.life.move(Move.CLAIMED)
    await asyncio.sleep(FREEZE_AFTER_SECONDS * 3)
    assert world.events == []
    await bed.rest.end()
    assert world.events == []


async def test_back_to_back_requests_put_the_freeze_off(world) -> None:
    bed = Bed(world)
    for _ in range(8):
        await asyncio.sleep(FREEZE_AFTER_SECONDS / 2)
        if bed.life.state is State.IDLE:
            bed.serve()
    late = world.events.count("freeze")
    await asyncio.sleep(FREEZE_AFTER_SECONDS * 3)
    assert bed.life.state is State.FROZEN
    assert late <= 1, "only a loop that was late may have let it freeze meanwhile"


async def test_whoever_comes_while_it_freezes_waits_for_that_and_thaws(world) -> None:
    bed, gate = Bed(world), asyncio.Event()
    freeze = bed.environment.freeze

    async def slow() -> None:
        await gate.wait()
        await freeze()

    bed.environment.freeze = slow
    await asyncio.sleep(FREEZE_AFTER_SECONDS * 3)
    bed.life.move(Move.CLAIMED)
    ending = asyncio.ensure_future(bed.rest.end())
    await world.quiet()
    assert not ending.done()
    gate.set()
    await ending
    assert world.events == ["freeze", "thaw"]
    assert bed.life.state is State.INVOKE


async def test_a_freezer_that_fails_is_no_reason_to_fail(world, caplog) -> None:
    bed = Bed(world)

    async def broken() -> None:
        raise PlatformError("no freezer")

    bed.environment.freeze = broken
    await asyncio.sleep(FREEZE_AFTER_SECONDS * 3)
    assert "runs on while idle: no freezer" in caplog.text
    assert bed.life.state is State.IDLE


async def test_cancelled_it_does_not_freeze_any_more(world) -> None:
    bed = Bed(world)
    await bed.rest.cancel()
    await asyncio.sleep(FREEZE_AFTER_SECONDS * 3)
    assert world.events == []


async def test_many_that_rest_have_one_timer(world, monkeypatch) -> None:
    loop, made = asyncio.get_running_loop(), []
    curfew = Curfew()
    later = loop.call_later
    monkeypatch.setattr(curfew, "_loop", Counted(loop, made, later))
    beds = [Bed(world, curfew) for _ in range(20)]
    assert len(made) == 1
    await asyncio.sleep(FREEZE_AFTER_SECONDS * 3)
    assert {bed.life.state for bed in beds} == {State.FROZEN}
    assert len(made) <= 3


class Counted:
    """A loop that writes down its timers."""

    def __init__(self, loop: Any, made: list[Any], later: Any) -> None:
        self.time = loop.time
        self._made, self._later = made, later

    def call_later(self, seconds: float, work: Any) -> Any:
        self._made.append(work)
        return self._later(seconds, work)
