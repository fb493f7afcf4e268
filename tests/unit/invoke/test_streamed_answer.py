"""A streamed answer between its writer and its reader, whoever is slow, late or gone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from lambent.invoke.base import InvokeRequest
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.model.errors import ApiError, PlatformError
from lambent.model.invocation import ExitStatus, FunctionError, Invocation, InvocationResult
from lambent.runtime_api.answer_stream import AnswerStream, StreamEnd
from lambent.runtime_api.session import Disconnected, Failed, InitFailed, Responded

DONE = InvocationResult(b"", "1")


@pytest.fixture
async def answer() -> StreamedAnswer:
    return StreamedAnswer("1")


async def drain(answer: StreamedAnswer) -> list[bytes]:
    return [piece async for piece in answer]


async def test_pieces_come_in_order_and_then_the_result(answer: StreamedAnswer) -> None:
    reading = asyncio.ensure_future(drain(answer))
    answer.begin("text/plain")
    assert (await answer.begun()).content_type == "text/plain"
    for piece in (b"a", b"b", b"c"):
        await answer.write(piece)
    answer.end(DONE)
    assert await reading == [b"a", b"b", b"c"]
    assert answer.result == DONE
    assert await drain(answer) == []


async def test_a_writer_is_one_piece_ahead_and_no_more(answer: StreamedAnswer) -> None:
    answer.begin("text/plain")
    await answer.write(b"a")
    second = asyncio.ensure_future(answer.write(b"b"))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not second.done()
    assert await anext(answer) == b"a"
    await second
    assert await anext(answer) == b"b"


async def test_an_answer_that_comes_whole_is_one_piece(answer: StreamedAnswer) -> None:
    answer.end(InvocationResult(b'"x"', "1"))
    await answer.begun()
    assert answer.content_type == "application/json"
    assert await drain(answer) == [b'"x"']


async def test_an_error_is_no_piece(answer: StreamedAnswer) -> None:
    failed = InvocationResult(b"{}", "1", "Unhandled")
    answer.end(failed)
    answer.end(DONE)
    assert await drain(await answer.begun()) == []
    assert answer.result == failed


async def test_a_reader_that_has_gone_holds_nobody_back(answer: StreamedAnswer) -> None:
    answer.begin("text/plain")
    await answer.write(b"a")
    waiting = asyncio.ensure_future(answer.write(b"b"))
    await asyncio.sleep(0)
    await answer.aclose()
    await waiting
    for _ in range(100):
        await answer.write(b"c")
    answer.end(InvocationResult(b"d", "1"))
    assert await drain(answer) == []


async def test_a_reader_that_gave_up_before_the_beginning_has_gone(answer: StreamedAnswer) -> None:
    waiting = asyncio.ensure_future(answer.begun())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    answer.begin("text/plain")
    for _ in range(3):
        await answer.write(b"a")
    answer.fail(PlatformError("nobody hears it"))


async def test_a_read_that_was_given_up_loses_nothing(answer: StreamedAnswer) -> None:
    answer.begin("text/plain")
    reading: asyncio.Future[Any] = asyncio.ensure_future(anext(answer))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await answer.write(b"a")
    assert await anext(answer) == b"a"


async def test_what_keeps_it_from_beginning_is_raised(answer: StreamedAnswer) -> None:
    answer.fail(ApiError("X", "y"))
    with pytest.raises(ApiError):
        await answer.begun()


async def test_what_breaks_it_off_is_raised_after_the_pieces(answer: StreamedAnswer) -> None:
    answer.begin("text/plain")
    await answer.write(b"a")
    answer.fail(PlatformError("lost"))
    assert await anext(answer) == b"a"
    with pytest.raises(PlatformError, match="lost"):
        await anext(answer)


# From the dispatcher, on doubles of the sandbox and the runtime.


class Script:
    """A function that answers in pieces when the test says so."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.stream = AnswerStream("text/plain", lambda: None)
        self.runtimes: list[Any] = []
        self.idle = asyncio.Event()
        self.idle.set()
        world.on_invoke = self.begin
        world.on_idle = self.wait

    async def begin(self, runtime: Any, invocation: Invocation) -> AnswerStream:
        self.runtimes.append(runtime)
        runtime.closed.add_done_callback(lambda _: self.stream.finish(StreamEnd(cut=True)))
        return self.stream

    async def wait(self, runtime: Any) -> bool:
        waiting = asyncio.ensure_future(self.idle.wait())
        await asyncio.wait({waiting, runtime.closed}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return self.idle.is_set()


async def invoke(world: Any, function: Any, **request: Any) -> StreamedAnswer:
    """The answer, as soon as there is one."""
    wanted = InvokeRequest(payload=b"{}", invoked_arn=function.arn, **request)
    answer = await world.dispatcher.invoke_stream(world.context(), function, wanted)
    assert isinstance(answer, StreamedAnswer)
    return answer


async def read(answer: StreamedAnswer) -> tuple[bytes, Any]:
    """All of it, and how it ended."""
    pieces = [piece async for piece in answer]
    return b"".join(pieces), answer.result


async def test_pieces_reach_the_caller_before_the_next_is_made(running, function) -> None:
    script = Script(running)
    answer = await invoke(running, function())
    assert (answer.executed_version, answer.content_type) == ("$LATEST", "text/plain")
    assert answer.trace_id is not None and answer.trace_id.startswith("Root=1-")
    for piece in (b"first", b"second"):
        script.stream.feed(piece)
        assert await anext(answer) == piece
    assert not any("END" in line for line in running.lines)
    script.stream.finish(StreamEnd())
    payload, result = await read(answer)
    assert (payload, result.payload, result.function_error) == (b"", b"", None)
    await running.until(lambda: any(line.startswith("REPORT") for line in running.lines))


async def test_the_caller_hears_of_the_end_before_the_bookkeeping(running, function) -> None:
    script = Script(running)
    script.idle.clear()
    answer = await invoke(running, function())
    script.stream.finish(StreamEnd())
    assert (await read(answer))[1].function_error is None
    assert not any(line.startswith("REPORT") for line in running.lines)
    script.idle.set()


async def test_an_answer_that_comes_whole_or_not_at_all(running, function) -> None:
    running.on_invoke = lambda runtime, invocation: Responded(b'"whole"')
    payload, result = await read(await invoke(running, function()))
    assert (payload, result.function_error) == (b'"whole"', None)
    running.on_invoke = lambda runtime, invocation: Failed(FunctionError("E", b"{}"))
    payload, result = await read(await invoke(running, function()))
    assert (payload, result.payload, result.function_error) == (b"", b"{}", "Unhandled")


async def test_an_error_midway(running, function) -> None:
    script = Script(running)
    answer = await invoke(running, function())
    script.stream.feed(b"some")
    script.stream.finish(StreamEnd(FunctionError("E", b"{}")))
    payload, result = await read(answer)
    assert (payload, result.payload, result.function_error) == (b"some", b"{}", "Unhandled")
    await running.quiet()
    assert running.events.count("start") == 1
    assert "sweep" not in running.events


async def test_a_runtime_that_ends_midway(running, function) -> None:
    script = Script(running)
    answer = await invoke(running, function())
    script.stream.feed(b"some")
    script.runtimes[0].exit(ExitStatus(code=3))
    script.runtimes[0].close()
    payload, result = await read(answer)
    assert (payload, result.function_error) == (b"some", "Unhandled")
    assert json.loads(result.payload) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": "RequestId: rid Error: Runtime exited with error: exit status 3",
    }


@pytest.mark.parametrize("reads", [True, False])
async def test_a_timeout_midway_whether_anybody_reads_or_not(running, function, reads: bool) -> None:
    script = Script(running)
    answer = await invoke(running, function(timeout=0.05))
    for _ in range(5):
        script.stream.feed(b"some")
        await running.quiet()
    if not reads:
        await script.runtimes[0].closed
        await running.until(lambda: answer.result is not None)
    payload, result = await read(answer)
    assert payload.startswith(b"some")
    assert json.loads(result.payload)["errorType"] == "Sandbox.Timedout"


async def test_the_log_comes_with_the_end(running, function) -> None:
    script = Script(running)
    answer = await invoke(running, function(), log_tail=True)
    script.stream.feed(b"some")
    assert await anext(answer) == b"some"
    script.stream.finish(StreamEnd())
    _, result = await read(answer)
    assert b"REPORT RequestId: rid" in result.log_tail


async def test_a_caller_that_has_gone_does_not_stop_the_function(running, function) -> None:
    script = Script(running)
    answer = await invoke(running, function())
    await answer.aclose()
    for _ in range(50):
        script.stream.feed(bytes(100_000))
        await running.quiet()
    script.stream.finish(StreamEnd())
    await running.until(lambda: any(line.startswith("REPORT") for line in running.lines))
    running.on_invoke = lambda runtime, invocation: Responded(b"1")
    await running.invoke()
    assert running.events.count("start") == 1


async def test_a_caller_that_gave_up_before_the_first_piece(running, function) -> None:
    script = Script(running)
    gate = asyncio.Event()

    async def later(runtime: Any, invocation: Invocation) -> AnswerStream:
        await gate.wait()
        return await script.begin(runtime, invocation)

    running.on_invoke = later
    asking = asyncio.ensure_future(invoke(running, function()))
    await running.until(lambda: "invoke rid" in running.events)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    gate.set()
    for _ in range(5):
        script.stream.feed(b"some")
        await running.quiet()
    script.stream.finish(StreamEnd())
    await running.until(lambda: any(line.startswith("REPORT") for line in running.lines))


async def test_a_stream_that_is_too_long_is_told_at_once_and_waited_for(world, function) -> None:
    async with world.build(stream_limit_mb=0.001):
        script = Script(world)
        script.idle.clear()
        answer = await invoke(world, function())
        script.stream.feed(bytes(1048))
        assert len(await anext(answer)) == 1048
        script.stream.feed(b"x")
        payload, result = await read(answer)
        assert (payload, json.loads(result.payload)["errorType"]) == (b"", "Function.ResponseSizeTooLarge")
        script.stream.feed(b"more")
        await world.quiet()
        assert not any(line.startswith("REPORT") for line in world.lines)
        script.stream.finish(StreamEnd())
        script.idle.set()
        await world.until(lambda: any(line.startswith("REPORT") for line in world.lines))
        assert world.events.count("start") == 1


async def test_invoke_puts_a_stream_together(running, function) -> None:
    script = Script(running)
    waiting = asyncio.ensure_future(running.invoke(function()))
    for piece in (b"a", b"b"):
        script.stream.feed(piece)
        await running.quiet()
    assert not waiting.done()
    script.stream.finish(StreamEnd())
    result = await waiting
    assert (result.payload, result.function_error) == (b"ab", None)


async def test_a_throttle_is_raised_and_a_failed_init_is_the_end(world, function) -> None:
    async with world.build(concurrency_limit=1, unreserved_minimum=0):
        script = Script(world)
        first = await invoke(world, function())
        with pytest.raises(ApiError) as refused:
            await invoke(world, function())
        assert refused.value.code == "TooManyRequestsException"
        script.stream.finish(StreamEnd())
        await read(first)
    world.on_init = lambda runtime: InitFailed(FunctionError("Runtime.X", b"{}"))
    async with world.build():
        payload, result = await read(await invoke(world, function()))
        assert (payload, result.payload) == (b"", b"{}")


async def test_a_server_that_stops_midway(world, function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambent.invoke.dispatcher.DRAIN_SECONDS", 0.01)
    async with world.build():
        script = Script(world)
        answer = await invoke(world, function())
        script.stream.feed(b"some")
        assert await anext(answer) == b"some"
        world.on_invoke = lambda runtime, invocation: Disconnected()
    with pytest.raises(PlatformError):
        await anext(answer)
