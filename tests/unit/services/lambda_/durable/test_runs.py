"""Executions are driven to their end, by functions, by time, and over the ends of servers."""

from __future__ import annotations

import asyncio

import pytest

from lambent.model.errors import ApiError, PlatformError
from lambent.services.lambda_.durable.arns import execution_ref
from lambent.services.lambda_.durable.machine import Machine
from tests.unit.services.lambda_.durable.conftest import CALLBACK, DONE, FOREVER, PENDING, Stage


async def test_time_invokes_the_function_again(stage: Stage) -> None:
    wait = FOREVER | {"WaitOptions": {"WaitSeconds": 60}}
    stage.acts = [([wait], PENDING), ([], DONE)]
    shown = await stage.ended(await stage.start())
    assert (shown["Status"], shown["Result"]) == ("SUCCEEDED", '"done"')
    assert shown["EndTimestamp"] >= shown["StartTimestamp"] + 60
    begun, ended = stage.world.told.heard
    assert (begun, ended[:3], ended[4]) == (("begun", "d"), ("ended", "d", "SUCCEEDED"), 2)
    assert ended[3] == pytest.approx(shown["EndTimestamp"] - shown["StartTimestamp"])
    assert stage.events[1]["UpdatedOperationIds"] == ["w"]
    assert await stage.history(shown["DurableExecutionArn"]) == [
        "ExecutionStarted",
        "WaitStarted",
        "InvocationCompleted",
        "WaitSucceeded",
        "InvocationCompleted",
        "ExecutionSucceeded",
    ]


async def test_no_room_is_tried_again(stage: Stage) -> None:
    full = ApiError("TooManyRequestsException", "full")
    stage.acts = [([], full), ([], PlatformError("lost")), ([], DONE)]
    assert (await stage.ended(await stage.start()))["Status"] == "SUCCEEDED"
    assert len(stage.events) == 3


async def test_a_killed_server_is_succeeded_by_one_that_goes_on(stage: Stage) -> None:
    stage.held.clear()
    running = await stage.start()
    waiting_acts = [([FOREVER], PENDING)]
    await stage.idle()
    second = stage.world.after_a_crash()
    other = Stage(second)
    other.acts = [*waiting_acts, ([], DONE)]
    second.invoker.play = other.play
    async with second.runs:
        found = await second.executions.execution(execution_ref(running), "d", execution_ref(running).id)
        assert found is not None
        assert found.invocation
        second.runs.resume(found)
        await other.idle()
        assert len(other.events) == 1
        second.clock.at += 100_000
        resumed = await second.executions.execution(found, "d", found.id)
        assert resumed is not None
        assert not resumed.invocation
    third = stage.world.after_a_crash()
    last = Stage(third)
    last.acts = [([], DONE)]
    third.invoker.play = last.play
    third.clock.at += 100_000
    async with third.runs:
        third.runs.resume(resumed)
        assert (await last.ended(running))["Status"] == "SUCCEEDED"
        assert [each[:2] for each in third.told.heard] == [("found", "d"), ("ended", "d")]


async def test_a_chained_invocation_that_a_crash_cut_off_is_made_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = asyncio.Event()

    async def hang(*_: object, **__: object) -> None:
        await never.wait()

    monkeypatch.setattr(stage.world.neighbours, "call", hang)
    options = {"FunctionName": "other"}
    invoke = {"Id": "x", "Type": "CHAINED_INVOKE", "Action": "START", "ChainedInvokeOptions": options}
    stage.acts = [([invoke], PENDING)]
    arn = await stage.start()
    await stage.idle()
    second = stage.world.after_a_crash()
    other = Stage(second)
    other.acts, other.answers = [([], DONE)], [{"Payload": b"42"}]
    second.invoker.play = other.play
    monkeypatch.setattr(second.neighbours, "call", other.call)
    found = await second.executions.execution(execution_ref(arn), "d", execution_ref(arn).id)
    assert found is not None
    assert found.invokes
    async with second.runs:
        second.runs.resume(found)
        assert (await other.ended(arn))["Status"] == "SUCCEEDED"
    seen = other.events[0]["InitialExecutionState"]["Operations"][1]
    assert seen["ChainedInvokeDetails"] == {"Result": "42"}


async def test_what_is_over_goes_after_its_time(stage: Stage) -> None:
    stage.acts = [([], DONE)]
    arn = await stage.start(DurableExecutionName="kept")
    await stage.ended(arn)
    second = stage.world.after_a_crash()
    second.clock.at += 86_400
    found = await second.executions.execution(execution_ref(arn), "d", execution_ref(arn).id)
    assert found is not None
    async with second.runs:
        second.runs.resume(found)
        await stage.idle()
    keys = [record.key for record in await second.store.list("") if "durable" in record.key]
    assert keys == []


async def test_a_change_that_is_refused_changes_nothing(stage: Stage) -> None:
    stage.acts = [([CALLBACK], PENDING)]
    which = execution_ref(await stage.start())
    await stage.idle()

    def act(machine: Machine) -> None:
        machine.stop({}, 0.0)
        raise ApiError("X", "no")

    with pytest.raises(ApiError, match="no"):
        await stage.world.runs.change(which, act)
    assert await stage.world.runs.read(which, lambda machine: machine.execution.status) == "RUNNING"


async def test_whoever_waits_hears_of_the_end_of_the_server(stage: Stage) -> None:
    stage.held.clear()
    which = execution_ref(await stage.start())
    waiting = asyncio.create_task(stage.world.runs.outcome(which))
    await stage.idle()
    await stage.world.runs.__aexit__()
    with pytest.raises(PlatformError, match="shutting down"):
        await waiting
    with pytest.raises(PlatformError, match="shutting down"):
        await stage.world.runs.change(which, lambda machine: None)
