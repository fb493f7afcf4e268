"""The protocol of the SDKs, both ways."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lambent.model.invocation import InvocationResult
from lambent.services.lambda_.durable.invocation import answer, event, page
from lambent.services.lambda_.durable.machine import Answer
from lambent.services.lambda_.durable.values import Kind, Operation, OperationStatus
from tests.unit.services.lambda_.durable.making import ARN, NOW, checkpoint, running, update


def result(payload: Any, error: str | None = None) -> InvocationResult:
    return InvocationResult(json.dumps(payload).encode(), "1", error)


def test_the_first_event_and_a_later_one() -> None:
    machine = running()
    first = json.loads(event(machine.execution, "t", machine.operations, ["i"]))
    assert (first["DurableExecutionArn"], first["CheckpointToken"]) == (ARN, "t")
    assert "UpdatedOperationIds" not in first
    assert first["InitialExecutionState"]["NextMarker"] == ""
    assert first["InitialExecutionState"]["Operations"][0]["ExecutionDetails"] == {"InputPayload": "{}"}
    checkpoint(machine, update("WAIT", "START"))
    later = json.loads(event(machine.execution, "t", machine.operations, ["a"]))
    assert later["UpdatedOperationIds"] == ["a"]
    assert [each["Id"] for each in later["InitialExecutionState"]["Operations"]] == ["i", "a"]


def test_pages_by_size_and_number() -> None:
    made = [Operation(n, str(n), Kind.STEP, OperationStatus.SUCCEEDED, NOW, result="x" * 2_000_000) for n in range(5)]
    operations = {each.id: each for each in made}
    found, after = page(operations, after=-1)
    assert ([each.id for each in found], after) == (["0", "1"], 1)
    found, after = page(operations, after=1, most=1)
    assert ([each.id for each in found], after) == (["2"], 2)
    found, after = page(operations, after=3)
    assert ([each.id for each in found], after) == (["4"], None)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["c"]),
        ({"replay_children": True}, ["c", "d", "e"]),
        ({"status": OperationStatus.STARTED}, ["c", "d", "e"]),
    ],
)
def test_children_of_what_has_ended_are_left_out(changes: dict[str, Any], expected: list[str]) -> None:
    outer = Operation(1, "c", Kind.CONTEXT, OperationStatus.SUCCEEDED, NOW)
    inner = Operation(2, "d", Kind.CONTEXT, OperationStatus.STARTED, NOW, parent="c")
    step = Operation(3, "e", Kind.STEP, OperationStatus.STARTED, NOW, parent="d")
    operations = {each.id: each for each in (msgspec.structs.replace(outer, **changes), inner, step)}
    assert [each.id for each in page(operations, after=-1)[0]] == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"Status": "SUCCEEDED", "Result": "1"}, Answer("SUCCEEDED", "1")),
        ({"Status": "PENDING"}, Answer("PENDING")),
        (
            {"Status": "FAILED", "Error": {"ErrorMessage": "m", "Other": 1, "StackTrace": ["a"]}},
            Answer("FAILED", error={"ErrorMessage": "m", "StackTrace": ["a"]}),
        ),
    ],
)
def test_answers(said: Any, expected: Answer) -> None:
    assert answer(result(said)) == expected


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (42, "Response status is required"),
        ({}, "Response status is required"),
        ({"Status": "DONE"}, "Unexpected invocation status: DONE"),
        ({"Status": "FAILED", "Result": "1"}, "Cannot provide a Result for FAILED status."),
        ({"Status": "SUCCEEDED", "Error": {}}, "Cannot provide an Error for SUCCEEDED status."),
        ({"Status": "SUCCEEDED", "Result": 1}, "Result must be a string, and Error an object."),
    ],
)
def test_what_is_no_answer(said: Any, text: str) -> None:
    assert answer(result(said)).problem == {"ErrorMessage": text, "ErrorType": "InvalidParameterValueException"}


def test_crashes() -> None:
    crashed = answer(result({"errorMessage": "m", "errorType": "T", "requestId": "r"}, "Unhandled"))
    assert crashed == Answer(problem={"ErrorMessage": "m", "ErrorType": "T"}, crashed=True)
    assert answer(InvocationResult(b"\xff", "1", "Unhandled")).problem == {"ErrorMessage": "\ufffd"}
