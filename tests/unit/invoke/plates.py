"""Doubles that can be captured, and restored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lambent.runtime_api.session import Initialized
from lambent.sandbox.base import RuntimeProcess
from lambent.sandbox.snapshot import Snapshot, blank
from tests.unit.invoke.conftest import PromptRuntime, SweepingEnvironment
from tests.unit.sandbox.test_snapshot import Launcher


def a_snapshot() -> Snapshot:
    """One that fits a launcher that lives."""
    return Snapshot(blank(), Launcher())


class CapturableRuntime(PromptRuntime):
    """Its `capture` is what `World.scripts["capture"]` says: a reason, empty, or None."""

    def __init__(self, world: Any, environment: Any) -> None:
        super().__init__(world, environment)
        self.on_restored: Callable[[], None] = lambda: None
        self.is_restored = world.scripts.get("quick", False)

    async def capture(self) -> str | None:
        self.world.note("capture")
        answer = self.world.scripts.get("capture", "")
        return await self._until_closed(answer() if callable(answer) else answer)


class CapturingEnvironment(SweepingEnvironment):
    """Where such a runtime runs."""

    can_capture = True

    async def start_runtime(self) -> RuntimeProcess:
        self.runtime = CapturableRuntime(self.world, self)
        return self.runtime.process

    def make_room(self) -> None:
        self.world.note("make_room")

    async def take_snapshot(self) -> Snapshot:
        await self.sweep()
        return a_snapshot()


def restored(world: Any) -> Callable[[Any], Any]:
    """A script of `World.on_init`: the runtime is back, and its hooks take 30 ms."""

    def script(runtime: Any) -> Any:
        runtime.on_restored()
        world.clock.pushed += 0.03
        return Initialized()

    return script
