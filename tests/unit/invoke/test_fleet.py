"""The pool's decisions, done on doubles: environments come, go, are reset and looked at."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from lambent.invoke import dispatcher as dispatcher_module
from lambent.invoke import fleet as fleet_module
from lambent.invoke.host import Reading
from lambent.model.errors import ApiError, PlatformError
from lambent.model.invocation import ExitStatus, FunctionError, Invocation
from lambent.runtime_api.session import Disconnected, InitFailed, Initialized, Responded

MIB = 1024 * 1024
GIB = 1024 * MIB


def gated(gate: asyncio.Event) -> Any:
    """A handler that answers once the gate opens."""

    async def handler(runtime: Any, invocation: Invocation) -> Responded:
        await gate.wait()
        return Responded(b"1")

    return handler


async def test_an_environment_that_its_sandbox_lost_is_replaced(running) -> None:
    def crash(runtime: Any, invocation: Invocation) -> Disconnected:
        runtime.environment.lost = True
        runtime.exit(ExitStatus(signal=9))
        return Disconnected()

    running.on_invoke = crash
    assert (await running.invoke()).function_error == "Unhandled"
    await running.quiet()
    assert running.dispatcher.environments() == []
    assert running.environments[0].killed
    running.on_invoke = lambda runtime, invocation: Responded(b"1")
    assert (await running.invoke()).payload == b"1"
    assert running.events.count("start") == 2


async def test_a_request_that_comes_while_an_idle_environment_is_reset_gets_another(running) -> None:
    await running.invoke()
    await running.quiet()
    gate = asyncio.Event()
    sweep = running.environments[0].sweep

    async def slow() -> None:
        await gate.wait()
        await sweep()

    running.environments[0].sweep = slow
    running.environments[0].runtime.exit(ExitStatus(code=1))
    await running.quiet()
    assert [info.state for info in running.dispatcher.environments()] == ["resetting"]
    await running.invoke()
    assert running.events.count("start") == 2
    gate.set()
    await running.quiet()
    assert sorted(info.state for info in running.dispatcher.environments()) == ["idle", "vacant"]


async def test_a_sandbox_that_cannot_start_is_our_error(running) -> None:
    async def broken() -> None:
        raise PlatformError("no more memory")

    running.before_start = broken
    with pytest.raises(PlatformError, match="no more memory"):
        await running.invoke()
    assert running.dispatcher.environments() == []


async def test_a_runtime_that_this_machine_lacks_is_refused(running) -> None:
    running.runtime = None
    with pytest.raises(ApiError) as refused:
        await running.invoke()
    assert refused.value.code == "InvalidRuntimeException"


async def test_a_new_revision_replaces_idle_environments(running, function) -> None:
    await running.invoke()
    running.dispatcher.retire(function().arn, "r2")
    await running.quiet()
    assert running.environments[0].killed
    await running.invoke(function(revision_id="r2"))
    assert [info.revision_id for info in running.dispatcher.environments()] == ["r2"]


async def test_a_deletion_lets_a_running_invocation_end(running, function) -> None:
    gate = asyncio.Event()
    running.on_invoke = gated(gate)
    call = asyncio.ensure_future(running.invoke())
    await running.until(lambda: "invoke rid" in running.events)
    running.dispatcher.retire(function().function_arn, None)
    await running.quiet()
    assert not running.environments[0].killed
    gate.set()
    assert (await call).function_error is None
    await running.quiet()
    assert running.environments[0].killed
    assert [line.split("\t")[0] for line in running.lines[-2:]] == ["END RequestId: rid", "REPORT RequestId: rid"]


async def test_idle_environments_are_reclaimed_as_time_passes(running) -> None:
    await running.invoke()
    await running.quiet()
    running.clock.move(599)
    await running.quiet()
    assert not running.environments[0].killed
    running.clock.move(31)
    await running.quiet()
    assert running.environments[0].killed
    assert running.dispatcher.environments() == []


async def test_an_idle_runtime_that_ends_is_started_again_by_the_next_request(running) -> None:
    await running.invoke()
    await running.quiet()
    running.environments[0].runtime.exit(ExitStatus(code=1))
    await running.quiet()
    assert [info.state for info in running.dispatcher.environments()] == ["vacant"]
    assert (await running.invoke()).function_error is None
    assert running.events.count("start") == 1


async def test_an_idle_environment_that_its_sandbox_lost_is_dropped(running) -> None:
    await running.invoke()
    await running.quiet()
    running.environments[0].lost = True
    running.environments[0].runtime.exit(ExitStatus(signal=9))
    await running.quiet()
    assert running.dispatcher.environments() == []
    assert running.environments[0].killed


async def test_what_environments_tell_of_themselves(running, function) -> None:
    await running.invoke()
    (info,) = running.dispatcher.environments()
    assert info.function_arn == function().arn
    assert (info.runtime, info.state, info.invocations) == ("python3.12", "idle", 1)
    assert info.log_stream == f"2023/11/14/[$LATEST]{info.id}"
    assert info.init_ms is not None and info.init_ms >= 0
    assert info.started_at == running.clock.wall


async def test_a_full_host_throttles_what_needs_a_new_environment_and_says_why(world, function) -> None:
    world.memory = Reading(total=8 * GIB, available=8 * GIB)
    gate = asyncio.Event()
    world.on_invoke = gated(gate)
    async with world.build(memory_reserve_mb=1024):
        first = asyncio.ensure_future(world.invoke())
        await world.until(lambda: "invoke rid" in world.events)
        world.memory = Reading(total=8 * GIB, available=GIB)
        world.dispatcher._fleet._read_memory()
        with pytest.raises(ApiError) as refused:
            await world.invoke()
        assert (refused.value.code, refused.value.status) == ("TooManyRequestsException", 429)
        assert "no memory left" in refused.value.message
        gate.set()
        await first
        assert (await world.invoke()).function_error is None, "a warm one needs nothing"


async def test_when_memory_becomes_short_the_idle_give_way(world, function) -> None:
    world.memory = Reading(total=8 * GIB, available=8 * GIB)
    async with world.build(memory_reserve_mb=1024):
        await world.invoke()
        await world.quiet()
        world.memory = Reading(total=8 * GIB, available=GIB)
        world.dispatcher._fleet._read_memory()
        await world.quiet()
        assert world.environments[0].killed
        assert world.dispatcher.environments() == []


async def test_a_request_waits_for_memory_that_an_idle_environment_gives_back(world, function) -> None:
    world.memory = Reading(total=8 * GIB, available=8 * GIB)
    async with world.build(memory_reserve_mb=1024):
        await world.invoke(function(name="g", arn=function().arn.replace(":f:", ":g:")))
        world.on_invoke = lambda runtime, invocation: setattr(runtime.environment, "peak", 4 * GIB) or Responded(b"1")
        await world.invoke()
        await world.quiet()
        gate = asyncio.Event()
        world.on_invoke = gated(gate)
        calls = [asyncio.ensure_future(world.invoke(request_id="one"))]
        world.memory = Reading(total=8 * GIB, available=3 * GIB)
        world.dispatcher._fleet._read_memory()
        world.memory = Reading(total=8 * GIB, available=8 * GIB)
        calls.append(asyncio.ensure_future(world.invoke(request_id="two")))
        await world.until(lambda: "invoke two" in world.events)
        assert [environment.killed for environment in world.environments] == [True, False, False]
        gate.set()
        await asyncio.gather(*calls)


async def test_cold_and_warm_are_counted(running) -> None:
    for _ in range(3):
        await running.invoke()
    (info,) = running.dispatcher.environments()
    assert (info.cold, info.warm, info.invocations) == (1, 2, 3)

    def crash(runtime: Any, invocation: Invocation) -> Disconnected:
        runtime.exit(ExitStatus(code=1))
        return Disconnected()

    running.on_invoke = crash
    await running.invoke()
    running.on_invoke = lambda runtime, invocation: Responded(b"1")
    await running.invoke()
    (info,) = running.dispatcher.environments()
    assert (info.cold, info.warm, info.invocations) == (2, 3, 5)


async def test_one_that_waited_and_was_not_handed_over_yet_is_not_missed_among_the_warm(running) -> None:
    await running.invoke()
    await running.quiet()
    (environment,) = running.dispatcher._fleet._environments.values()
    environment.claim(cold=True)
    (info,) = running.dispatcher.environments()
    assert (info.cold, info.warm, info.invocations) == (2, 0, 1)


async def test_memory_and_processor_time_are_told_as_of_the_last_invocation_or_now(running) -> None:
    running.on_invoke = lambda runtime, invocation: setattr(runtime.environment, "peak", 40 * MIB) or Responded(b"1")
    await running.invoke()
    await running.quiet()
    running.environments[0].peak = 50 * MIB
    (info,) = running.dispatcher.environments()
    assert (info.memory_mb, info.memory_bytes, info.cpu_seconds) == (128, 40 * MIB, 0)
    gate = asyncio.Event()
    running.on_invoke = gated(gate)
    call = asyncio.ensure_future(running.invoke())
    await running.quiet()
    (info,) = running.dispatcher.environments()
    assert info.memory_bytes == 50 * MIB
    gate.set()
    await call


@pytest.mark.parametrize("computes", [False, True])
async def test_starts_wait_for_inits_that_compute_but_not_for_those_that_wait(world, monkeypatch, computes) -> None:
    monkeypatch.setattr(fleet_module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(dispatcher_module, "CORES", 1)
    gate = asyncio.Event()
    if computes:
        world.processor_time = time.monotonic_ns

    async def init(runtime: Any) -> Initialized:
        await gate.wait()
        return Initialized()

    world.on_init = init
    async with world.build():
        calls = [asyncio.ensure_future(world.invoke()) for _ in range(20)]
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert world.events.count("start") == (fleet_module.STARTS_PER_CORE if computes else 20)
        gate.set()
        await asyncio.gather(*calls)


async def test_a_burst_beyond_the_scaling_rate_is_throttled(world) -> None:
    gate = asyncio.Event()
    world.on_invoke = gated(gate)
    async with world.build(scaling_environments=3):
        calls = [asyncio.ensure_future(world.invoke()) for _ in range(5)]
        await world.quiet()
        gate.set()
        results = await asyncio.gather(*calls, return_exceptions=True)
    refused = [result for result in results if isinstance(result, ApiError)]
    assert [error.fields["Reason"] for error in refused] == ["ConcurrentInvocationLimitExceeded"] * 2


def published(function: Any, number: str = "1", **changes: Any) -> Any:
    return function(version=number, arn=f"arn:aws:lambda:us-east-1:000000000000:function:f:{number}", **changes)


async def test_provisioned_environments_are_initialized_before_anybody_asks(running, function) -> None:
    one = published(function)
    running.dispatcher.provision(one.arn, [(one, 2)])
    await running.quiet()
    info = running.dispatcher.provisioned(one.arn)
    assert (info.requested, info.allocated, info.available, info.status) == (2, 2, 2, "READY")
    assert {environment.init_type for environment in running.dispatcher.environments()} == {"provisioned-concurrency"}
    variables = running.environments[0].spec.variables
    assert variables["AWS_LAMBDA_INITIALIZATION_TYPE"] == "provisioned-concurrency"
    await running.invoke(one)
    await running.quiet()
    assert running.events.count("start") == 2
    assert [environment.cold for environment in running.dispatcher.environments()] == [0, 0]
    lines = [line for stream in running.streams for line in stream.lines]
    assert sum(line.startswith("INIT_REPORT Init Duration: ") and line.endswith("Phase: init") for line in lines) == 2
    assert "Init Duration" not in next(line for line in lines if line.startswith("REPORT"))


async def test_beyond_what_is_provisioned_requests_spill_over(running, function) -> None:
    one = published(function)
    running.dispatcher.provision(one.arn, [(one, 1)])
    await running.quiet()
    gate = asyncio.Event()
    running.on_invoke = gated(gate)
    calls = [asyncio.ensure_future(running.invoke(one)) for _ in range(2)]
    await running.quiet()
    assert [environment.init_type for environment in running.dispatcher.environments()] == [
        "provisioned-concurrency",
        "on-demand",
    ]
    gate.set()
    await asyncio.gather(*calls)


async def test_a_function_that_fails_in_its_init_cannot_be_provisioned(running, function) -> None:
    one = published(function)
    running.on_init = lambda runtime: InitFailed(FunctionError("Runtime.ImportModuleError", b"{}"))
    running.dispatcher.provision(one.arn, [(one, 1)])
    await running.quiet()
    info = running.dispatcher.provisioned(one.arn)
    assert (info.status, info.reason, info.allocated) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE", 0)
    assert running.dispatcher.environments() == []


async def test_a_large_allocation_takes_its_time(world, function) -> None:
    one = published(function)
    async with world.build(provisioned_per_minute=1200):
        world.dispatcher.provision(one.arn, [(one, 22)])
        await world.quiet()
        assert world.events.count("start") == 20
        for _ in range(5):
            world.clock.move(0.05)
            await asyncio.sleep(0.06)
        assert world.dispatcher.provisioned(one.arn).status == "READY"


async def test_what_is_provisioned_is_claimed_from_the_account(world, function) -> None:
    one = published(function)
    async with world.build(concurrency_limit=10, unreserved_minimum=2):
        with pytest.raises(ValueError, match="unreserved would remain"):
            world.dispatcher.provision(one.arn, [(one, 9)])
        assert world.dispatcher.provisioned(one.arn) is None
        world.dispatcher.provision(one.arn, [(one, 8)])
        with pytest.raises(ValueError, match="unreserved"):
            world.dispatcher.provision(one.function_arn + ":live", [(published(function, "2"), 1)])
        world.dispatcher.retire(one.function_arn, None)
        assert world.dispatcher.provisioned(one.arn) is None
        world.dispatcher.provision(one.function_arn + ":live", [(published(function, "2"), 1)])
