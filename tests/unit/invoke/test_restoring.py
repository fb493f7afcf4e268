"""RESTORE: what it is told as, what it costs, and how it fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lambent.invoke import restoring
from lambent.model.errors import ApiError, PlatformError
from lambent.model.invocation import ExitStatus, FunctionError, InitType
from lambent.runtime_api.session import Disconnected, Initialized, Responded, RestoreFailed
from tests.unit.invoke.plates import CapturingEnvironment, a_snapshot, restored
from tests.unit.invoke.stage import Stage


@pytest.fixture
def stage(world: Any, function: Any) -> Any:
    world.make_environment = CapturingEnvironment
    snapshot = a_snapshot()
    yield Stage(world, function(snap_start=True), init_type=InitType.SNAP_START, snapshot=snapshot)
    snapshot.close()


async def test_the_log_of_a_restore_and_the_first_two_invocations(world: Any, stage: Stage) -> None:
    world.on_init = restored(world)
    async with stage:
        assert stage.environment.init_seconds is not None
        await stage.invoke("one")
        await stage.invoke("two")
    assert [line.split(" ")[0] for line in stage.lines[:3]] == ["RESTORE_START", "RESTORE_REPORT", "START"]
    first, second = [line for line in stage.lines if line.startswith("REPORT")]
    assert "\tRestore Duration: 3" in first
    assert "ms\tBilled Restore Duration: 3" in first
    assert "Init Duration" not in first
    assert "Restore" not in second


async def test_a_runtime_that_is_back_before_anybody_listens_counts_as_restored(world: Any, stage: Stage) -> None:
    world.scripts["quick"] = True
    world.on_init = lambda runtime: RestoreFailed(FunctionError("Runtime.AfterRestoreError", b"{}"))
    with pytest.raises(ApiError, match="SnapStartException"):
        await stage.__aenter__()
    await stage.environment.stop()


async def test_after_a_crash_it_is_restored_again(world: Any, stage: Stage) -> None:
    world.on_init = restored(world)
    async with stage:
        world.on_invoke = lambda runtime, invocation: runtime.exit(ExitStatus(code=3)) or Disconnected()
        await stage.invoke("one")
        world.on_invoke = lambda runtime, invocation: Responded(b"1")
        await stage.invoke("two")
        assert [line.split(" ")[0] for line in stage.lines].count("RESTORE_START") == 2
        assert "Restore" not in stage.lines[-1]  # it was part of the duration


async def test_once_the_snapshot_is_gone_a_crash_ends_in_an_init(world: Any, stage: Stage) -> None:
    world.on_init = restored(world)
    async with stage:
        world.on_invoke = lambda runtime, invocation: runtime.exit(ExitStatus(code=3)) or Disconnected()
        await stage.invoke("one")
        assert stage.snapshot is not None
        stage.snapshot.close()
        world.on_init = lambda runtime: Initialized()
        world.on_invoke = lambda runtime, invocation: Responded(b"1")
        await stage.invoke("two")
        assert [line.split(" ")[0] for line in stage.lines].count("INIT_START") == 1


@pytest.mark.parametrize(
    ("failed", "code", "reported"),
    [
        (RestoreFailed(FunctionError("Runtime.AfterRestoreError", b"{}")), "SnapStartException", "AfterRestoreError"),
        (Disconnected(), "SnapStartException", "ExitError"),
    ],
)
async def test_hooks_that_fail(world: Any, stage: Stage, failed: Any, code: str, reported: str) -> None:
    def script(runtime: Any) -> Any:
        runtime.on_restored()
        runtime.exit(ExitStatus(code=65))
        return failed

    world.on_init = script
    with pytest.raises(ApiError) as caught:
        await stage.__aenter__()
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert f"\tStatus: error\tError Type: Runtime.{reported}" in stage.lines[-1]
    await stage.environment.stop()


async def test_hooks_that_take_too_long(world: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring, "RESTORE_SECONDS", 0.01)
    world.on_init = lambda runtime: asyncio.sleep(10)
    with pytest.raises(ApiError) as caught:
        await stage.__aenter__()
    assert (caught.value.code, caught.value.status) == ("SnapStartTimeoutException", 408)
    assert stage.lines[-1].endswith("\tStatus: timeout")
    await stage.environment.stop()


async def test_an_image_that_does_not_come_back_is_the_platforms_fault(world: Any, stage: Stage) -> None:
    world.on_init = lambda runtime: runtime.exit(ExitStatus(signal=11)) or Disconnected()
    with pytest.raises(PlatformError, match="could not be restored: Runtime exited with error: signal: segmentation"):
        await stage.__aenter__()
    await stage.environment.stop()
