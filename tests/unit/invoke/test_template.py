"""Templates: one INIT, then a capture, and nothing left of it but the snapshot."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lambent.invoke import template
from lambent.invoke.base import InitFailure
from lambent.invoke.template import Outcome, Unfit
from lambent.model.invocation import ExitStatus, FunctionError, InitType
from lambent.model.runtime import RuntimeKind
from lambent.runtime_api.session import Disconnected, InitFailed, Initialized, Parked
from lambent.sandbox.snapshot import Snapshot
from tests.unit.invoke.conftest import PYTHON
from tests.unit.invoke.plates import CapturingEnvironment
from tests.unit.invoke.stage import Stage


@pytest.fixture
def stage(world: Any, function: Any) -> Stage:
    world.make_environment = CapturingEnvironment
    world.on_init = lambda runtime: Parked()
    return Stage(world, function(snap_start=True, version="1"))


async def make(stage: Stage) -> Outcome:
    stage.prepare()
    blueprint = await stage.blueprints.draw(stage.function, InitType.SNAP_START, is_template=True)
    return await template.make(stage.parts, blueprint)


async def test_a_capture(world: Any, stage: Stage) -> None:
    outcome = await make(stage)
    assert isinstance(outcome, Snapshot)
    steps = [event for event in world.events if event in ("start", "make_room", "capture", "sweep", "kill", "proceed")]
    assert steps == ["start", "make_room", "capture", "sweep", "kill"]
    assert [line.split(":")[0] for line in stage.lines] == ["INIT_START Runtime Version", "INIT_REPORT Init Duration"]
    assert world.served == 0
    outcome.close()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("holds a socket open (descriptor 7)",) * 2, (None, "ended while it was captured")],
)
async def test_what_cannot_be_captured(world: Any, stage: Stage, answer: str | None, reason: str) -> None:
    world.scripts["capture"] = answer
    assert await make(stage) == Unfit(reason)
    assert stage.lines[-1] == (
        f"SnapStart: no snapshot was made, because the function {reason}. Each of its environments is initialized anew."
    )
    assert world.environments[0].killed


async def test_a_sandbox_that_captures_nothing(world: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CapturingEnvironment, "can_capture", False)
    assert await make(stage) == Unfit("runs in a sandbox that captures nothing")
    assert "capture" not in world.events


async def test_a_capture_that_takes_too_long(world: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template, "CAPTURE_SECONDS", 0.01)
    world.scripts["capture"] = lambda: asyncio.sleep(10)
    assert await make(stage) == Unfit("could not be captured in time")


async def test_a_runtime_that_asks_for_none(world: Any, stage: Stage) -> None:
    world.on_init = lambda runtime: Initialized()
    assert await make(stage) == Unfit("has a runtime that does not ask for a snapshot")


async def test_what_is_known_ahead_starts_nothing(world: Any, stage: Stage, tmp_path: Path) -> None:
    world.runtime = msgspec.structs.replace(PYTHON, name="java17", kind=RuntimeKind.EXEC)
    stage.function = msgspec.structs.replace(stage.function, runtime="java17")
    assert await make(stage) == Unfit("has a runtime that cannot be captured (java17)")
    world.runtime = PYTHON
    stage.function = msgspec.structs.replace(
        stage.function, runtime="python3.12", variables={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}
    )
    assert await make(stage) == Unfit("is started by a wrapper script")
    stage.function = msgspec.structs.replace(stage.function, variables={})
    (tmp_path / "extensions").mkdir()
    (tmp_path / "extensions" / "one").touch(0o755)
    world.layers = tmp_path
    assert await make(stage) == Unfit("has extensions that run beside it")
    assert world.environments == []


async def test_an_init_that_fails(world: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    world.on_init = lambda runtime: InitFailed(FunctionError("Runtime.ImportModuleError", b"{}"))
    failed = "The function failed while it was initialized: "
    assert await make(stage) == InitFailure("FunctionError.RuntimeInitError", failed + "Runtime.ImportModuleError.")
    world.on_init = lambda runtime: runtime.exit(ExitStatus(signal=9)) or Disconnected()
    assert await make(stage) == InitFailure("FunctionError.RuntimeInitError", failed + "Runtime.ExitError.")
    assert stage.lines[-1].endswith("Phase: init\tStatus: error\tError Type: Runtime.ExitError")
    monkeypatch.setattr(template, "EXTENDED_INIT_SECONDS", 0.01)
    stage.function = msgspec.structs.replace(stage.function, timeout=0)
    world.on_init = lambda runtime: asyncio.sleep(10)
    assert await make(stage) == InitFailure("FunctionError.InitTimeout", failed + "Sandbox.Timedout.")
    assert all(environment.killed for environment in world.environments)
