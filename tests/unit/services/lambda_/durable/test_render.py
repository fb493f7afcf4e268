"""Output shapes."""

from __future__ import annotations

import msgspec

from lambent.services.lambda_.durable import render
from lambent.services.lambda_.durable.values import Event, Kind, Operation, OperationStatus, Output, Pause, Status
from tests.unit.services.lambda_.durable.making import NOW, execution


def test_times_of_events_are_milliseconds() -> None:
    step = Operation(1, "a", Kind.STEP, OperationStatus.PENDING, NOW, parent="p", due=NOW + 1.5, attempt=1, name="n")
    assert render.in_event(render.operation(step)) == {
        "Id": "a",
        "Type": "STEP",
        "StartTimestamp": 1_790_000_000_000,
        "Status": "PENDING",
        "ParentId": "p",
        "Name": "n",
        "StepDetails": {"Attempt": 1, "NextAttemptTimestamp": 1_790_000_001_500},
    }


def test_details_of_each_kind() -> None:
    made = Operation(0, "a", Kind.EXECUTION, OperationStatus.STARTED, NOW, input="1", due=NOW, callback_id="c")
    shown = {
        kind: render.operation(msgspec.structs.replace(made, kind=kind, result="r", replay_children=True))
        for kind in Kind
    }
    assert shown[Kind.EXECUTION]["ExecutionDetails"] == {"InputPayload": "1"}
    assert shown[Kind.WAIT]["WaitDetails"] == {"ScheduledEndTimestamp": NOW}
    assert shown[Kind.CALLBACK]["CallbackDetails"]["CallbackId"] == "c"
    assert shown[Kind.CONTEXT]["ContextDetails"] == {"ReplayChildren": True, "Result": "r"}
    assert shown[Kind.CHAINED_INVOKE]["ChainedInvokeDetails"]["Result"] == "r"


def test_events_with_and_without_data() -> None:
    event = Event(1, "StepFailed", NOW, {"Error": {"Payload": {}, "Truncated": False}, "RetryDetails": {}}, "a")
    assert render.event(event, data=True)["StepFailedDetails"] == event.details
    assert render.event(event, data=False)["StepFailedDetails"] == {"Error": {"Truncated": False}, "RetryDetails": {}}


def test_an_execution_with_and_without_data() -> None:
    paused = execution(status=Status.PAUSED, pause=Pause(NOW, "why", 1.0), trace_id="t")
    full = render.described(paused, "in", Output("out", {"a": 1}), data=True)
    assert (full["InputPayload"], full["Result"], full["Error"]) == ("in", "out", {"a": 1})
    assert full["PauseDetails"] == {"PauseRequestTimestamp": NOW, "ExecutionTimeoutPaused": True, "Reason": "why"}
    assert full["TraceHeader"] == {"XAmznTraceId": "t"}
    bare = render.described(paused, "in", Output("out"), data=False)
    assert not {"InputPayload", "Result", "Error"} & set(bare)
    assert "Reason" not in bare["PauseDetails"]


def test_failures_look_like_a_functions() -> None:
    error = {"ErrorMessage": "m", "ErrorType": "T", "ErrorData": "d", "StackTrace": ["s"]}
    assert render.failure(Status.FAILED, Output(error=error)) == {
        "errorMessage": "m",
        "errorType": "T",
        "errorData": "d",
        "stackTrace": ["s"],
    }
    assert render.failure(Status.STOPPED, Output())["errorType"] == "Execution.STOPPED"
