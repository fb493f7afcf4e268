"""How an invocation ended, as a value."""

from __future__ import annotations

from lambent.invoke.ending import Ending
from lambent.model.invocation import FunctionError


def test_an_answer_and_a_handlers_error_leave_the_runtime_alive() -> None:
    assert Ending("r", b"1").answered
    assert Ending("r", b"{}", "failure", "ValueError").answered


def test_a_failure_of_the_environment_replaces_what_was_answered() -> None:
    ending = Ending("r", b"1")
    ending.fail("timeout", FunctionError("Sandbox.Timedout", b"{}"), "Task timed out")
    assert not ending.answered
    assert ending == Ending("r", b"{}", "timeout", "Sandbox.Timedout", "Task timed out")
