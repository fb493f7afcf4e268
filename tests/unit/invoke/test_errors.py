"""The texts that clients read, literally."""

from __future__ import annotations

import json

import pytest

from lambent.invoke import errors
from lambent.invoke.admission import Refusal
from lambent.model.invocation import ExitStatus
from lambent.runtime_api.extensions import Failure


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


def test_an_extension_that_broke_the_environment() -> None:
    error = errors.extension_failed("id", Failure("Extension.Crash", "exit code 0"))
    assert error.error_type == "Extension.Crash"
    assert error.payload == b'{"errorType":"Extension.Crash","errorMessage":"RequestId: id Error: exit code 0"}'


def test_what_an_extension_reported_stands_for_the_exit() -> None:
    assert errors.exited("id", ExitStatus(code=1), "Extension.ExitError").error_type == "Extension.ExitError"
