"""The Runtime API against raw requests, honest and hostile, and against AWS's own client."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lambent.http.message import Request
from lambent.model.errors import PlatformError
from lambent.model.invocation import FunctionError, Invocation
from lambent.runtime_api.frames import MAX_PAYLOAD
from lambent.runtime_api.http_api import HttpSession
from lambent.runtime_api.session import Disconnected, Failed, InitFailed, Initialized, Parked, Responded, RestoreFailed

ID = "8f5a2f9e-0000-4000-8000-000000000001"
EVENT = Invocation(ID, b'{"a":1}', 4_102_444_800_000, "arn:aws:lambda:us-east-1:000000000000:function:f")
NEXT = "/2018-06-01/runtime/invocation/next"
INIT_ERROR = "/2018-06-01/runtime/init/error"
RESPONSE = f"/2018-06-01/runtime/invocation/{ID}/response"
ERROR = f"/2018-06-01/runtime/invocation/{ID}/error"


class Runtime:
    """A runtime made of single requests, each on its own connection and thread."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address

    async def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        """(status, body, headers) of the answer."""

        def request() -> tuple[int, bytes, http.client.HTTPMessage]:
            connection = http.client.HTTPConnection(*self.address, timeout=20)
            try:
                connection.request(method, path, body, headers or {}, encode_chunked=not isinstance(body, bytes | None))
                response = connection.getresponse()
                return response.status, response.read(), response.headers
            finally:
                connection.close()

        return await asyncio.to_thread(request)

    async def refused(self, method: str, path: str, body: bytes = b"") -> tuple[int, str, str]:
        """(status, type, message) of a refusal."""
        status, answer, _ = await self.call(method, path, body)
        error = json.loads(answer)
        return status, error["errorType"], error["errorMessage"]


@pytest.fixture
async def session(listener: socket.socket) -> AsyncIterator[HttpSession]:
    """A session on `listener`."""
    session = await HttpSession.listen(listener)
    yield session
    session.close()
    await session.closed()


@pytest.fixture
def listener() -> Any:
    """A listening socket, as the sandbox hands one over."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@pytest.fixture
def runtime(session: HttpSession, listener: socket.socket) -> Runtime:
    """The other side."""
    return Runtime(listener.getsockname())


async def begin(session: HttpSession, runtime: Runtime) -> asyncio.Future[Any]:
    """INIT is over and the event is handed over; returns the invocation's outcome."""
    asked = asyncio.ensure_future(runtime.call("GET", NEXT))
    assert await session.initialized() == Initialized()
    outcome = asyncio.ensure_future(session.invoke(EVENT))
    status, body, headers = await asked
    assert (status, body) == (200, EVENT.payload)
    assert headers["Lambda-Runtime-Aws-Request-Id"] == ID
    return outcome


async def test_a_response_and_the_next_next(session: HttpSession, runtime: Runtime) -> None:
    outcome = await begin(session, runtime)
    assert (await runtime.call("POST", RESPONSE, b"42"))[:2] == (202, b'{"status":"OK"}')
    assert await outcome == Responded(b"42")
    waiting = asyncio.ensure_future(session.idle())
    again = asyncio.ensure_future(session.invoke(EVENT))
    await asyncio.sleep(0)
    assert not waiting.done()
    assert (await runtime.call("GET", NEXT))[0] == 200
    assert await waiting is True
    assert not again.done()


async def test_an_error_and_its_type(session: HttpSession, runtime: Runtime) -> None:
    outcome = await begin(session, runtime)
    body = b'{"errorMessage":"m","errorType":"E"}'
    told = {
        "Lambda-Runtime-Function-Error-Type": "Function.MyType",
        "Lambda-Runtime-Function-XRay-Error-Cause": '{"exceptions": []}',
    }
    status, _, _ = await runtime.call("POST", ERROR, body, told)
    assert status == 202
    assert await outcome == Failed(
        FunctionError("Function.MyType", body), told["Lambda-Runtime-Function-XRay-Error-Cause"]
    )


async def test_init_error(session: HttpSession, runtime: Runtime) -> None:
    body = b'{"errorMessage":"m"}'
    status, answer, _ = await runtime.call("POST", INIT_ERROR, body, {"Lambda-Runtime-Function-Error-Type": "bad"})
    assert (status, answer) == (202, b'{"status":"OK"}')
    assert await session.initialized() == InitFailed(FunctionError("Runtime.Unknown", body))
    assert await runtime.refused("GET", NEXT) == (
        403,
        "InvalidStateTransition",
        "State transition from InitError to Ready failed for runtime. Error: State transition is not allowed",
    )


async def test_ping_and_unknown_paths(runtime: Runtime) -> None:
    assert (await runtime.call("GET", "/2018-06-01/ping"))[:2] == (200, b"pong")
    assert (await runtime.call("GET", "/ping"))[:2] == (200, b"pong")
    for method, path in [
        ("GET", "/"),
        ("GET", "/2018-06-01/runtime/restore/next"),
        ("POST", f"/2018-06-01/runtime/invocation/{ID}/nothing"),
    ]:
        assert (await runtime.call(method, path, b""))[0] == 404


async def test_methods_that_are_not_served(runtime: Runtime) -> None:
    for method, path in [
        ("POST", NEXT),
        ("GET", RESPONSE),
        ("PUT", RESPONSE),
        ("GET", ERROR),
        ("GET", INIT_ERROR),
        ("POST", "/2018-06-01/ping"),
    ]:
        assert (await runtime.call(method, path, b""))[:2] == (405, b"")


async def test_an_answer_before_the_first_next(session: HttpSession, runtime: Runtime) -> None:
    for path in (RESPONSE, ERROR):
        assert await runtime.refused("POST", path) == (400, "InvalidRequestID", "Invalid request ID")
    await begin(session, runtime)


async def test_wrong_and_forged_ids_change_nothing(session: HttpSession, runtime: Runtime) -> None:
    outcome = await begin(session, runtime)
    other = "8f5a2f9e-0000-4000-8000-000000000002"
    for path in (RESPONSE.replace(ID, other), ERROR.replace(ID, ID.upper()), RESPONSE.replace(ID, ""), RESPONSE + "/"):
        status, answer, _ = await runtime.call("POST", path, b"forged")
        assert (status in (400, 404)) and not outcome.done(), answer
    await runtime.call("POST", RESPONSE, b"true")
    assert await outcome == Responded(b"true")


async def test_answering_twice_is_refused_in_every_state(session: HttpSession, runtime: Runtime) -> None:
    outcome = await begin(session, runtime)
    await runtime.call("POST", RESPONSE, b"1")
    assert await runtime.refused("POST", RESPONSE, b"2") == (
        403,
        "InvalidStateTransition",
        "State transition from RuntimeResponseSentState to InvocationResponse failed for runtime. "
        "Error: State transition is not allowed",
    )
    assert (await runtime.refused("POST", ERROR, b"2"))[0] == 403
    asked = asyncio.ensure_future(runtime.call("GET", NEXT))
    assert await session.idle()
    assert await runtime.refused("POST", RESPONSE, b"2") == (400, "InvalidRequestID", "Invalid request ID")
    assert (await runtime.refused("POST", INIT_ERROR))[0] == 403
    assert await outcome == Responded(b"1")
    asked.cancel()


async def test_asking_again_while_running_gives_the_same_event(session: HttpSession, runtime: Runtime) -> None:
    outcome = await begin(session, runtime)
    status, body, headers = await runtime.call("GET", NEXT)
    assert (status, body, headers["Lambda-Runtime-Aws-Request-Id"]) == (200, EVENT.payload, ID)
    assert not outcome.done()


async def test_a_lost_next_is_not_given_the_event(session: HttpSession, runtime: Runtime) -> None:
    _, writer = await asyncio.open_connection(*runtime.address)
    writer.write(f"GET {NEXT} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert await session.initialized() == Initialized()
    writer.close()
    await writer.wait_closed()
    outcome = await begin(session, runtime)
    await runtime.call("POST", RESPONSE, b"1")
    assert await outcome == Responded(b"1")


async def test_two_that_ask_share_the_work(session: HttpSession, runtime: Runtime) -> None:
    asked = [asyncio.ensure_future(session.handle(Request.of("GET", NEXT))) for _ in range(2)]
    await asyncio.sleep(0)
    outcome = asyncio.ensure_future(session.invoke(EVENT))
    done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result().status for task in done] == [200]
    await runtime.call("POST", RESPONSE, b"1")
    assert await outcome == Responded(b"1")
    again = asyncio.ensure_future(session.invoke(EVENT))
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    assert (await runtime.call("GET", NEXT))[0] == 200
    session.close()
    assert await again == Disconnected()
    assert [(await task).status for task in waiting] == [500]


@pytest.mark.parametrize("chunked", [False, True])
async def test_six_megabytes_and_one_byte_more(session: HttpSession, runtime: Runtime, chunked: bool) -> None:
    path = ERROR if chunked else RESPONSE  # a response in chunks is a stream
    outcome = await begin(session, runtime)
    largest = b"x" * MAX_PAYLOAD
    assert (await runtime.call("POST", path, iter([largest]) if chunked else largest))[0] == 202
    answered = await outcome
    assert (answered.error.payload if chunked else answered.payload) == largest
    outcome = await begin(session, runtime)
    status, answer, _ = await runtime.call("POST", path, iter([largest, b"x"]) if chunked else largest + b"x")
    assert (status, json.loads(answer)) == (
        413,
        {
            "errorMessage": "Exceeded maximum allowed payload size (6291556 bytes).",
            "errorType": "RequestEntityTooLarge",
        },
    )
    failed = await outcome
    assert failed.error.error_type == "Function.ResponseSizeTooLarge"
    assert b"(6291557 bytes)" in failed.error.payload


async def test_a_response_that_is_cut_off(session: HttpSession, runtime: Runtime) -> None:
    outcome = await begin(session, runtime)
    _, writer = await asyncio.open_connection(*runtime.address)
    writer.write(f"POST {RESPONSE} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    failed = await outcome
    assert failed.error.error_type == "Runtime.TruncatedResponse"


async def test_a_response_mode_that_does_not_exist(session: HttpSession, runtime: Runtime) -> None:
    outcome = await begin(session, runtime)
    status, answer, _ = await runtime.call("POST", RESPONSE, b"a", {"Lambda-Runtime-Function-Response-Mode": "quick"})
    assert (status, json.loads(answer)["errorType"]) == (400, "InvalidFunctionResponseMode")
    assert (await outcome).error.error_type == "Runtime.InvalidResponseModeHeader"


async def test_invoking_out_of_turn(session: HttpSession, runtime: Runtime) -> None:
    with pytest.raises(PlatformError, match="Started"):
        await session.invoke(EVENT)
    outcome = await begin(session, runtime)
    with pytest.raises(PlatformError, match="Running"):
        await session.invoke(EVENT)
    assert not outcome.done()


async def test_closing_answers_everyone(listener: socket.socket) -> None:
    session = await HttpSession.listen(listener)
    outcome = await begin(session, Runtime(listener.getsockname()))
    session.close()
    session.close()
    assert await outcome == Disconnected()
    assert await session.invoke(EVENT) == Disconnected()
    assert await session.idle() is False
    await session.closed()
    following = await HttpSession.listen(listener)
    await begin(following, Runtime(listener.getsockname()))
    following.close()
    await following.closed()


async def test_awslambdaric_itself(session: HttpSession, runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "function.py").write_text(
        "def handler(event, context):\n"
        "    if event == 'fail': raise ValueError('no')\n"
        "    if event == 'large': return 'x' * 7_000_000\n"
        "    return [event, context.aws_request_id, context.client_context.custom,"
        " context.get_remaining_time_in_millis() > 0]\n"
    )
    process = await _awslambdaric(runtime, tmp_path, "function.handler")
    try:
        assert await asyncio.wait_for(session.initialized(), 20) == Initialized()
        context = '{"custom": {"k":\n "v"}}'
        for _ in range(3):
            outcome = await session.invoke(
                Invocation(ID, b'"x"', EVENT.deadline_ms, EVENT.invoked_arn, client_context=context)
            )
            assert isinstance(outcome, Responded)
            assert json.loads(outcome.payload) == ["x", ID, {"k": "v"}, True]
            assert await session.idle()
        failed = await session.invoke(Invocation(ID, b'"fail"', 1, "arn"))
        assert isinstance(failed, Failed)
        assert json.loads(failed.error.payload)["errorType"] == "ValueError"
        large = await session.invoke(Invocation(ID, b'"large"', 1, "arn"))
        assert isinstance(large, Failed)
        assert large.error.error_type == "Function.ResponseSizeTooLarge"
    finally:
        if process.returncode is None:
            process.kill()
        output, _ = await process.communicate()
    assert b"ValueError" in output


async def test_awslambdaric_reports_what_it_cannot_load(session: HttpSession, runtime: Runtime, tmp_path: Path) -> None:
    process = await _awslambdaric(runtime, tmp_path, "function.handler")
    outcome = await asyncio.wait_for(session.initialized(), 20)
    assert isinstance(outcome, InitFailed)
    assert outcome.error.error_type == "Runtime.ImportModuleError"
    assert json.loads(outcome.error.payload)["errorMessage"].startswith("Unable to import module 'function'")
    await process.communicate()
    assert process.returncode == 1


async def _awslambdaric(runtime: Runtime, directory: Path, handler: str) -> asyncio.subprocess.Process:
    host, port = runtime.address
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "awslambdaric", handler),
        cwd=directory,
        env={**os.environ, "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}", "PYTHONPATH": str(directory)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


RESTORE_NEXT, RESTORE_ERROR = "/2018-06-01/runtime/restore/next", "/2018-06-01/runtime/restore/error"


async def test_a_restore_waits_until_it_may_go_on() -> None:
    session = HttpSession(restores=True)
    parked = asyncio.ensure_future(session.handle(Request.of("GET", RESTORE_NEXT)))
    assert await session.initialized() == Parked()
    assert not parked.done()
    assert (await session.handle(Request.of("GET", NEXT))).status == 403
    outcome = asyncio.ensure_future(session.proceed())
    assert ((response := await parked).status, response.body) == (200, b"")
    asked = asyncio.ensure_future(session.handle(Request.of("GET", NEXT)))
    assert await outcome == Initialized()
    with pytest.raises(PlatformError, match="from Ready to Restoring failed"):
        await session.proceed()
    session.close()
    assert (await asked).status == 500
    assert await session.proceed() == Disconnected()


async def test_a_restore_that_fails() -> None:
    session = HttpSession(restores=True)
    parked = asyncio.ensure_future(session.handle(Request.of("GET", RESTORE_NEXT)))
    await session.initialized()
    outcome = asyncio.ensure_future(session.proceed())
    await parked
    headers = [("Lambda-Runtime-Function-Error-Type", "Runtime.AfterRestoreError")]
    assert (await session.handle(Request.of("POST", RESTORE_ERROR, headers, b"{}"))).status == 202
    assert await outcome == RestoreFailed(FunctionError("Runtime.AfterRestoreError", b"{}"))


async def test_without_snapstart_nobody_restores() -> None:
    for method, path in (("GET", RESTORE_NEXT), ("POST", RESTORE_ERROR)):
        assert (await HttpSession().handle(Request.of(method, path))).status == 404
