"""From a request to its answer, on doubles of the sandbox and the runtime."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from typing import Any

import pytest

from lambent.invoke import dispatcher as dispatcher_module
from lambent.invoke import fleet, rest
from lambent.invoke.output import Output
from lambent.model.errors import ApiError, PlatformError
from lambent.model.invocation import ExitStatus, FunctionError, Invocation, InvocationResult
from lambent.runtime_api.session import Disconnected, Failed, InitFailed, Responded


def gated(gate: asyncio.Event) -> Any:
    """A handler that answers with its environment's id once the gate opens."""

    async def handler(runtime: Any, invocation: Invocation) -> Responded:
        await gate.wait()
        return Responded(runtime.environment.spec.id.encode())

    return handler


async def test_an_answer_is_exactly_what_the_runtime_sent(running) -> None:
    running.on_invoke = lambda runtime, invocation: Responded(invocation.payload * 2)
    result = await running.invoke(payload=b"\x00{}")
    assert result == InvocationResult(payload=b"\x00{}\x00{}", executed_version="$LATEST", trace_id=result.trace_id)


async def test_the_runtime_is_told_what_was_asked(running, function) -> None:
    f = function(timeout=7)
    await running.invoke(f, request_id="5b8e", client_context='{"a":1}', payload=b"[1]")
    (invocation,) = running.environments[0].runtime.invocations
    assert (invocation.request_id, invocation.payload, invocation.client_context) == ("5b8e", b"[1]", '{"a":1}')
    assert invocation.invoked_arn == f.arn
    assert invocation.deadline_ms == 1_600_000_007_000
    assert invocation.tenant_id is None


async def test_the_trace_header_is_made_or_taken_over_and_told_back(running) -> None:
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    assert (await running.invoke(trace_id=header)).trace_id == header
    made = (await running.invoke()).trace_id
    assert made.startswith("Root=1-6553f100-")
    assert [invocation.trace_id for invocation in running.environments[0].runtime.invocations] == [header, made]


async def test_a_warm_environment_is_used_again(running) -> None:
    for _ in range(3):
        await running.invoke()
    assert running.events.count("start") == 1
    assert running.dispatcher.environments()[0].invocations == 3


async def test_ten_at_once_run_in_ten_environments(running) -> None:
    gate = asyncio.Event()
    running.on_invoke = gated(gate)
    calls = [asyncio.ensure_future(running.invoke(request_id=f"r{number}")) for number in range(10)]
    await running.until(lambda: sum(event.startswith("invoke") for event in running.events) == 10)
    assert {info.state for info in running.dispatcher.environments()} == {"busy"}
    gate.set()
    assert len({result.payload for result in await asyncio.gather(*calls)}) == 10


async def test_the_eleventh_above_a_limit_of_ten_is_throttled(world) -> None:
    gate = asyncio.Event()
    world.on_invoke = gated(gate)
    async with world.build(concurrency_limit=10):
        calls = [asyncio.ensure_future(world.invoke()) for _ in range(10)]
        await world.quiet()
        with pytest.raises(ApiError) as refused:
            await world.invoke()
        gate.set()
        await asyncio.gather(*calls)
        assert (await world.invoke()).function_error is None
    assert (refused.value.code, refused.value.status) == ("TooManyRequestsException", 429)
    assert refused.value.fields == {"Reason": "ConcurrentInvocationLimitExceeded"}
    assert refused.value.headers == {"Retry-After": "1"}


async def test_reserved_concurrency_is_the_functions_own_limit(running, function) -> None:
    running.dispatcher.reserve(function().function_arn, 0)
    with pytest.raises(ApiError) as refused:
        await running.invoke()
    assert refused.value.fields == {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}
    running.dispatcher.reserve(function().function_arn, None)
    await running.invoke()


@pytest.mark.parametrize("tail", [False, True])
async def test_one_caller_after_another_never_meets_a_limit_of_one_nor_a_second_environment(world, tail) -> None:
    async with world.build(concurrency_limit=1, invocations_per_second=0):
        for _ in range(20):
            await world.invoke(log_tail=tail)
    assert world.events.count("start") == 1


async def test_more_in_a_second_than_the_limit_allows_are_refused(world) -> None:
    async with world.build(concurrency_limit=1, invocations_per_second=0.5):
        with pytest.raises(ApiError) as refused:
            await world.invoke()
    assert refused.value.fields == {"Reason": "FunctionInvocationRateLimitExceeded"}
    assert refused.value.headers == {"Retry-After": "1"}


async def test_the_answer_leaves_before_the_bookkeeping(running) -> None:
    await running.invoke()
    await running.quiet()
    running.events.clear()
    await running.invoke()
    running.note("answer")
    await asyncio.sleep(0)
    await running.quiet()
    assert [event for event in running.events if event not in ("freeze", "thaw")] == [
        "log START RequestId: rid Version: $LATEST",
        "invoke rid",
        "answer",
        "take_peak",
        "log END RequestId: rid",
        "log REPORT RequestId: rid",
    ]


async def test_with_a_tail_the_report_comes_first(running) -> None:
    running.on_invoke = lambda runtime, invocation: runtime.print("hello\n") or Responded(b"1")
    result = await running.invoke(log_tail=True)
    running.note("answer")
    tail = result.log_tail.decode().splitlines()
    assert tail[:3] == ["START RequestId: rid Version: $LATEST", "hello", "END RequestId: rid"]
    assert tail[3].startswith("REPORT RequestId: rid\tDuration: ")
    assert "Init Duration" in tail[3]
    assert running.events[-2:] == ["log REPORT RequestId: rid", "answer"]
    assert (await running.invoke()).log_tail is None


async def test_a_warm_invocation_drains_its_pipes_once_and_syncs_and_opens_nothing(running, monkeypatch) -> None:
    running.on_invoke = lambda runtime, invocation: runtime.print("hello\n") or Responded(b"1")
    await running.invoke()
    await running.quiet()
    calls: list[str] = []

    def count(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def counted(*args: Any) -> Any:
            calls.append(name)
            return real(*args)

        monkeypatch.setattr(owner, name, counted)

    count(Output, "drain")
    for name in ("fsync", "fdatasync", "sync", "open", "write"):
        count(os, name)
    running.on_invoke = lambda runtime, invocation: Responded(b"1")
    await running.invoke()
    await running.quiet()
    monkeypatch.undo()
    assert calls == ["drain"]


def test_the_data_plane_does_not_know_the_store() -> None:
    """No durable write lies on the path: nothing that could make one is even loaded."""
    seen = subprocess.run(
        [sys.executable, "-c", "import lambent.invoke.dispatcher, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not [name for name in seen if name.startswith(("lambent.store", "lambent.queue", "lambent.bus", "sqlite3"))]


@pytest.mark.parametrize(("prompt", "tail", "tasks"), [(True, False, 0), (True, True, 1), (False, False, 1)])
async def test_a_warm_invocation_makes_no_task_or_one_where_it_has_to_wait(
    running, monkeypatch, prompt, tail, tasks
) -> None:
    monkeypatch.setattr(rest, "FREEZE_AFTER_SECONDS", 60.0)
    running.prompt = prompt
    await running.invoke()
    await running.quiet()
    loop = asyncio.get_running_loop()
    made: list[Any] = []

    def factory(loop: Any, coro: Any, **kwargs: Any) -> asyncio.Task[Any]:
        made.append(coro)
        return asyncio.Task(coro, loop=loop, **kwargs)

    loop.set_task_factory(factory)
    await running.invoke(log_tail=tail)
    await running.quiet()
    loop.set_task_factory(None)
    assert len(made) == tasks


async def test_a_handlers_error_is_a_result(running) -> None:
    running.on_invoke = lambda runtime, invocation: Failed(FunctionError("ValueError", b'{"errorType":"ValueError"}'))
    result = await running.invoke()
    assert (result.function_error, result.payload) == ("Unhandled", b'{"errorType":"ValueError"}')
    running.on_invoke = lambda runtime, invocation: Responded(b"1")
    assert (await running.invoke()).function_error is None
    assert running.events.count("start") == 1


async def test_after_a_timeout_nothing_runs_on_when_the_caller_hears_of_it(running, function) -> None:
    async def sleep(runtime: Any, invocation: Invocation) -> Responded:
        await asyncio.sleep(10)
        return Responded(b"late")

    running.on_invoke = sleep
    result = await running.invoke(function(timeout=0.05), request_id="5b8e")
    assert running.environments[0].runtime.exited.done()
    assert result.function_error == "Unhandled"
    assert b"Task timed out after 0.05 seconds" in result.payload
    await running.quiet()
    assert [info.state for info in running.dispatcher.environments()] == ["vacant"]
    running.on_invoke = lambda runtime, invocation: Responded(b"1")
    assert (await running.invoke(function(timeout=0.05))).payload == b"1"
    assert running.events.count("start") == 1


async def test_after_a_crash_the_same_environment_serves_the_next_one(running) -> None:
    def crash(runtime: Any, invocation: Invocation) -> Disconnected:
        runtime.exit(ExitStatus(signal=9, oom=True))
        return Disconnected()

    running.on_invoke = crash
    result = await running.invoke(log_tail=True)
    assert b"Runtime exited with error: signal: killed" in result.payload
    assert b"Status: error\tError Type: Runtime.ExitError" in result.log_tail
    running.on_invoke = lambda runtime, invocation: Responded(b"1")
    assert (await running.invoke()).payload == b"1"
    assert running.events.count("start") == 1


async def test_an_answer_does_not_wait_long_for_a_reset_that_hangs(running, monkeypatch) -> None:
    monkeypatch.setattr(dispatcher_module, "RESET_SECONDS", 0.02)
    gate = asyncio.Event()

    def crash(runtime: Any, invocation: Invocation) -> Disconnected:
        sweep = runtime.environment.sweep

        async def slow() -> None:
            await gate.wait()
            await sweep()

        runtime.environment.sweep = slow
        runtime.exit(ExitStatus(code=1))
        return Disconnected()

    running.on_invoke = crash
    assert (await running.invoke()).function_error == "Unhandled"
    assert [info.state for info in running.dispatcher.environments()] == ["resetting"]
    gate.set()
    await running.quiet()
    assert [info.state for info in running.dispatcher.environments()] == ["vacant"]


async def test_a_function_that_cannot_be_imported(running) -> None:
    error = FunctionError("Runtime.ImportModuleError", b'{"errorType":"Runtime.ImportModuleError"}')
    running.on_init = lambda runtime: InitFailed(error)
    result = await running.invoke()
    assert (result.function_error, result.payload) == ("Unhandled", error.payload)
    await running.quiet()
    assert [info.state for info in running.dispatcher.environments()] == ["vacant"]
    assert all(environment.runtime.exited.done() for environment in running.environments)


async def test_a_caller_that_goes_away_does_not_stop_the_function(running) -> None:
    gate = asyncio.Event()
    running.on_invoke = gated(gate)
    call = asyncio.ensure_future(running.invoke(request_id="gone"))
    await running.until(lambda: "invoke gone" in running.events)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert running.dispatcher.environments()[0].state == "busy"
    gate.set()
    await running.until(lambda: "log REPORT RequestId: gone" in running.events)
    assert (await running.invoke()).payload
    assert running.events.count("start") == 1


async def test_a_caller_that_goes_away_gives_its_concurrency_back(world) -> None:
    gate = asyncio.Event()
    world.on_invoke = gated(gate)
    async with world.build(concurrency_limit=1):
        call = asyncio.ensure_future(world.invoke())
        await world.quiet()
        call.cancel()
        gate.set()
        await world.quiet()
        await world.invoke()


async def test_a_mistake_of_ours_is_our_error_and_gives_the_concurrency_back(world, caplog) -> None:
    def broken(runtime: Any, invocation: Invocation) -> Responded:
        raise ZeroDivisionError("oops")

    world.on_invoke = broken
    async with world.build(concurrency_limit=1):
        for _ in range(2):
            with pytest.raises(PlatformError, match="oops"):
                await world.invoke()
        await world.quiet()
        assert all(environment.killed for environment in world.environments)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("tail", [False, True])
async def test_a_mistake_of_ours_in_a_warm_environment_too(world, caplog, tail) -> None:
    async with world.build(concurrency_limit=1):
        await world.invoke()

        def broken(runtime: Any, invocation: Invocation) -> Responded:
            raise ZeroDivisionError("oops")

        world.on_invoke = broken
        with pytest.raises(PlatformError, match="oops"):
            await world.invoke(log_tail=tail)
        await world.quiet()
        assert world.environments[0].killed
        world.on_invoke = lambda runtime, invocation: Responded(b"1")
        assert (await world.invoke()).payload == b"1"
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("warm", [False, True])
async def test_closing_lets_running_invocations_end(world, warm) -> None:
    gate = asyncio.Event()
    async with world.build():
        if warm:
            await world.invoke()
        world.on_invoke = gated(gate)
        call = asyncio.ensure_future(world.invoke())
        await world.quiet()
        asyncio.get_running_loop().call_later(0.02, gate.set)
    assert (await call).function_error is None
    assert world.environments[0].killed


@pytest.mark.parametrize("warm", [False, True])
async def test_closing_does_not_wait_for_ever(world, monkeypatch, warm) -> None:
    monkeypatch.setattr(dispatcher_module, "DRAIN_SECONDS", 0.02)
    gate, start_gate = asyncio.Event(), asyncio.Event()
    async with world.build():
        if warm:
            await world.invoke()
        world.on_invoke = gated(gate)
        running = asyncio.ensure_future(world.invoke())
        await world.quiet()

        async def stuck() -> None:
            await start_gate.wait()

        world.before_start = stuck
        waiting = asyncio.ensure_future(world.invoke())
        await world.quiet()
        asyncio.get_running_loop().call_later(0.05, start_gate.set)
    results = await asyncio.gather(running, waiting, return_exceptions=True)
    assert all(isinstance(result, PlatformError) for result in results)
    assert [environment.killed for environment in world.environments] == [True, True]
    assert world.served == 0
    with pytest.raises(PlatformError, match="shutting down"):
        await world.invoke()


async def test_closing_gives_up_on_a_start_that_never_ends(world, monkeypatch) -> None:
    monkeypatch.setattr(dispatcher_module, "DRAIN_SECONDS", 0.01)
    monkeypatch.setattr(dispatcher_module, "KILL_SECONDS", 0.02)
    monkeypatch.setattr(fleet, "KILL_SECONDS", 0.02)

    async def stuck() -> None:
        await asyncio.Event().wait()

    world.before_start = stuck
    async with world.build():
        call = asyncio.ensure_future(world.invoke())
        await world.quiet()
    with pytest.raises(PlatformError):
        await call


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_every_caller_is_answered_and_every_log_is_in_order(world, function, seed) -> None:
    """A random crowd: slow, failing, crashing, hanging functions, impatient callers, failing starts, new revisions."""
    dice = random.Random(seed)

    async def act(runtime: Any, invocation: Invocation) -> Any:
        for _ in range(dice.randrange(4)):
            await asyncio.sleep(0)
        match dice.randrange(10):
            case 0:
                runtime.exit(ExitStatus(code=1))
                return Disconnected()
            case 1:
                await asyncio.sleep(10)
            case 2:
                return Failed(FunctionError("E", b"{}"))
            case 3:
                raise ZeroDivisionError
        runtime.print(f"output of {invocation.request_id}")
        return Responded(invocation.request_id.encode())

    async def start() -> None:
        for _ in range(dice.randrange(3)):
            await asyncio.sleep(0)
        if dice.random() < 0.1:
            raise PlatformError("no sandbox")

    world.on_invoke = act
    world.before_start = start
    names = [f"{revision}.{number}" for number in range(40) for revision in ("r1", "r2")]
    async with world.build(concurrency_limit=40):

        async def call(name: str) -> str:
            f = function(timeout=0.1, revision_id=name.split(".")[0])
            for _ in range(dice.randrange(60)):
                await asyncio.sleep(0)
            if dice.random() < 0.1:
                world.dispatcher.retire(f.arn, f.revision_id)
            try:
                return (await world.invoke(f, request_id=name, log_tail=dice.random() < 0.3)).payload.decode()
            except PlatformError as error:
                return f"ours: {error}"
            except ApiError as error:
                return error.code

        calls = {name: asyncio.ensure_future(call(name)) for name in names}
        for name in dice.sample(names, 8):
            asyncio.get_running_loop().call_later(dice.random() / 100, calls[name].cancel)
        answers = dict(zip(names, await asyncio.gather(*calls.values(), return_exceptions=True), strict=True))
        await asyncio.wait_for(settled(world), 5)
        world.on_invoke = lambda runtime, invocation: Responded(b"still here")
        world.before_start = nothing
        again = await asyncio.gather(*(world.invoke(function()) for _ in range(40)))
        assert {result.payload for result in again} == {b"still here"}

    assert len(answers) == len(names)
    for name, answer in answers.items():
        if not isinstance(answer, asyncio.CancelledError):
            right = (name, "{}", "TooManyRequestsException")
            assert answer in right or answer.startswith(("ours: ", '{"errorType":"Runtime.ExitError"', TIMED_OUT))
    for stream in world.streams:
        running = None
        for line in stream.lines:
            kind, _, rest = line.split("\t")[0].partition(" RequestId: ")
            if kind == "START":
                running = rest.removesuffix(" Version: $LATEST")
            elif kind == "REPORT":
                assert rest == running
            elif line.startswith("output of "):
                assert line == f"output of {running}"


TIMED_OUT = '{"errorType":"Sandbox.Timedout"'


async def settled(world: Any) -> None:
    def moving() -> bool:
        return any(
            info.state in ("busy", "starting", "initializing", "resetting") for info in world.dispatcher.environments()
        )

    for _ in iter(moving, False):
        await asyncio.sleep(0.005)


async def nothing() -> None:
    return None
