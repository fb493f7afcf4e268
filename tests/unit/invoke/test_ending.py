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


def test_what_was_produced_is_the_answer_or_what_was_streamed_before() -> None:
    assert Ending("r", b"123").produced_bytes == 3
    assert Ending("r", b"", streamed=5).produced_bytes == 5
    assert Ending("r", b"{}", "failure", "E", streamed=5).produced_bytes == 5
    assert Ending("r", b"{}", "timeout", "Sandbox.Timedout", streamed=5).produced_bytes is None
