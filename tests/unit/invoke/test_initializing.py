"""INIT of a crew: what comes of it in words, and when the processor is shared as always."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lambent.invoke.crew import Crew
from lambent.invoke.initializing import Initialization, initialize
from lambent.invoke.room import Room
from lambent.model.errors import PlatformError
from lambent.model.invocation import FunctionError, InitType
from lambent.runtime_api.session import InitFailed, Initialized, Parked
from tests.unit.invoke.stage import Stage

IMPORT_ERROR = FunctionError("Runtime.ImportModuleError", b"{}")


async def tried(stage: Stage, limit: float = 5.0, **options: Any) -> tuple[Initialization, list[str]]:
    """What comes of an INIT, and when `over` was called."""
    stage.prepare()
    blueprint = await stage.blueprints.draw(stage.function, InitType.ON_DEMAND)
    room = await Room.open(stage.parts.sandbox, blueprint.spec, stage.parts.serve_endpoint)
    crew = Crew(room.environment, blueprint, stage.parts, lambda: None, lambda: None)
    over: list[str] = []
    try:
        monotonic = stage.parts.clock.monotonic
        done = await initialize(crew, blueprint.journal, limit, monotonic, over=lambda: over.append("over"), **options)
        return done, over
    finally:
        crew.hang_up()
        await asyncio.gather(room.close(), crew.close())


async def never(runtime: Any) -> Initialized:
    await asyncio.sleep(60)
    return Initialized()


@pytest.mark.parametrize(
    ("outcome", "status", "error_type", "parked"),
    [
        (Initialized(), "success", None, False),
        (Parked(), "success", None, False),  # whoever is no template goes on
        (InitFailed(IMPORT_ERROR), "error", "Runtime.ImportModuleError", False),
    ],
)
async def test_what_comes_of_it(
    world: Any, function: Any, outcome: Any, status: str, error_type: str | None, parked: bool
) -> None:
    world.on_init = lambda runtime: outcome
    stage = Stage(world, function())
    done, over = await tried(stage, phase="invoke", request_id="r")
    assert (done.report.status, done.report.phase, done.report.error_type) == (status, "invoke", error_type)
    assert (done.expired, done.parked, over) == (False, parked, ["over"])
    assert (done.ending is None) == (status == "success")
    assert [line.split(" ")[0] for line in stage.lines] == ["INIT_START"]  # the rest is the caller's to tell


async def test_its_time_is_over(world: Any, function: Any) -> None:
    world.on_init = never
    done, over = await tried(Stage(world, function()), 0.02)
    assert (done.expired, done.report.status, done.report.error_type, over) == (True, "timeout", None, ["over"])
    assert done.ending is not None and done.ending.error_type == "Sandbox.Timedout"


async def test_a_start_that_takes_too_long_is_the_platforms_fault(world: Any, function: Any) -> None:
    def late(runtime: Any) -> Initialized:
        raise TimeoutError

    world.on_init = late
    with pytest.raises(PlatformError, match="the runtime could not be started in time"):
        await tried(Stage(world, function()))


async def test_one_that_is_repeated_is_not_told_twice(world: Any, function: Any) -> None:
    world.on_init = lambda runtime: Initialized()
    stage = Stage(world, function())
    await tried(stage, logged=False)
    assert stage.lines == []
