"""Functions on managed instances through the dispatcher, on doubles with real workers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from lambent.invoke.base import InitFailure, InvokeRequest
from lambent.invoke.dispatcher import Dispatcher
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import FunctionVersion
from tests.unit.invoke.conftest import World
from tests.unit.invoke.shared.workers import Workers, managed


@pytest.fixture
async def workers(world: World) -> AsyncIterator[Workers]:
    made = Workers(world, 2)
    yield made
    await made.stop()


@pytest.fixture
async def dispatcher(world: World, workers: Workers) -> AsyncIterator[Dispatcher]:
    async with world.build() as made:
        yield made


async def call(world: World, function: FunctionVersion, event: Any, request_id: str = "rid") -> Any:
    answer = await world.invoke(function, request_id, payload=json.dumps(event).encode())
    return answer.function_error, json.loads(answer.payload)


async def until(world: World, *states: str) -> None:
    while sorted(info.state for info in world.dispatcher.environments()) != sorted(states):  # noqa: ASYNC110
        await asyncio.sleep(0.001)


async def test_requests_share_an_environment_and_nothing_else_counts_them(
    world: World, dispatcher: Dispatcher, workers: Workers
) -> None:
    function = managed()
    dispatcher.reserve(function.function_arn, 0)
    dispatcher.plan(function, 1, 1, 8)
    answers = await asyncio.gather(*(call(world, function, 2, name) for name in "ab"))
    assert answers == [(None, 2), (None, 2)]
    (info,) = dispatcher.environments()
    assert (info.invocations, info.cold, info.warm) == (2, 2, 0)


async def test_the_next_environment_comes_when_the_first_is_full(
    world: World, dispatcher: Dispatcher, workers: Workers
) -> None:
    function = managed()
    dispatcher.plan(function, 1, 2, 8)
    await until(world, "idle")
    both = [asyncio.ensure_future(call(world, function, 3, name)) for name in "ab"]
    await until(world, "busy", "idle")
    assert (await call(world, function, 3, "c")) == (None, 3)
    assert await asyncio.gather(*both) == [(None, 3), (None, 3)]


async def test_without_a_plan_it_is_refused(world: World, dispatcher: Dispatcher) -> None:
    with pytest.raises(ApiError) as refused:
        await call(world, managed(), 1)
    assert refused.value.fields == {"Reason": "ConcurrentInvocationLimitExceeded"}


async def test_a_function_that_fails_in_its_init_is_told_to_who_waits(
    world: World, dispatcher: Dispatcher, workers: Workers
) -> None:
    workers.fails_init = True
    function = managed()
    dispatcher.plan(function, 1, 1, 8)
    assert await call(world, function, 1) == ("Unhandled", {"errorType": "Odd"})
    assert dispatcher.environments() == []


async def test_who_publishes_hears_when_environments_are_up_or_why_they_are_not(
    world: World, dispatcher: Dispatcher, workers: Workers
) -> None:
    function = managed()
    dispatcher.plan(function, 1, 1, 8)
    assert await dispatcher.launched(function) is None
    assert [info.state for info in dispatcher.environments()] == ["idle"]
    workers.fails_init = True
    another = msgspec.structs.replace(function, revision_id="another")
    dispatcher.plan(another, 1, 1, 8)
    reason = "The function failed while it was initialized: Runtime.Unknown."
    assert await dispatcher.launched(another) == InitFailure("FunctionError.RuntimeInitError", reason)


async def test_a_platform_that_fails_is_told_too(
    world: World, dispatcher: Dispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise PlatformError("no loop device")

    world.before_start = broken
    function = managed()
    dispatcher.plan(function, 1, 1, 8)
    with pytest.raises(PlatformError, match="no loop device"):
        await call(world, function, 1)
    assert f"no environment of {function.arn} could be started: no loop device" in caplog.text


async def test_what_is_retired_ends(world: World, dispatcher: Dispatcher, workers: Workers) -> None:
    function = managed()
    dispatcher.plan(function, 1, 1, 8)
    await until(world, "idle")
    dispatcher.retire(function.function_arn, None)
    assert dispatcher.environments() == []
    while not world.environments[0].killed:  # noqa: ASYNC110
        await asyncio.sleep(0.001)


async def test_a_runtime_that_ends_is_replaced_when_somebody_comes(
    world: World, dispatcher: Dispatcher, workers: Workers
) -> None:
    function = managed()
    dispatcher.plan(function, 1, 1, 8)
    await until(world, "idle")
    workers.end_runtime()
    await until(world)
    assert await call(world, function, "again") == (None, "again")


async def stream(world: World, event: Any, request_id: str = "rid") -> tuple[bytes, Any]:
    """All pieces of a streamed answer, and how it ended."""
    function = managed()
    request = InvokeRequest(json.dumps(event).encode(), function.arn)
    answer = await world.dispatcher.invoke_stream(world.context(request_id), function, request)
    return b"".join([piece async for piece in answer]), answer.result


async def test_streamed_answers_side_by_side(world: World, dispatcher: Dispatcher, workers: Workers) -> None:
    with pytest.raises(ApiError):
        await stream(world, "stream")
    dispatcher.plan(managed(), 1, 1, 8)
    ended = await asyncio.gather(stream(world, "stream", "a"), stream(world, "stream", "b"))
    ended.append(await stream(world, "whole", "c"))
    assert [payload for payload, _ in ended] == [b'"so far"', b'"so far"', b'"whole"']
    assert all(result.function_error is None and result.trace_id for _, result in ended)
    assert await call(world, managed(), "stream") == (None, "so far")
