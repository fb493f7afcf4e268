"""One environment on the doubles, with the dispatcher's part played by the test."""

from __future__ import annotations

from typing import Any

from lambent.invoke.base import Credentials
from lambent.invoke.blueprint import Blueprints
from lambent.invoke.ending import Ending
from lambent.invoke.environment import LiveEnvironment
from lambent.invoke.room import Parts
from lambent.invoke.streaming import StreamRules
from lambent.model.invocation import InitType, Invocation
from lambent.sandbox.snapshot import Snapshot
from lambent.settings import Settings


class Stage:
    """See the module. `async with` makes the `parts` and `blueprints`, and launches and initializes it."""

    def __init__(
        self,
        world: Any,
        function: Any,
        init_seconds: float = 10.0,
        init_type: InitType = InitType.ON_DEMAND,
        snapshot: Snapshot | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.init_type = init_type
        self.world = world
        self.function = function
        self.init_seconds = init_seconds
        self.idle_exits: list[int] = []
        self.growth: list[int] = []
        self.environment: LiveEnvironment
        self.kept: bool | None = None

    async def __aenter__(self) -> Stage:
        self.prepare()
        blueprint = await self.blueprints.draw(self.function, self.init_type, snapshot=self.snapshot)
        self.environment = LiveEnvironment(7, self.parts, blueprint)
        await self.environment.launch()
        await self.environment.initialize()
        return self

    def prepare(self) -> None:
        """Make what environments are made with."""
        world = self.world
        self.blueprints = Blueprints(
            runtime_for=lambda name: world.runtime,
            code_tree=world.code_tree,
            layer_tree=world.layer_tree,
            credentials=lambda function: Credentials("a", "b", "c"),
            logs=world,
            clock=world.clock,
            ids=world.ids,
            old_log_lines=True,
        )
        self.parts = Parts(
            world.sandbox,
            world.open_session,
            world.serve_endpoint,
            world.clock,
            world.ids,
            lambda: 1_600_000_000.0,
            self.init_seconds,
            self.idle_exits.append,
            lambda number, size: self.growth.append(size),
            StreamRules.of(Settings()),
        )

    async def __aexit__(self, *exc: object) -> None:
        await self.environment.stop()

    async def invoke(self, request_id: str = "rid", tail: bool = False) -> tuple[Ending, bool]:
        """One invocation as the dispatcher runs it, bookkeeping included."""
        self.environment.claim()
        ending = await self.environment.run(Invocation(request_id, b"{}", deadline_ms=1, invoked_arn="arn"), tail=tail)
        usable = await self.environment.settle(ending)
        if usable:
            self.environment.release()
        else:
            self.kept = await self.environment.reset()
        self.environment.finish()
        return ending, usable

    @property
    def lines(self) -> list[str]:
        return [line.split("\tRuntime Version ARN")[0] for line in self.world.lines]
