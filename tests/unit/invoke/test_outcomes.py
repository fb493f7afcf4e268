"""What answers, failures and silences mean."""

from __future__ import annotations

import json

import pytest

from lambent.invoke import outcomes
from lambent.invoke.ending import Ending
from lambent.model.invocation import ExitStatus, FunctionError
from lambent.runtime_api.extensions import Failure
from lambent.runtime_api.session import Disconnected, Failed, InitFailed, Initialized, Responded

CRASH = Failure("Extension.Crash", "exit status 1")
MINE = FunctionError("ValueError", b'{"errorType":"ValueError"}')


def test_answers() -> None:
    assert outcomes.of_answer("r", Responded(b"1")) == Ending("r", b"1")
    assert outcomes.of_answer("r", Failed(MINE)) == Ending("r", MINE.payload, "failure", "ValueError")
    assert outcomes.of_answer("r", Disconnected()) == Ending("r", b"")


@pytest.mark.parametrize(
    ("outcome", "fatal", "status", "error_type", "text"),
    [
        (None, None, "timeout", "Sandbox.Timedout", "Task timed out after 10.00 seconds"),
        (CRASH, None, "error", "Extension.Crash", "exit status 1"),
        (Disconnected(), None, "error", "Runtime.ExitError", "Runtime exited with error: exit status 2"),
        (
            Disconnected(),
            "Extension.ExitError",
            "error",
            "Extension.ExitError",
            "Runtime exited with error: exit status 2",
        ),
    ],
)
def test_why_init_came_to_nothing(outcome, fatal, status, error_type, text) -> None:
    ending = outcomes.of_init("r", outcome, 10.0, ExitStatus(code=2), fatal)
    assert ending is not None
    assert (ending.status, ending.error_type) == (status, error_type)
    assert json.loads(ending.payload) == {"errorType": error_type, "errorMessage": f"RequestId: r Error: {text}"}


def test_an_init_that_succeeded_or_told_its_own_error() -> None:
    assert outcomes.of_init("r", Initialized(), 10.0, None, None) is None
    ending = outcomes.of_init("r", InitFailed(MINE), 10.0, None, None)
    assert ending == Ending("r", MINE.payload, "error", "ValueError")


def test_what_broke_off_replaces_what_was_answered() -> None:
    ending = Ending("r", b"1")
    outcomes.break_off(ending, CRASH, None, None)
    assert (ending.status, ending.error_type, ending.message) == ("error", "Extension.Crash", "exit status 1")
    ending = Ending("r", b"1")
    outcomes.break_off(ending, None, ExitStatus(signal=9), None)
    assert (ending.error_type, ending.message) == ("Runtime.ExitError", "Runtime exited with error: signal: killed")


def test_time_that_is_over() -> None:
    ending = Ending("r", b"1")
    outcomes.time_out(ending, 3)
    assert (ending.status, ending.message) == ("timeout", "Task timed out after 3.00 seconds")
