"""One environment's life: INIT, invocations, rest, end, and what its log says of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lambent.invoke import environment as environment_module
from lambent.invoke.ending import Ending
from lambent.invoke.lifecycle import State
from lambent.model.errors import PlatformError
from lambent.model.invocation import ExitStatus, FunctionError, InitType, Invocation
from lambent.runtime_api.session import Disconnected, Failed, InitFailed, Initialized, Responded
from tests.unit.invoke.conftest import FakeEnvironment
from tests.unit.invoke.stage import Stage

IMPORT_ERROR = FunctionError("Runtime.ImportModuleError", b'{"errorType":"Runtime.ImportModuleError"}')


def reports(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("REPORT")]


async def test_the_log_of_a_cold_and_a_warm_invocation(world, function) -> None:
    def greet(runtime: Any, invocation: Invocation) -> Responded:
        runtime.print(f"hello {invocation.request_id}\nno line end")
        world.clock.pushed += 0.08
        return Responded(b"1")

    world.on_invoke = greet
    async with Stage(world, function()) as stage:
        world.environments[0].peak = 31 * 1024 * 1024 + 5
        assert await stage.invoke("one") == (Ending("one", b"1"), True)
        await stage.invoke("two")
    lines = stage.lines
    assert [line.split(" ")[0] for line in lines[:1]] == ["INIT_START"]
    assert lines[1:5] == ["START RequestId: one Version: $LATEST", "hello one", "no line end", "END RequestId: one"]
    assert lines[6:10] == ["START RequestId: two Version: $LATEST", "hello two", "no line end", "END RequestId: two"]
    first, second = reports(lines)
    assert "\tMemory Size: 128 MB\tMax Memory Used: 32 MB\tInit Duration: " in first
    assert second.endswith("\tMax Memory Used: 32 MB\t")
    assert "\tDuration: 80." in first


async def test_a_handlers_error_keeps_the_environment(world, function) -> None:
    world.on_invoke = lambda runtime, invocation: Failed(FunctionError("ValueError", b'{"errorType":"ValueError"}'))
    async with Stage(world, function()) as stage:
        ending, reusable = await stage.invoke()
        assert (ending.status, ending.error_type, ending.payload) == (
            "failure",
            "ValueError",
            b'{"errorType":"ValueError"}',
        )
        assert reusable
    assert "Status" not in reports(stage.lines)[0]


async def test_a_timeout(world, function) -> None:
    async def sleep(runtime: Any, invocation: Invocation) -> Responded:
        runtime.print("working")
        await asyncio.sleep(10)
        return Responded(b"late")

    world.on_invoke = sleep
    async with Stage(world, function(timeout=0.05)) as stage:
        ending, reusable = await stage.invoke("5b8e")
        assert not reusable
    assert ending.status == "timeout"
    assert ending.payload == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 5b8e Error: Task timed out after 0.05 seconds"}'
    )
    assert stage.lines[-4:-1] == [
        "working",
        "2023-11-14T22:13:20.000Z 5b8e Task timed out after 0.05 seconds",
        "END RequestId: 5b8e",
    ]
    assert "\tDuration: 50.00 ms\t" in stage.lines[-1]
    assert stage.lines[-1].endswith("Status: timeout")


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (ExitStatus(code=1), "Runtime exited with error: exit status 1"),
        (ExitStatus(signal=9, oom=True), "Runtime exited with error: signal: killed"),
        (ExitStatus(code=0), "Runtime exited without providing a reason"),
    ],
)
async def test_a_runtime_that_ends_instead_of_answering(world, function, status: ExitStatus, text: str) -> None:
    def crash(runtime: Any, invocation: Invocation) -> Disconnected:
        runtime.print("last words")
        runtime.exit(status)
        return Disconnected()

    world.on_invoke = crash
    async with Stage(world, function()) as stage:
        ending, reusable = await stage.invoke("5b8e")
    assert not reusable
    assert ending.payload.decode() == (
        '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 5b8e Error: ' + text + '"}'
    )
    assert stage.lines[-4:-1] == [
        "last words",
        f"RequestId: 5b8e Error: {text}\nRuntime.ExitError",
        "END RequestId: 5b8e",
    ]
    assert stage.lines[-1].endswith("Status: error\tError Type: Runtime.ExitError")


async def test_a_runtime_that_answers_and_then_ends_has_answered_but_is_not_reused(world, function) -> None:
    def answer(runtime: Any, invocation: Invocation) -> Responded:
        runtime.exit(ExitStatus(code=2))
        return Responded(b"1")

    world.on_invoke = answer
    world.on_idle = lambda runtime: False
    async with Stage(world, function()) as stage:
        environment = stage.environment
        environment.claim()
        ending = await environment.run(Invocation("rid", b"", 1, "arn"), tail=False)
        assert (ending.status, ending.payload) == ("success", b"1")
        assert not await environment.settle(ending)
    assert stage.lines[-1].endswith("Status: error\tError Type: Runtime.ExitError")


async def test_a_process_known_to_be_gone_is_not_reused_even_if_its_session_has_not_noticed(world, function) -> None:
    def answer(runtime: Any, invocation: Invocation) -> Responded:
        runtime.exit(ExitStatus(code=2))
        return Responded(b"1")

    world.on_invoke = answer
    async with Stage(world, function()) as stage:
        _, reusable = await stage.invoke()
        assert not reusable


async def test_the_duration_lasts_until_the_runtime_asks_for_the_next_request(world, function) -> None:
    async def linger(runtime: Any) -> bool:
        world.clock.pushed += 0.5
        return True

    world.on_idle = linger
    async with Stage(world, function()) as stage:
        await stage.invoke()
    duration = reports(stage.lines)[0].partition("\tDuration: ")[2].partition(" ms")[0]
    assert float(duration) >= 500


async def test_a_runtime_that_never_asks_for_the_next_request_times_out_after_its_answer(world, function) -> None:
    async def never(runtime: Any) -> bool:
        await runtime.closed
        return False

    world.on_idle = never
    async with Stage(world, function(timeout=0.05)) as stage:
        environment = stage.environment
        environment.claim()
        ending = await environment.run(Invocation("rid", b"", 1, "arn"), tail=False)
        assert ending.payload == b'"ok"'
        assert not await environment.settle(ending)
    assert stage.lines[-1].endswith("Status: timeout")


async def test_a_failed_init_is_repeated_by_the_first_invocation_which_reports_its_error(world, function) -> None:
    def fail(runtime: Any) -> InitFailed:
        runtime.log("[ERROR] Runtime.ImportModuleError: no module")
        return InitFailed(IMPORT_ERROR)

    world.on_init = fail
    async with Stage(world, function()) as stage:
        assert stage.environment.life.state is State.VACANT
        assert stage.environment.init_seconds is None
        ending, usable = await stage.invoke("5b8e")
        assert stage.environment.life.state is State.VACANT
    assert (ending.status, ending.payload, usable) == ("error", IMPORT_ERROR.payload, False)
    assert world.events.count("sweep") == 2
    assert len(world.environments) == 1
    kinds = [line.split(" Duration")[0].split("\t")[0] for line in stage.lines]
    assert kinds == [
        "INIT_START Runtime Version: python:3.12.1",
        "[ERROR] Runtime.ImportModuleError: no module",
        "INIT_REPORT Init",
        "[ERROR] Runtime.ImportModuleError: no module",
        "INIT_REPORT Init",
        "START RequestId: 5b8e Version: $LATEST",
        "END RequestId: 5b8e",
        "REPORT RequestId: 5b8e",
    ]
    assert stage.lines[2].endswith("\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError")
    assert stage.lines[4].endswith("\tPhase: invoke\tStatus: error\tError Type: Runtime.ImportModuleError")
    assert stage.lines[-1].endswith("MB\tStatus: error\tError Type: Runtime.ImportModuleError")


async def test_an_init_that_takes_too_long_is_repeated_under_the_functions_timeout(world, function) -> None:
    async def slow(runtime: Any) -> Initialized:
        if "sweep" not in world.events:
            await asyncio.sleep(10)
        world.clock.pushed += 0.3
        return Initialized()

    world.on_init = slow
    async with Stage(world, function(), init_seconds=0.02) as stage:
        ending, usable = await stage.invoke()
        assert (ending.status, usable) == ("success", True)
        assert len(world.environments) == 1
    assert [line.split("\t", 1)[1] for line in stage.lines if line.startswith("INIT_REPORT")] == [
        "Phase: init\tStatus: timeout"
    ]
    assert "\tDuration: 30" in reports(stage.lines)[0]
    assert "Init Duration" not in reports(stage.lines)[0]


async def test_what_is_provisioned_may_take_longer_to_initialize(world, function, monkeypatch) -> None:
    monkeypatch.setattr(environment_module, "EXTENDED_INIT_SECONDS", 0.5)

    async def slow(runtime: Any) -> Initialized:
        await asyncio.sleep(0.05)
        return Initialized()

    world.on_init = slow
    async with Stage(world, function(timeout=0.01), init_seconds=0.02, init_type=InitType.PROVISIONED) as stage:
        assert stage.environment.init_seconds is not None


async def test_an_init_that_never_ends_times_out_as_the_invocation(world, function) -> None:
    async def never(runtime: Any) -> Initialized:
        await asyncio.sleep(10)
        return Initialized()

    world.on_init = never
    async with Stage(world, function(timeout=0.04), init_seconds=0.02) as stage:
        ending, _ = await stage.invoke("5b8e")
    assert ending.payload == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 5b8e Error: Task timed out after 0.04 seconds"}'
    )
    assert [line.split("\t", 1)[1] for line in stage.lines if line.startswith("INIT_REPORT")] == [
        "Phase: init\tStatus: timeout",
        "Phase: invoke\tStatus: timeout",
    ]
    assert "\tDuration: 40.00 ms\t" in stage.lines[-1]


async def test_an_init_that_crashes_tells_the_exit(world, function) -> None:
    def crash(runtime: Any) -> Disconnected:
        runtime.exit(ExitStatus(code=1))
        return Disconnected()

    world.on_init = crash
    async with Stage(world, function()) as stage:
        ending, _ = await stage.invoke("5b8e")
    assert ending.payload == (
        b'{"errorType":"Runtime.ExitError",'
        b'"errorMessage":"RequestId: 5b8e Error: Runtime exited with error: exit status 1"}'
    )


async def test_a_sandbox_that_breaks_is_our_error(world, function) -> None:
    async def broken() -> None:
        raise PlatformError("no cgroup")

    world.before_runtime = broken
    stage = Stage(world, function())
    with pytest.raises(PlatformError, match="no cgroup"):
        await stage.__aenter__()
    await stage.environment.stop()
    assert world.environments[0].killed


async def test_an_idle_environment_is_frozen_and_thawed_for_the_next_request(world, function) -> None:
    async with Stage(world, function()) as stage:
        await stage.invoke("one")
        await asyncio.sleep(0.02)
        assert stage.environment.life.state is State.FROZEN
        await stage.invoke("two")
        assert not world.environments[0].frozen
    events = [event for event in world.events if event in ("freeze", "thaw") or event.startswith("invoke")]
    assert events[:4] == ["invoke one", "freeze", "thaw", "invoke two"]


async def test_a_runtime_that_ends_while_idle_is_told_and_can_be_reset(world, function) -> None:
    async with Stage(world, function()) as stage:
        await stage.invoke()
        world.environments[0].runtime.exit(ExitStatus(code=1))
        await world.quiet()
        assert stage.idle_exits == [7]
        assert await stage.environment.reset()
        assert stage.environment.life.state is State.VACANT
        assert (await stage.invoke())[1]


def crash_once(world: Any) -> None:
    def crash(runtime: Any, invocation: Invocation) -> Disconnected:
        runtime.print("last words")
        runtime.exit(ExitStatus(code=1))
        world.on_invoke = lambda runtime, invocation: Responded(b"1")
        return Disconnected()

    world.on_invoke = crash


async def test_after_a_crash_the_same_environment_starts_again_inside_the_next_invocation(world, function) -> None:
    async with Stage(world, function()) as stage:
        crash_once(world)
        await stage.invoke("one")
        assert stage.kept
        assert stage.environment.life.state is State.VACANT
        world.on_init = lambda runtime: world.clock.__dict__.update(pushed=world.clock.pushed + 0.25) or Initialized()
        ending, usable = await stage.invoke("two")
        assert (ending.status, usable) == ("success", True)
        await stage.invoke("three")
    assert [event for event in world.events if event in ("start", "sweep", "kill")] == ["start", "sweep", "kill"]
    assert len(world.streams) == 1
    kinds = [line.split("\t")[0] for line in stage.lines if not line.startswith("REPORT")]
    assert kinds == [
        "INIT_START Runtime Version: python:3.12.1",
        "START RequestId: one Version: $LATEST",
        "last words",
        "RequestId: one Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
        "END RequestId: one",
        "INIT_START Runtime Version: python:3.12.1",
        "START RequestId: two Version: $LATEST",
        "END RequestId: two",
        "START RequestId: three Version: $LATEST",
        "END RequestId: three",
    ]
    one, two, three = reports(stage.lines)
    assert "Init Duration" in one
    assert "Init Duration" not in two
    assert "\tDuration: 25" in two
    assert "\tDuration: 0." in three


async def test_a_timeout_leaves_nothing_running_and_the_next_invocation_has_its_whole_time(world, function) -> None:
    async def sleep(runtime: Any, invocation: Invocation) -> Responded:
        world.on_invoke = lambda runtime, invocation: Responded(b"1")
        await asyncio.sleep(10)
        return Responded(b"late")

    async with Stage(world, function(timeout=0.05)) as stage:
        world.on_invoke = sleep
        first = world.environments[0].runtime
        ending, usable = await stage.invoke()
        assert (ending.status, usable, stage.kept) == ("timeout", False, True)
        assert first.exited.done() and first.closed.done()
        ending, usable = await stage.invoke()
        assert (ending.status, usable) == ("success", True)
        assert world.environments[0].runtime is not first


async def test_an_init_after_a_reset_counts_against_the_timeout_of_the_invocation(world, function) -> None:
    async def slow(runtime: Any) -> Initialized:
        await asyncio.sleep(10)
        return Initialized()

    async with Stage(world, function(timeout=0.05)) as stage:
        crash_once(world)
        await stage.invoke("one")
        world.on_init = slow
        ending, _ = await stage.invoke("two")
        assert (ending.status, stage.kept) == ("timeout", True)
    assert "\tDuration: 50.00 ms\t" in reports(stage.lines)[1]


async def test_a_frozen_environment_whose_runtime_is_gone_is_thawed_before_it_is_reset(world, function) -> None:
    async with Stage(world, function()) as stage:
        await asyncio.sleep(0.02)
        assert stage.environment.life.state is State.FROZEN
        assert await stage.environment.reset()
    assert [event for event in world.events if event in ("freeze", "thaw", "sweep")] == ["freeze", "thaw", "sweep"]


async def test_an_environment_that_its_sandbox_has_lost_is_not_kept(world, function, caplog) -> None:
    async with Stage(world, function()) as stage:
        crash_once(world)
        world.environments[0].lost = True
        await stage.invoke()
        assert stage.kept is False
        assert world.environments[0].killed
    assert "is lost: the supervisor is gone" in caplog.text
    assert stage.lines[-1].endswith("Status: error\tError Type: Runtime.ExitError")


async def test_an_environment_lost_in_its_init_is_our_error(world, function) -> None:
    def fail(runtime: Any) -> InitFailed:
        runtime.environment.lost = True
        return InitFailed(IMPORT_ERROR)

    world.on_init = fail
    stage = Stage(world, function())
    with pytest.raises(PlatformError, match="was lost"):
        await stage.__aenter__()
    await stage.environment.stop()


async def test_where_the_sandbox_cannot_sweep_another_room_has_the_same_variables_and_log(world, function) -> None:
    world.make_environment = FakeEnvironment
    async with Stage(world, function()) as stage:
        crash_once(world)
        await stage.invoke("one")
        assert stage.kept
        assert world.environments[0].killed
        assert (await stage.invoke("two"))[1]
        first, second = world.environments
        assert first.spec.id != second.spec.id
        assert first.spec.variables == second.spec.variables
    assert len(world.streams) == 1


async def test_an_environment_that_is_being_stopped_is_not_reset(world, function) -> None:
    async with Stage(world, function()) as stage:
        stage.environment.claim()
        resetting = asyncio.ensure_future(stage.environment.reset())
        await asyncio.sleep(0)
        await stage.environment.stop()
        assert not await resetting
        assert not await stage.environment.reset()
        assert stage.environment.life.state is State.DEAD


async def test_only_the_first_init_has_the_whole_processor(world, function) -> None:
    world.on_init = lambda runtime: world.note("init") or Initialized()
    async with Stage(world, function()) as stage:
        assert world.environments[0].spec.full_speed_init
        crash_once(world)
        await stage.invoke("one")
        await stage.invoke("two")
    relevant = [event for event in world.events if event in ("init", "limit_cpu") or event.startswith("invoke")]
    assert relevant == ["init", "limit_cpu", "invoke one", "limit_cpu", "init", "limit_cpu", "invoke two"]


async def test_due_bookkeeping_is_done_before_the_next_invocation_starts(world, function) -> None:
    async with Stage(world, function()) as stage:
        environment = stage.environment
        for request_id in ("one", "two"):
            environment.claim()
            await environment.settle(await environment.run(Invocation(request_id, b"", 1, "arn"), tail=False))
            environment.release()
        environment.finish()
    assert [line.split("\t")[0] for line in stage.lines[1:]] == [
        "START RequestId: one Version: $LATEST",
        "END RequestId: one",
        "REPORT RequestId: one",
        "START RequestId: two Version: $LATEST",
        "END RequestId: two",
        "REPORT RequestId: two",
    ]


async def test_a_tail_begins_with_start_and_ends_with_the_report(world, function) -> None:
    world.on_init = lambda runtime: runtime.print("importing\n") or Initialized()
    async with Stage(world, function()) as stage:
        await stage.invoke("one", tail=True)
        tail = stage.environment.journal.output.take_tail().decode().splitlines()
    assert tail[:2] == ["START RequestId: one Version: $LATEST", "END RequestId: one"]
    assert tail[2].startswith("REPORT RequestId: one\t")


async def test_the_memory_peak_is_each_invocations_own(world, function) -> None:
    async with Stage(world, function()) as stage:
        await stage.invoke("one")
        await stage.invoke("two")
    relevant = [event for event in world.events if event.startswith("invoke") or event == "take_peak"]
    assert relevant[:4] == ["invoke one", "take_peak", "invoke two", "take_peak"]


async def test_stopping_twice_is_stopping_once(world, function) -> None:
    async with Stage(world, function()) as stage:
        await asyncio.gather(stage.environment.stop(), stage.environment.stop())
    assert world.events.count("kill") == 1
