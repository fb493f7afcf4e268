"""The Runtime API of an environment with several workers: who gets which event, and whose answer is whose."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lambent.model.errors import PlatformError
from lambent.model.invocation import FunctionError, Invocation
from lambent.runtime_api.answer_stream import AnswerStream, StreamEnd
from lambent.runtime_api.http_api import LIMITS
from lambent.runtime_api.session import Disconnected, Failed, InitFailed, Initialized, Responded
from lambent.runtime_api.shared_api import SharedSession
from tests.unit.runtime_api.test_http_api import INIT_ERROR, NEXT, Runtime

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


@pytest.fixture
async def session(listener: socket.socket) -> AsyncIterator[SharedSession]:
    """A session on `listener`."""
    session = await SharedSession.listen(listener)
    yield session
    session.close()
    await session.closed()


@pytest.fixture
def listener() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@pytest.fixture
def runtime(session: SharedSession, listener: socket.socket) -> Runtime:
    return Runtime(listener.getsockname())


def event(request_id: str) -> Invocation:
    return Invocation(request_id, f'"{request_id}"'.encode(), 4_102_444_800_000, ARN)


def answering(request_id: str, kind: str = "response") -> str:
    return f"/2018-06-01/runtime/invocation/{request_id}/{kind}"


async def asked(runtime: Runtime) -> str:
    """Be a worker: the id of the event that it gets."""
    status, body, headers = await runtime.call("GET", NEXT)
    assert status == 200
    assert json.loads(body) == headers["Lambda-Runtime-Aws-Request-Id"]
    return str(json.loads(body))


async def test_several_at_once_answered_in_whatever_order(session: SharedSession, runtime: Runtime) -> None:
    workers = [asyncio.ensure_future(asked(runtime)) for _ in range(2)]
    assert await session.initialized() == Initialized()
    answers = {name: asyncio.ensure_future(session.invoke(event(name))) for name in "abc"}
    assert sorted(await asyncio.gather(*workers)) == ["a", "b"]
    late = asyncio.ensure_future(asked(runtime))
    assert await late == "c"
    status, _, _ = await runtime.call("POST", answering("c"), b'"third"')
    assert status == 202
    assert await answers["c"] == Responded(b'"third"')
    await runtime.call("POST", answering("b", "error"), b"{}", {"Lambda-Runtime-Function-Error-Type": "Function.Odd"})
    assert await answers["b"] == Failed(FunctionError("Function.Odd", b"{}"))
    assert not answers["a"].done()
    await runtime.call("POST", answering("a"), b"1")
    assert await answers["a"] == Responded(b"1")
    assert await session.idle()


async def test_an_id_is_good_from_its_delivery_to_its_answer(session: SharedSession, runtime: Runtime) -> None:
    invalid = (400, "InvalidRequestID", "Invalid request ID")
    answer = asyncio.ensure_future(session.invoke(event("a")))
    assert await runtime.refused("POST", answering("a")) == invalid, "it is not delivered yet"
    assert await asked(runtime) == "a"
    assert await runtime.refused("POST", answering("b")) == invalid
    with pytest.raises(PlatformError, match="invocation a still runs"):
        await session.invoke(event("a"))
    await runtime.call("POST", answering("a"), b"1")
    assert await answer == Responded(b"1")
    assert await runtime.refused("POST", answering("a")) == invalid


async def test_the_first_init_error_counts(session: SharedSession, runtime: Runtime) -> None:
    status, _, _ = await runtime.call("POST", INIT_ERROR, b'{"errorType":"E"}')
    assert status == 202
    assert await session.initialized() == InitFailed(FunctionError("Runtime.Unknown", b'{"errorType":"E"}'))
    text = "State transition from Ready to InitError failed for runtime. Error: State transition is not allowed"
    assert await runtime.refused("POST", INIT_ERROR) == (403, "InvalidStateTransition", text)


async def test_a_worker_that_went_away_takes_no_event_with_it(session: SharedSession, runtime: Runtime) -> None:
    with socket.create_connection(runtime.address) as lost:
        lost.sendall(f"GET {NEXT} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await session.initialized()
        worker = asyncio.ensure_future(asked(runtime))
    answer = asyncio.ensure_future(session.invoke(event("a")))
    assert await worker == "a"
    await runtime.call("POST", answering("a"), b"1")
    assert await answer == Responded(b"1")


async def test_closing_answers_everyone(session: SharedSession, runtime: Runtime) -> None:
    answers = [asyncio.ensure_future(session.invoke(event(name))) for name in "ab"]
    assert await asked(runtime) in "ab"
    session.close()
    session.close()
    assert await asyncio.gather(*answers) == [Disconnected(), Disconnected()]
    assert await session.invoke(event("c")) == Disconnected()
    assert not await session.idle()


def test_every_worker_may_have_its_connections() -> None:
    async def connections() -> int:
        return SharedSession(100).connections

    assert asyncio.run(connections()) == LIMITS.connections + 200


async def test_a_streamed_answer_is_cut_with_the_session(session: SharedSession, runtime: Runtime) -> None:
    outcome = asyncio.ensure_future(session.invoke(event("a")))
    await asked(runtime)
    _, writer = await asyncio.open_connection(*runtime.address)
    head = f"POST {answering('a')} HTTP/1.1\r\nHost: x\r\nLambda-Runtime-Function-Response-Mode: Streaming\r\n"
    writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n".encode())
    stream = await outcome
    assert isinstance(stream, AnswerStream)
    assert await stream.take() == b"some"
    session.close()
    assert await stream.take() is None
    assert stream.end == StreamEnd(cut=True)
    writer.close()
