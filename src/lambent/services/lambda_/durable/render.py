"""Every output shape of durable executions, made from stored values. Pure; members as the model names them.

In the shapes of the API times are seconds; in what a function is invoked with, `in_event` makes them milliseconds.
"""

from __future__ import annotations

from typing import Any

from lambent.model.function import Durability
from lambent.services.lambda_.durable.values import Event, Execution, Kind, Operation, OperationStatus, Output, Status

_TIMES = frozenset({"StartTimestamp", "EndTimestamp", "NextAttemptTimestamp", "ScheduledEndTimestamp"})
_DATA = frozenset({"Input", "Result", "Error", "Reason"})


def operation(shown: Operation) -> dict[str, Any]:
    """An `Operation`."""
    result: dict[str, Any] = {
        "Id": shown.id,
        "Type": str(shown.kind),
        "StartTimestamp": shown.started,
        "Status": str(shown.status),
    }
    for member, value in (("ParentId", shown.parent), ("Name", shown.name), ("SubType", shown.sub_type)):
        if value:
            result[member] = value
    if shown.ended is not None:
        result["EndTimestamp"] = shown.ended
    result[_DETAILS[shown.kind]] = _details(shown)
    return result


_DETAILS = {
    Kind.EXECUTION: "ExecutionDetails",
    Kind.CONTEXT: "ContextDetails",
    Kind.STEP: "StepDetails",
    Kind.WAIT: "WaitDetails",
    Kind.CALLBACK: "CallbackDetails",
    Kind.CHAINED_INVOKE: "ChainedInvokeDetails",
}


def _details(shown: Operation) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if shown.kind is Kind.EXECUTION:
        return {"InputPayload": shown.input}
    if shown.kind is Kind.WAIT:
        return {} if shown.due is None else {"ScheduledEndTimestamp": shown.due}
    if shown.kind is Kind.STEP:
        details["Attempt"] = shown.attempt
        if shown.status is OperationStatus.PENDING:
            details["NextAttemptTimestamp"] = shown.due
    if shown.kind is Kind.CALLBACK:
        details["CallbackId"] = shown.callback_id
    if shown.replay_children:
        details["ReplayChildren"] = True
    if shown.result is not None:
        details["Result"] = shown.result
    if shown.error is not None:
        details["Error"] = shown.error
    return details


def in_event(shape: dict[str, Any]) -> dict[str, Any]:
    """A shape with its times in milliseconds."""
    made: dict[str, Any] = {}
    for member, value in shape.items():
        if member in _TIMES and value is not None:
            made[member] = round(value * 1000)
        else:
            made[member] = in_event(value) if isinstance(value, dict) and member.endswith("Details") else value
    return made


def event(shown: Event, *, data: bool) -> dict[str, Any]:
    """An `Event` of the history, with or without what functions and callers said."""
    result: dict[str, Any] = {"EventType": shown.type, "EventId": shown.number, "EventTimestamp": shown.at}
    for member, value in (
        ("Id", shown.id),
        ("Name", shown.name),
        ("ParentId", shown.parent),
        ("SubType", shown.sub_type),
    ):
        if value:
            result[member] = value
    details = shown.details
    if not data:
        details = {
            member: {"Truncated": value["Truncated"]} if member in _DATA else value for member, value in details.items()
        }
    result[f"{shown.type}Details"] = details
    return result


def listed(shown: Execution) -> dict[str, Any]:
    """An `Execution` of a listing."""
    result = _named(shown)
    return result | {"KMSKeyArn": shown.kms_key} if shown.kms_key else result


def _named(shown: Execution) -> dict[str, Any]:
    """The beginning of both answers."""
    result: dict[str, Any] = {
        "DurableExecutionArn": shown.arn,
        "DurableExecutionName": shown.name,
        "FunctionArn": shown.function_arn,
        "Status": str(shown.status),
        "StartTimestamp": shown.started,
    }
    if shown.ended is not None:
        result["EndTimestamp"] = shown.ended
    return result


def described(shown: Execution, payload: str | None, output: Output | None, *, data: bool) -> dict[str, Any]:
    """What GetDurableExecution answers."""
    result = _named(shown) | {
        "Version": shown.version,
        "ExecutionDataIncluded": data,
        "DurableConfig": durable_config(Durability(shown.timeout_seconds, shown.retention_days, shown.kms_key)),
    }
    if data:
        if payload is not None:
            result["InputPayload"] = payload
        if output is not None and output.result is not None:
            result["Result"] = output.result
        if output is not None and output.error is not None:
            result["Error"] = output.error
    if shown.trace_id is not None:
        result["TraceHeader"] = {"XAmznTraceId": shown.trace_id}
    if not shown.has_ended:
        result["ExpectedExecutionTimeoutTimestamp"] = shown.deadline
    if (pause := shown.pause) is not None:
        details: dict[str, Any] = {
            "PauseRequestTimestamp": pause.asked,
            "ExecutionTimeoutPaused": pause.left is not None,
        }
        result["PauseDetails"] = details | ({"Reason": pause.reason} if data and pause.reason is not None else {})
    return result


def durable_config(durable: Durability) -> dict[str, Any]:
    """A `DurableConfig`."""
    shown: dict[str, Any] = {
        "RetentionPeriodInDays": durable.retention_days,
        "ExecutionTimeout": durable.timeout_seconds,
    }
    return shown | {"KMSKeyArn": durable.kms_key} if durable.kms_key else shown


def failure(status: Status, output: Output) -> dict[str, Any]:
    """What the caller of an execution that did not succeed receives, in the form of functions' errors."""
    error = output.error or {}
    shown = {"errorMessage": error.get("ErrorMessage"), "errorType": error.get("ErrorType") or f"Execution.{status}"}
    if "ErrorData" in error:
        shown["errorData"] = error["ErrorData"]
    if "StackTrace" in error:
        shown["stackTrace"] = error["StackTrace"]
    return shown
