"""Who is told of invocations: once each, after the answer, with the figures of its report."""

from __future__ import annotations

import asyncio

import pytest

from lambent.invoke.witness import Everybody, Nobody
from lambent.model.errors import ApiError
from lambent.model.invocation import FunctionError, InitType
from lambent.runtime_api.session import Disconnected, Failed, Responded
from tests.unit.invoke.conftest import Listening


async def test_each_invocation_is_told_once_with_its_report(running, function) -> None:
    await running.invoke(request_id="cold")
    await running.invoke(request_id="warm")
    running.on_invoke = lambda runtime, invocation: Failed(FunctionError("ValueError", b"{}"))
    await running.invoke(request_id="failed")
    await running.invoke(request_id="tailed", log_tail=True)
    await running.quiet()
    heard = running.witness.heard
    assert [each.invocation.request_id for each in heard] == ["cold", "warm", "failed", "tailed"]
    assert [each.report.request_id for each in heard] == ["cold", "warm", "failed", "tailed"]
    assert [each.report.status for each in heard] == ["success", "success", "failure", "failure"]
    assert [each.report.init_ms is None for each in heard] == [False, True, True, True]
    assert {each.function.arn for each in heard} == {function().arn}
    assert {each.init_type for each in heard} == {InitType.ON_DEMAND}


async def test_a_crash_is_told_too(running) -> None:
    running.on_invoke = lambda runtime, invocation: Disconnected()
    await running.invoke()
    await running.quiet()
    assert [each.report.status for each in running.witness.heard] == ["error"]


async def test_it_begins_when_it_was_handed_over(running) -> None:
    begun = running.clock.now()

    def slow(runtime: object, invocation: object) -> Responded:
        running.clock.pushed += 3.0
        running.clock.wall += 3.0
        return Responded(b"1")

    running.on_invoke = slow
    await running.invoke()
    await running.quiet()
    (heard,) = running.witness.heard
    assert heard.begun == pytest.approx(begun, abs=1.0)
    assert heard.report.duration_ms == pytest.approx(3000, rel=0.2)


async def test_what_is_refused_is_told(world) -> None:
    gate = asyncio.Event()

    async def wait(runtime: object, invocation: object) -> Responded:
        await gate.wait()
        return Responded(b"1")

    world.on_invoke = wait
    async with world.build(concurrency_limit=1):
        running = asyncio.ensure_future(world.invoke())
        await world.quiet()
        for _ in range(2):
            with pytest.raises(ApiError):
                await world.invoke()
        gate.set()
        await running
        assert len(world.witness.refused) == 2
        assert [(load.peaks, load.unreserved, load.claimed) for load in world.dispatcher.loads()] == [({"f": 1}, 1, 0)]
        assert [load.peaks for load in world.dispatcher.loads()] == [{}]


async def test_nobody_may_be_told(running) -> None:
    await running.invoke()
    await running.quiet()
    nobody = Nobody()
    nobody.ended(running.witness.heard[0])
    nobody.throttled(running.witness.heard[0].function, "arn")
    nobody.provisioned("arn", [])
    assert len(running.witness.heard) == 1


async def test_everybody_is_told(running, function) -> None:
    ears = [Listening(), Listening()]
    everybody = Everybody(*ears)
    await running.invoke()
    await running.quiet()
    everybody.ended(running.witness.heard[0])
    everybody.throttled(function(), "arn")
    everybody.provisioned("arn", [(function(), 2)])
    for each in ears:
        assert (len(each.heard), each.refused, each.provided) == (1, ["arn"], {"arn": 2})


async def test_what_is_provisioned_is_told(running, function) -> None:
    version = function(version="1", arn=function().arn.replace("$LATEST", "1"))
    running.dispatcher.provision(version.arn, [(version, 1)])
    assert running.witness.provided == {version.arn: 1}
    running.dispatcher.provision(version.arn, [])
    assert running.witness.provided == {version.arn: 0}
