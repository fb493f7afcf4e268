"""The life of an execution, as lists of events."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.durable.machine import Answer, Machine
from lambent.services.lambda_.durable.values import OperationStatus, Output, Status
from tests.unit.services.lambda_.durable.making import NOW, checkpoint, execution, running, update

PENDING = Answer("PENDING")


def answered(machine: Machine, answer: Answer, now: float = NOW) -> None:
    machine.answered(answer, NOW, now, machine.execution.invocation)


def suspended(*updates: dict[str, Any]) -> Machine:
    machine = running()
    checkpoint(machine, *updates)
    answered(machine, PENDING)
    machine.written()
    return machine


def test_a_new_execution_is_to_be_invoked() -> None:
    machine = Machine.started(execution(), "[1]")
    assert machine.wants_invocation
    assert [event.type for event in machine.events] == ["ExecutionStarted"]
    assert machine.operations["i"].input == "[1]"
    assert machine.due() == NOW + 600
    assert machine.begin("first") == ["i"]
    assert not machine.wants_invocation


def test_each_token_is_good_once_and_each_checkpoint_tells_what_changed() -> None:
    machine = running()
    first = machine.token()
    assert checkpoint(machine, update("STEP", "START")) == ["a STARTED"]
    with pytest.raises(ApiError, match="Invalid checkpoint token"):
        machine.checkpoint(first, [update("STEP", "SUCCEED")], "", NOW)
    assert checkpoint(machine, update("STEP", "SUCCEED")) == ["a SUCCEEDED"]
    assert checkpoint(machine) == []


def test_a_repeated_request_has_the_same_answer() -> None:
    machine = running()
    token = machine.token()
    told = machine.checkpoint(token, [update("STEP", "START")], "once", NOW)
    assert machine.checkpoint(token, [update("STEP", "START")], "once", NOW) == told
    with pytest.raises(ApiError, match="Invalid checkpoint token"):
        machine.checkpoint(token, [update("STEP", "START")], "twice", NOW)


def test_tokens_of_an_earlier_invocation_are_not_good() -> None:
    machine = suspended(update("WAIT", "START"))
    machine.advance(NOW + 60)
    machine.begin("second")
    old = machine.token()
    machine.lost()
    machine.begin("third")
    with pytest.raises(ApiError, match="Invalid checkpoint token"):
        machine.check_token(old)


def test_a_refused_checkpoint_leaves_nothing_behind() -> None:
    machine = running()
    before = machine.execution
    with pytest.raises(ApiError, match="Cannot cancel a WAIT"):
        machine.checkpoint(machine.token(), [update("STEP", "START", "b"), update("WAIT", "CANCEL")], "", NOW)
    machine.undo()
    assert machine.execution == before
    assert list(machine.operations) == ["i"]
    assert not machine.events


@pytest.mark.parametrize(
    ("started", "seconds", "told"),
    [
        (update("WAIT", "START"), 60, "SUCCEEDED"),
        (update("STEP", "RETRY"), 10, "READY"),
        (update("CALLBACK", "START", CallbackOptions={"TimeoutSeconds": 30}), 30, "TIMED_OUT"),
    ],
)
def test_time_has_a_suspended_function_invoked_again(started: dict[str, Any], seconds: int, told: str) -> None:
    machine = suspended(started)
    assert not machine.wants_invocation
    assert machine.due() == NOW + seconds
    machine.advance(NOW + seconds - 1)
    assert not machine.wants_invocation
    machine.advance(NOW + seconds)
    assert machine.wants_invocation
    assert machine.begin("second") == ["a"]
    assert machine.operations["a"].status == told


def test_what_a_running_function_was_told_does_not_invoke_it_again() -> None:
    machine = running()
    checkpoint(machine, update("WAIT", "START"), update("WAIT", "START", "b", WaitOptions={"WaitSeconds": 90}))
    assert checkpoint(machine, now=NOW + 60) == ["a SUCCEEDED"]
    answered(machine, PENDING, NOW + 61)
    assert not machine.wants_invocation
    machine.advance(NOW + 90)
    assert machine.wants_invocation


def test_what_it_was_not_told_does() -> None:
    machine = running()
    checkpoint(machine, update("CHAINED_INVOKE", "START"))
    assert machine.close("a", OperationStatus.SUCCEEDED, NOW, result="1")
    answered(machine, PENDING)
    assert machine.wants_invocation
    assert not machine.close("a", OperationStatus.FAILED, NOW)


def test_heartbeats_put_off_the_end_of_a_callback() -> None:
    machine = suspended(update("CALLBACK", "START", CallbackOptions={"HeartbeatTimeoutSeconds": 30}))
    machine.heartbeat("a", NOW + 20)
    machine.advance(NOW + 49)
    assert machine.operations["a"].is_open
    machine.advance(NOW + 50)
    assert machine.operations["a"].status is OperationStatus.TIMED_OUT


@pytest.mark.parametrize(
    ("answer", "status", "output"),
    [
        (Answer("SUCCEEDED", "1"), Status.SUCCEEDED, Output("1")),
        (Answer("FAILED", error={"ErrorType": "E"}), Status.FAILED, Output(error={"ErrorType": "E"})),
        (Answer(problem={"ErrorType": "E"}), Status.FAILED, Output(error={"ErrorType": "E"})),
    ],
)
def test_answers_that_end_it(answer: Answer, status: Status, output: Output) -> None:
    machine = running()
    answered(machine, answer)
    assert (machine.execution.status, machine.output) == (status, output)
    assert [event.type for event in machine.events] == ["InvocationCompleted", f"Execution{status.title()}"]
    assert machine.due() == NOW + 3 * 86_400


def test_the_end_may_be_checkpointed() -> None:
    machine = running()
    machine.checkpoint(machine.token(), [update("EXECUTION", "SUCCEED", Payload="large")], "", NOW)
    answered(machine, Answer("SUCCEEDED", ""))
    assert machine.output == Output("large")


@pytest.mark.parametrize(("answer", "attempts"), [(Answer(problem={"a": 1}, crashed=True), 5), (PENDING, 3)])
def test_failures_are_repeated_but_not_for_ever(answer: Answer, attempts: int) -> None:
    machine = running()
    for attempt in range(1, attempts):
        answered(machine, answer)
        assert machine.wants_invocation
        assert machine.execution.retry_at == machine.due() == NOW + 5
        machine.begin(f"again {attempt}")
    answered(machine, answer)
    assert machine.execution.status is Status.FAILED


def test_an_execution_times_out_whatever_it_waits_for() -> None:
    machine = suspended(update("WAIT", "START", WaitOptions={"WaitSeconds": 10_000}))
    machine.advance(NOW + 600)
    assert machine.execution.status is Status.TIMED_OUT
    assert machine.output == Output(
        error={"ErrorMessage": "Execution timed out after 600 seconds.", "ErrorType": "Execution.TimedOut"}
    )


def test_who_is_stopped_may_checkpoint_no_more() -> None:
    machine = running()
    token = machine.token()
    machine.stop({"ErrorMessage": "enough"}, NOW)
    with pytest.raises(ApiError, match="Invalid checkpoint token"):
        machine.checkpoint(token, [], "", NOW)
    answered(machine, Answer("SUCCEEDED", "1"))
    assert machine.execution.status is Status.STOPPED


def test_a_pause_takes_the_token_away_and_resuming_invokes_again() -> None:
    machine = running()
    machine.pause(NOW, reason="why", stops_time=True, client_token="p")
    assert machine.execution.status is Status.PAUSING
    told = machine.checkpoint(machine.token(), [update("STEP", "START")], "", NOW + 1)
    assert told == (None, ())
    assert machine.execution.status is Status.PAUSED
    answered(machine, PENDING)
    assert not machine.wants_invocation
    machine.resume(NOW + 1000, reason=None, client_token="r")
    assert machine.wants_invocation
    assert machine.execution.deadline == NOW + 1600
    assert [event.type for event in machine.events][-3:] == [
        "ExecutionPaused",
        "InvocationCompleted",
        "ExecutionResumed",
    ]


def test_waits_go_on_during_a_pause() -> None:
    machine = suspended(update("WAIT", "START"))
    machine.pause(NOW, reason=None, stops_time=False, client_token="")
    assert machine.execution.status is Status.PAUSED
    machine.advance(NOW + 60)
    assert not machine.wants_invocation
    machine.resume(NOW + 61, reason=None, client_token="")
    assert machine.wants_invocation
    assert machine.execution.deadline == NOW + 600


def test_a_pause_that_is_called_off_changes_nothing() -> None:
    machine = running()
    machine.pause(NOW, reason=None, stops_time=True, client_token="")
    machine.resume(NOW, reason=None, client_token="")
    assert checkpoint(machine, update("STEP", "START")) == ["a STARTED"]


def test_no_room_is_no_failure() -> None:
    machine = running()
    machine.put_off(NOW)
    assert (machine.execution.failures, machine.execution.retry_at) == (0, NOW + 5)
    assert machine.wants_invocation


def test_a_failure_from_outside_and_a_deletion() -> None:
    machine = running()
    machine.fail({"ErrorType": "E"}, NOW)
    machine.delete()
    assert machine.execution.has_ended
    assert machine.due() == 0.0
    events = list(machine.events)
    answered(machine, PENDING)
    assert machine.events == events
