"""Every action on every kind of operation, from every state: what comes of it, or AWS's refusal."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.durable.transitions import changed, check, closed, held, matured
from lambent.services.lambda_.durable.values import Kind, Operation, OperationStatus
from tests.unit.services.lambda_.durable.making import NOW, update


def operation(kind: str, status: str, **more: Any) -> Operation:
    return Operation(1, "a", Kind(kind), OperationStatus(status), NOW, **more)


def outcome(kind: str, status: str | None, action: str, **more: Any) -> str:
    """The state afterwards with the event, or the refusal."""
    current = None if status is None else operation(kind, status)
    given = update(kind, action, **more)
    try:
        check(current, given)
        change = changed(current, given, NOW)
    except ApiError as refusal:
        assert refusal.code == "InvalidParameterValueException"
        return refusal.message
    return f"{change.operation.status} {change.event}"


CLOSE, START = "Invalid current STEP state to close.", "Invalid current STEP state to start."
AGAIN = "Invalid current STEP state to re-attempt."
ACTION = "Invalid action for the given operation type."
DONE = ("SUCCEEDED", "FAILED")


@pytest.mark.parametrize(
    ("kind", "status", "action", "expected"),
    [
        ("STEP", None, "START", "STARTED StepStarted"),
        ("STEP", None, "SUCCEED", "SUCCEEDED StepSucceeded"),
        ("STEP", None, "FAIL", "FAILED StepFailed"),
        ("STEP", None, "RETRY", "PENDING StepSucceeded"),
        ("STEP", "STARTED", "START", START),
        ("STEP", "STARTED", "SUCCEED", "SUCCEEDED StepSucceeded"),
        ("STEP", "STARTED", "FAIL", "FAILED StepFailed"),
        ("STEP", "STARTED", "RETRY", "PENDING StepSucceeded"),
        ("STEP", "PENDING", "START", START),
        ("STEP", "PENDING", "SUCCEED", CLOSE),
        ("STEP", "PENDING", "FAIL", CLOSE),
        ("STEP", "PENDING", "RETRY", AGAIN),
        ("STEP", "READY", "START", "STARTED StepStarted"),
        ("STEP", "READY", "SUCCEED", "SUCCEEDED StepSucceeded"),
        ("STEP", "READY", "FAIL", "FAILED StepFailed"),
        ("STEP", "READY", "RETRY", "PENDING StepSucceeded"),
        *(("STEP", done, "START", START) for done in DONE),
        *(("STEP", done, "SUCCEED", CLOSE) for done in DONE),
        *(("STEP", done, "RETRY", AGAIN) for done in DONE),
        ("STEP", "STARTED", "CANCEL", ACTION),
        ("CONTEXT", None, "START", "STARTED ContextStarted"),
        ("CONTEXT", None, "SUCCEED", "SUCCEEDED ContextSucceeded"),
        ("CONTEXT", "STARTED", "START", "Cannot start a CONTEXT that already exist."),
        ("CONTEXT", "STARTED", "SUCCEED", "SUCCEEDED ContextSucceeded"),
        ("CONTEXT", "STARTED", "FAIL", "FAILED ContextFailed"),
        *(("CONTEXT", done, "SUCCEED", "Invalid current CONTEXT state to close.") for done in DONE),
        ("CONTEXT", "STARTED", "RETRY", ACTION),
        ("WAIT", None, "START", "STARTED WaitStarted"),
        ("WAIT", "STARTED", "START", "Cannot start a WAIT that already exist."),
        ("WAIT", "STARTED", "CANCEL", "CANCELLED WaitCancelled"),
        ("WAIT", None, "CANCEL", "Cannot cancel a WAIT that does not exist or has already completed."),
        ("WAIT", "SUCCEEDED", "CANCEL", "Cannot cancel a WAIT that does not exist or has already completed."),
        ("WAIT", "STARTED", "SUCCEED", ACTION),
        ("CALLBACK", None, "START", "STARTED CallbackStarted"),
        ("CALLBACK", "STARTED", "START", "Cannot start a CALLBACK that already exist."),
        ("CALLBACK", "STARTED", "SUCCEED", ACTION),
        ("CHAINED_INVOKE", None, "START", "STARTED ChainedInvokeStarted"),
        ("CHAINED_INVOKE", "STARTED", "START", "Cannot start a CHAINED_INVOKE operation that already exists."),
        ("CHAINED_INVOKE", "STARTED", "CANCEL", ACTION),
        ("EXECUTION", None, "START", ACTION),
        ("EXECUTION", None, "RETRY", ACTION),
    ],
)
def test_transitions(kind: str, status: str | None, action: str, expected: str) -> None:
    assert outcome(kind, status, action) == expected


@pytest.mark.parametrize(
    ("kind", "action", "more", "expected"),
    [
        ("STEP", "SUCCEED", {"Error": {}}, "Cannot provide an Error for SUCCEED action."),
        ("STEP", "FAIL", {"Payload": "1"}, "Cannot provide a Payload for FAIL action."),
        ("STEP", "RETRY", {"Error": {}, "Payload": "1"}, "Cannot provide both error and payload to RETRY a STEP."),
        ("STEP", "RETRY", {"StepOptions": {}}, "Invalid StepOptions for the given action."),
        ("STEP", "RETRY", {"Error": {"ErrorMessage": "x"}}, "PENDING StepFailed"),
        ("STEP", "SUCCEED", {"Type": "CONTEXT"}, "Inconsistent operation type."),
        ("STEP", "SUCCEED", {"Name": "x"}, "Inconsistent operation name."),
        ("STEP", "SUCCEED", {"SubType": "x"}, "Inconsistent operation subtype."),
        ("STEP", "SUCCEED", {"ParentId": "x"}, "Inconsistent parent operation id."),
    ],
)
def test_what_updates_may_say(kind: str, action: str, more: dict[str, Any], expected: str) -> None:
    assert outcome(kind, "STARTED", action, **more) == expected


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("WAIT", {"WaitOptions": {}}, "Update for WAIT operation requires WaitOptions."),
        (
            "CHAINED_INVOKE",
            {"ChainedInvokeOptions": None},
            "Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.",
        ),
    ],
)
def test_what_a_start_needs(kind: str, more: dict[str, Any], expected: str) -> None:
    assert outcome(kind, None, "START", **more) == expected


def test_attempts_count_and_a_retry_has_its_time() -> None:
    change = changed(operation("STEP", "READY", attempt=1), update("STEP", "RETRY", Error={"ErrorType": "E"}), NOW)
    assert (change.operation.attempt, change.operation.due) == (2, NOW + 10)
    assert change.details == {
        "Error": held({"ErrorType": "E"}),
        "RetryDetails": {"CurrentAttempt": 2, "NextAttemptDelaySeconds": 10},
    }


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (operation("WAIT", "STARTED", due=NOW), "SUCCEEDED WaitSucceeded"),
        (operation("WAIT", "STARTED", due=NOW + 1), None),
        (operation("WAIT", "CANCELLED", due=NOW), None),
        (operation("STEP", "PENDING", due=NOW), "READY "),
        (operation("STEP", "STARTED"), None),
        (operation("CALLBACK", "STARTED", due=NOW), "TIMED_OUT CallbackTimedOut"),
        (operation("CALLBACK", "STARTED", heartbeat_due=NOW, due=NOW + 9), "TIMED_OUT CallbackTimedOut"),
        (operation("CALLBACK", "SUCCEEDED", heartbeat_due=NOW), None),
    ],
)
def test_what_time_does(waiting: Operation, expected: str | None) -> None:
    change = matured(waiting, NOW)
    assert (None if change is None else f"{change.operation.status} {change.event}") == expected


def test_a_missed_heartbeat_is_told_from_a_timeout() -> None:
    for more, expected in (({"heartbeat_due": NOW}, "Callback.Heartbeat"), ({"due": NOW}, "Callback.Timeout")):
        change = matured(operation("CALLBACK", "STARTED", **more), NOW)
        assert change is not None
        assert change.operation.error is not None
        assert change.operation.error["ErrorType"] == expected


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED"])
def test_ends_from_outside(status: str) -> None:
    change = closed(operation("CHAINED_INVOKE", "STARTED"), OperationStatus(status), NOW, result="1")
    assert change.event == f"ChainedInvoke{status.title().replace('_', '')}"
    assert (change.operation.status, change.operation.ended) == (status, NOW)
