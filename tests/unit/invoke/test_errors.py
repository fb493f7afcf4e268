"""The texts that clients read, literally."""

from __future__ import annotations

import json

import pytest

from lambent.invoke import errors
from lambent.invoke.admission import Refusal
from lambent.model.invocation import ExitStatus


def test_a_timeout() -> None:
    error = errors.timed_out("5b8e", 3)
    assert error.error_type == "Sandbox.Timedout"
    assert error.payload == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 5b8e Error: Task timed out after 3.00 seconds"}'
    )


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (ExitStatus(code=1), "Runtime exited with error: exit status 1"),
        (ExitStatus(code=255), "Runtime exited with error: exit status 255"),
        (ExitStatus(signal=9, oom=True), "Runtime exited with error: signal: killed"),
        (ExitStatus(signal=11), "Runtime exited with error: signal: segmentation fault"),
        (ExitStatus(code=0), "Runtime exited without providing a reason"),
        (None, "Runtime exited without providing a reason"),
    ],
)
def test_an_exit(status: ExitStatus | None, text: str) -> None:
    error = errors.exited("5b8e", status)
    assert error.error_type == "Runtime.ExitError"
    assert error.payload.decode() == (
        '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 5b8e Error: ' + text + '"}'
    )


def test_throttling() -> None:
    error = errors.throttled(Refusal.RESERVED)
    assert (error.code, error.status, error.message) == ("TooManyRequestsException", 429, "Rate Exceeded.")
    assert error.fields == {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}
    assert error.headers == {"Retry-After": "1"}
    assert errors.throttled(Refusal.ACCOUNT).fields == {"Reason": "ConcurrentInvocationLimitExceeded"}


def test_a_program_that_could_not_be_started() -> None:
    status = ExitStatus(code=127, refused="Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
    error = errors.exited("id", status)
    assert error.error_type == "Runtime.InvalidEntrypoint"
    assert json.loads(error.payload) == {
        "errorType": "Runtime.InvalidEntrypoint",
        "errorMessage": "RequestId: id Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
    }


def test_a_runtime_that_is_not_here() -> None:
    error = errors.runtime_missing("python3.14")
    assert (error.code, error.status) == ("InvalidRuntimeException", 502)
    assert "python3.14" in error.message
