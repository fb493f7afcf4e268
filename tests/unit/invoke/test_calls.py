"""A call is answered once, and gives its concurrency back once."""

from __future__ import annotations

import pytest

from lambent.invoke import calls
from lambent.invoke.admission import Admission, Refusal
from lambent.invoke.base import InvokeRequest
from lambent.invoke.calls import Call
from lambent.invoke.ending import Ending
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.model.errors import ApiError, PlatformError
from lambent.model.invocation import InvocationResult

RESULT = InvocationResult(b"1", "$LATEST")


@pytest.fixture
def admission() -> Admission:
    return Admission(limit=1, unreserved_minimum=0)


@pytest.fixture
async def call(admission, function) -> Call:
    f = function()
    assert admission.admit(f) is None
    return Call("rid", f, InvokeRequest(b"{}", f.arn), admission)


async def test_an_answer_gives_the_concurrency_back(call, admission, function) -> None:
    assert admission.admit(function()) is Refusal.ACCOUNT
    call.succeed(RESULT)
    assert await call.answer == RESULT
    assert admission.admit(function()) is None


async def test_only_the_first_answer_counts(call, admission, function) -> None:
    call.succeed(RESULT)
    call.fail(PlatformError("late"))
    assert await call.answer == RESULT
    assert admission.admit(function()) is None
    assert admission.admit(function()) is Refusal.ACCOUNT


async def test_whoever_has_gone_is_not_answered_but_counted(call, admission, function) -> None:
    call.answer.cancel()
    call.succeed(RESULT)
    assert admission.admit(function()) is None


@pytest.mark.parametrize("error", [ApiError("X", "y"), PlatformError("z")])
async def test_errors_of_ours_are_told_as_they_are(call, error: Exception) -> None:
    call.fail(error)
    assert call.answer.exception() is error


async def test_a_mistake_of_ours_is_logged_and_is_our_error(call, caplog) -> None:
    call.fail(ZeroDivisionError("oops"))
    assert isinstance(call.answer.exception(), PlatformError)
    assert "ZeroDivisionError" in caplog.text


async def test_one_that_runs_on_after_its_answer_is_counted_until_it_is_closed(call, admission, function) -> None:
    call.succeed(RESULT, done=False)
    assert await call.answer == RESULT
    assert admission.admit(function()) is Refusal.ACCOUNT
    call.close()
    call.close()
    assert admission.admit(function()) is None
    assert admission.admit(function()) is Refusal.ACCOUNT


async def test_what_is_handed_over_and_what_comes_back(world, function) -> None:
    f = function(timeout=7)
    request = InvokeRequest(b"{}", "invoked", client_context="c", tenant_id="t", trace_id="Root=1-5-6")
    made = calls.invocation("rid", f, request, 1_600_000_000.0, world)
    assert (made.request_id, made.payload, made.invoked_arn, made.deadline_ms) == (
        "rid",
        b"{}",
        "invoked",
        1_600_000_007_000,
    )
    assert (made.client_context, made.tenant_id) == ("c", "t")
    assert made.trace_id is not None and "Parent=" in made.trace_id
    fine, failed = Ending("rid", b"1"), Ending("rid", b"2", "failure", "E")
    assert calls.result(f, made, fine) == InvocationResult(b"1", "$LATEST", None, None, made.trace_id)
    assert calls.result(f, made, failed).function_error == "Unhandled"


async def test_a_streamed_answer_gives_the_concurrency_back_with_its_end(admission, function) -> None:
    f = function()
    assert admission.admit(f) is None
    stream = StreamedAnswer("1")
    call = Call("rid", f, InvokeRequest(b"{}", f.arn), admission, stream)
    stream.begin("text/plain")
    assert admission.admit(function()) is Refusal.ACCOUNT
    call.succeed(RESULT)
    assert admission.admit(function()) is None
    assert stream.result == RESULT
    assert not call.answer.done()


async def test_a_stream_is_told_of_errors(admission, function) -> None:
    f, stream = function(), StreamedAnswer("1")
    assert admission.admit(f) is None
    Call("rid", f, InvokeRequest(b"{}", f.arn), admission, stream).fail(ApiError("X", "y"))
    with pytest.raises(ApiError):
        await stream.begun()
