"""What a durable function is invoked with, and what it answers: the protocol of AWS's SDKs. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lambent.model.invocation import InvocationResult
from lambent.services.lambda_.durable import errors, limits, render
from lambent.services.lambda_.durable.machine import Answer
from lambent.services.lambda_.durable.values import Execution, Kind, Operation

_STATUSES = frozenset({"SUCCEEDED", "FAILED", "PENDING"})
_ERROR = {
    "errorMessage": "ErrorMessage",
    "errorType": "ErrorType",
    "errorData": "ErrorData",
    "stackTrace": "StackTrace",
}


def event(execution: Execution, token: str, operations: Mapping[str, Operation], updated: Sequence[str]) -> bytes:
    """The event: who it is, its first token, and the first page of what it did so far."""
    found, after = page(operations, after=-1)
    state = {
        "Operations": [render.in_event(render.operation(each)) for each in found],
        "NextMarker": "" if after is None else str(after),
    }
    made = {"DurableExecutionArn": execution.arn, "CheckpointToken": token, "InitialExecutionState": state}
    if execution.sequence > 1:
        made["UpdatedOperationIds"] = list(updated)
    return msgspec.json.encode(made)


def page(
    operations: Mapping[str, Operation], *, after: int, most: int = limits.LARGEST_PAGE
) -> tuple[list[Operation], int | None]:
    """Operations to replay behind the number `after`, and the number of the last if there are more.

    What lies in a context that has ended is left out, unless the context wants its children replayed.
    """
    found: list[Operation] = []
    size = 0
    hidden: dict[str, bool] = {"": False}
    for each in sorted(operations.values(), key=lambda operation: operation.number):
        if each.number <= after or _hidden(each.parent, operations, hidden):
            continue
        size += sum(len(text) for text in (each.input, each.result) if text is not None)
        if found and (size > limits.PAGE_BYTES or len(found) >= most):
            return found, found[-1].number
        found.append(each)
    return found, None


def _hidden(parent: str, operations: Mapping[str, Operation], known: dict[str, bool]) -> bool:
    """Whether the children of a context need not be replayed. `known` remembers."""
    if parent not in known:
        context = operations[parent]
        closed = context.kind is Kind.CONTEXT and not context.is_open and not context.replay_children
        known[parent] = closed or _hidden(context.parent, operations, known)
    return known[parent]


def answer(result: InvocationResult) -> Answer:
    """What an invocation says of its execution."""
    if result.function_error is not None:
        return Answer(problem=fault(result.payload), crashed=True)
    try:
        said = json.loads(result.payload)
    except ValueError:
        said = None
    if not isinstance(said, dict) or said.get("Status") is None:
        return Answer(problem=errors.invalid_output("Response status is required"))
    status, value, error = said["Status"], said.get("Result"), said.get("Error")
    if status not in _STATUSES:
        return Answer(problem=errors.invalid_output(f"Unexpected invocation status: {status}"))
    if status == "FAILED" and value is not None:
        return Answer(problem=errors.invalid_output("Cannot provide a Result for FAILED status."))
    if status == "SUCCEEDED" and error is not None:
        return Answer(problem=errors.invalid_output("Cannot provide an Error for SUCCEEDED status."))
    if not isinstance(value, str | None) or not isinstance(error, dict | None):
        return Answer(problem=errors.invalid_output("Result must be a string, and Error an object."))
    return Answer(status, value, None if error is None else _error_object(error))


def fault(payload: bytes) -> dict[str, Any]:
    """The `ErrorObject` of a function's error as its caller receives it."""
    try:
        said = json.loads(payload)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return {"ErrorMessage": payload.decode(errors="replace")}
    return _error_object({_ERROR[name]: value for name, value in said.items() if name in _ERROR})


def _error_object(said: Mapping[str, Any]) -> dict[str, Any]:
    """Only what an `ErrorObject` has, and of the right types."""
    made: dict[str, Any] = {}
    for member in ("ErrorMessage", "ErrorType", "ErrorData"):
        if said.get(member) is not None:
            made[member] = said[member] if isinstance(said[member], str) else json.dumps(said[member])
    if isinstance(trace := said.get("StackTrace"), list):
        made["StackTrace"] = [each if isinstance(each, str) else json.dumps(each) for each in trace]
    return made
