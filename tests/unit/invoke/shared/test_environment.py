"""One environment with several workers: INIT, what runs at once, time-outs, ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lambent.invoke.base import Credentials
from lambent.invoke.blueprint import Blueprints
from lambent.invoke.room import Parts
from lambent.invoke.shared.environment import InitBroken, SharedEnvironment
from lambent.invoke.streaming import StreamRules
from lambent.model.errors import PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import InitType, Invocation
from lambent.settings import Settings
from tests.unit.invoke.conftest import World
from tests.unit.invoke.shared.workers import Workers, managed


class Scene:
    """An environment, and what it has told."""

    def __init__(self, world: World, workers: Workers) -> None:
        self.world = world
        self.workers = workers
        self.hung: list[int] = []
        self.answered: list[bool] = []
        self.broken: list[int] = []
        self.environment: SharedEnvironment

    async def make(self, function: FunctionVersion) -> SharedEnvironment:
        world = self.world
        blueprints = Blueprints(
            runtime_for=lambda name: world.runtime,
            code_tree=world.code_tree,
            layer_tree=world.layer_tree,
            credentials=lambda function: Credentials("a", "b", "c"),
            logs=world,
            clock=world.clock,
            ids=world.ids,
            old_log_lines=True,
        )
        parts = Parts(
            world.sandbox,
            world.open_session,
            world.serve_endpoint,
            world.clock,
            world.ids,
            lambda: 1_600_000_000.0,
            10.0,
            lambda number: None,
            lambda number, size: None,
            StreamRules.of(Settings()),
        )
        blueprint = await blueprints.draw(function, InitType.MANAGED)
        made = self.environment = SharedEnvironment(
            7, parts, blueprint, self.hung.append, lambda number, late: self.answered.append(late), self.broken.append
        )
        await made.launch()
        return made

    async def run(self, request_id: str, event: Any) -> Any:
        invocation = Invocation(request_id, json.dumps(event).encode(), 1, "arn")
        ending, seconds = await self.environment.run(invocation)
        self.environment.finish(invocation, ending, seconds)
        return ending

    def records(self, kind: str) -> list[Any]:
        lines = [json.loads(line) for line in self.world.lines if line.startswith("{")]
        return [line["record"] for line in lines if line["type"] == kind]


@pytest.fixture
async def scene(world: World) -> AsyncIterator[Scene]:
    workers = Workers(world, 2)
    made = Scene(world, workers)
    yield made
    await made.environment.stop()
    await workers.stop()


async def test_two_at_once(scene: Scene) -> None:
    made = await scene.make(managed())
    await made.initialize()
    assert made.init_seconds is not None
    assert "set_cpu 1.0" in scene.world.events, "2 GB at 2 GB a processor"
    endings = await asyncio.gather(scene.run("a", 2), scene.run("b", 2))
    assert [(ending.status, ending.payload) for ending in endings] == [("success", b"2")] * 2
    assert (scene.answered, scene.hung) == ([False, False], [])
    info = made.info()
    assert (info.invocations, info.state, info.init_type) == (2, "idle", "lambda-managed-instances")
    reports = scene.records("platform.report")
    assert sorted(report["requestId"] for report in reports) == ["a", "b"]
    assert {tuple(report["metrics"]) for report in reports} == {("durationMs",)}
    await made.stop()
    await made.stop()
    assert scene.world.events.count("kill") == 1
    assert "freeze" not in scene.world.events
    with pytest.raises(PlatformError, match="is gone"):
        await made.initialize()


async def test_a_timeout_is_told_and_the_worker_stays_busy(scene: Scene) -> None:
    made = await scene.make(managed(timeout=0.05))
    await made.initialize()
    ending = await scene.run("a", "hang")
    assert (ending.status, ending.error_type) == ("timeout", "Sandbox.Timedout")
    assert (scene.answered, scene.hung) == ([], [7])
    assert made.info().state == "busy"
    assert (await scene.run("b", "fine")).status == "success"
    assert scene.answered == [False]
    assert [report["status"] for report in scene.records("platform.report")] == ["timeout", "success"]
    await made.stop()
    await asyncio.sleep(0)
    assert scene.answered == [False, True], "whatever ran is over"


async def test_a_runtime_that_ends_takes_everything_with_it(scene: Scene) -> None:
    made = await scene.make(managed())
    await made.initialize()
    runs = [asyncio.ensure_future(scene.run(name, 3)) for name in "ab"]
    while scene.workers.meeting < 2:  # noqa: ASYNC110 - threads knock from outside the loop
        await asyncio.sleep(0.001)
    scene.workers.end_runtime()
    endings = await asyncio.gather(*runs)
    assert [ending.error_type for ending in endings] == ["Runtime.ExitError"] * 2
    assert b"Runtime exited with error: exit status 1" in endings[0].payload
    assert scene.broken[:1] == [7]
    scene.workers.all_there.set()


async def test_an_init_that_fails(scene: Scene) -> None:
    scene.workers.fails_init = True
    made = await scene.make(managed())
    with pytest.raises(InitBroken) as broken:
        await made.initialize()
    assert broken.value.ending.payload == b'{"errorType":"Odd"}'
    assert [report["status"] for report in scene.records("platform.initReport")] == ["error"]
    assert scene.broken == []


async def test_without_a_runtime_nothing_runs(scene: Scene) -> None:
    await scene.make(managed())
    with pytest.raises(PlatformError, match="has no runtime"):
        await scene.run("a", 1)
    assert scene.answered == [False]
