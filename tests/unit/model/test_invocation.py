"""Invocations, results and how processes end."""

from __future__ import annotations

import signal

import msgspec
import pytest

from lambent.model.invocation import ExitStatus, FunctionError, InitType, Invocation, InvocationResult, Report


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (ExitStatus(code=0), "exit status 0"),
        (ExitStatus(code=1), "exit status 1"),
        (ExitStatus(code=255), "exit status 255"),
        (ExitStatus(signal=signal.SIGKILL), "signal: killed"),
        (ExitStatus(signal=signal.SIGKILL, oom=True), "signal: killed"),
        (ExitStatus(signal=signal.SIGSEGV), "signal: segmentation fault"),
        (ExitStatus(signal=signal.SIGTERM), "signal: terminated"),
        (ExitStatus(signal=signal.SIGABRT), "signal: aborted"),
        (ExitStatus(signal=signal.SIGSYS), "signal: signal 31"),
    ],
)
def test_exits_are_told_in_awss_words(status: ExitStatus, words: str) -> None:
    assert status.describe() == words


def test_what_is_not_said_about_an_invocation_is_none() -> None:
    invocation = Invocation(request_id="r", payload=b"{}", deadline_ms=1, invoked_arn="arn")
    optional = (invocation.trace_id, invocation.client_context, invocation.cognito_identity, invocation.tenant_id)
    assert optional == (None,) * 4
    assert invocation.content_type == "application/json"


def test_a_result_has_no_error_and_no_log_unless_there_was_one() -> None:
    result = InvocationResult(payload=b"1", executed_version="$LATEST")
    assert (result.function_error, result.log_tail) == (None, None)


def test_a_report_is_of_a_success_unless_it_says_otherwise() -> None:
    report = Report(request_id="r", duration_ms=1.5, billed_ms=2, memory_mb=128, max_memory_mb=31)
    assert (report.init_ms, report.status, report.error_type) == (None, "success", None)


def test_function_errors_are_results_and_no_exceptions() -> None:
    assert not issubclass(FunctionError, BaseException)
    error = FunctionError("Runtime.ExitError", b"{}")
    assert msgspec.structs.asdict(error) == {"error_type": "Runtime.ExitError", "payload": b"{}"}


def test_init_types_are_what_the_variable_says() -> None:
    assert [str(kind) for kind in InitType] == [
        "on-demand",
        "provisioned-concurrency",
        "snap-start",
        "lambda-managed-instances",
    ]
