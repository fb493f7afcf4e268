"""What a checkpoint may do to one operation, and what becomes of it. Pure; every refusal is an ApiError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from lambent.services.lambda_.durable import errors
from lambent.services.lambda_.durable.values import OPEN, Action, Kind, Operation, OperationStatus

Update = Mapping[str, Any]
"""An `OperationUpdate`, which has passed the model's constraints."""


class Change(NamedTuple):
    """An operation as it is now, and the event that tells of it with its details."""

    operation: Operation
    event: str
    details: dict[str, Any]


_ACTIONS: Mapping[Kind, frozenset[Action]] = {
    Kind.STEP: frozenset({Action.START, Action.SUCCEED, Action.FAIL, Action.RETRY}),
    Kind.CONTEXT: frozenset({Action.START, Action.SUCCEED, Action.FAIL}),
    Kind.WAIT: frozenset({Action.START, Action.CANCEL}),
    Kind.CALLBACK: frozenset({Action.START}),
    Kind.CHAINED_INVOKE: frozenset({Action.START}),
    Kind.EXECUTION: frozenset({Action.SUCCEED, Action.FAIL}),
}

_ENDS = {Action.SUCCEED: OperationStatus.SUCCEEDED, Action.FAIL: OperationStatus.FAILED}


def check(current: Operation | None, update: Update) -> None:
    """Whether an update is one of such an operation, and says what its action may say. Raises ApiError."""
    kind, action = Kind(update["Type"]), Action(update["Action"])
    if current is not None:
        _consistent(current, update)
    if action not in _ACTIONS[kind]:
        raise errors.bad_action()
    if action is Action.SUCCEED and "Error" in update:
        raise errors.unwanted("Error", action)
    if action is Action.FAIL and "Payload" in update:
        raise errors.unwanted("Payload", action)


def changed(current: Operation | None, update: Update, now: float) -> Change:
    """The operation after an update that passed `check`. Raises ApiError."""
    kind, action = Kind(update["Type"]), Action(update["Action"])
    operation = current or Operation(
        number=0,
        id=update["Id"],
        kind=kind,
        status=OperationStatus.STARTED,
        started=now,
        parent=update.get("ParentId", ""),
        name=update.get("Name", ""),
        sub_type=update.get("SubType", ""),
    )
    if current is not None and action is Action.START and kind is not Kind.STEP:
        raise errors.exists(kind)
    return _WAYS[kind](current is not None, operation, update, now)


def _consistent(current: Operation, update: Update) -> None:
    for member, was, what in (
        ("Type", current.kind, "operation type"),
        ("SubType", current.sub_type, "operation subtype"),
        ("Name", current.name, "operation name"),
        ("ParentId", current.parent, "parent operation id"),
    ):
        if member in update and update[member] != was:
            raise errors.inconsistent(what)


def _step(known: bool, operation: Operation, update: Update, now: float) -> Change:
    action = Action(update["Action"])
    if action is Action.START:
        if known and operation.status is not OperationStatus.READY:
            raise errors.bad_state("STEP", "start")
        started = msgspec.structs.replace(operation, status=OperationStatus.STARTED)
        return Change(started, "StepStarted", {})
    if operation.status not in (OperationStatus.STARTED, OperationStatus.READY):
        raise errors.bad_state("STEP", "re-attempt" if action is Action.RETRY else "close")
    attempt = operation.attempt + 1
    told: dict[str, Any] = {"CurrentAttempt": attempt}
    changes: dict[str, Any] = {"attempt": attempt, "result": update.get("Payload"), "error": update.get("Error")}
    if action is Action.RETRY:
        delay = (update.get("StepOptions") or {}).get("NextAttemptDelaySeconds")
        if delay is None:
            raise errors.options_missing("STEP")
        if "Error" in update and "Payload" in update:
            raise errors.retry_both()
        told["NextAttemptDelaySeconds"] = delay
        changes |= {"status": OperationStatus.PENDING, "due": now + delay}
    else:
        changes |= {"status": _ENDS[action], "ended": now}
    failed = action is Action.FAIL or (action is Action.RETRY and "Error" in update)
    outcome = {"Error": held(update.get("Error"))} if failed else {"Result": held(update.get("Payload"))}
    event = "StepFailed" if failed else "StepSucceeded"
    return Change(msgspec.structs.replace(operation, **changes), event, outcome | {"RetryDetails": told})


def _context(known: bool, operation: Operation, update: Update, now: float) -> Change:
    action = Action(update["Action"])
    if action is Action.START:
        return Change(operation, "ContextStarted", {})
    if operation.status is not OperationStatus.STARTED:
        raise errors.bad_state("CONTEXT", "close")
    ended = msgspec.structs.replace(
        operation,
        status=_ENDS[action],
        ended=now,
        result=update.get("Payload"),
        error=update.get("Error"),
        replay_children=bool((update.get("ContextOptions") or {}).get("ReplayChildren")),
    )
    if action is Action.FAIL:
        return Change(ended, "ContextFailed", {"Error": held(ended.error)})
    return Change(ended, "ContextSucceeded", {"Result": held(ended.result)})


def _wait(known: bool, operation: Operation, update: Update, now: float) -> Change:
    if Action(update["Action"]) is Action.CANCEL:
        if not known or operation.status is not OperationStatus.STARTED:
            raise errors.wait_closed()
        ended = msgspec.structs.replace(operation, status=OperationStatus.CANCELLED, ended=now)
        return Change(ended, "WaitCancelled", {"Error": held(update["Error"])} if "Error" in update else {})
    seconds = (update.get("WaitOptions") or {}).get("WaitSeconds")
    if seconds is None:
        raise errors.options_missing("WAIT")
    started = msgspec.structs.replace(operation, seconds=seconds, due=now + seconds)
    return Change(started, "WaitStarted", {"Duration": seconds, "ScheduledEndTimestamp": started.due})


def _callback(known: bool, operation: Operation, update: Update, now: float) -> Change:
    options = update.get("CallbackOptions") or {}
    timeout, heartbeat = options.get("TimeoutSeconds", 0), options.get("HeartbeatTimeoutSeconds", 0)
    started = msgspec.structs.replace(
        operation,
        seconds=timeout,
        due=now + timeout if timeout else None,
        heartbeat=heartbeat,
        heartbeat_due=now + heartbeat if heartbeat else None,
    )
    return Change(started, "CallbackStarted", {"Timeout": timeout, "HeartbeatTimeout": heartbeat})


def _chained_invoke(known: bool, operation: Operation, update: Update, now: float) -> Change:
    options = update.get("ChainedInvokeOptions")
    if not options:
        raise errors.options_missing("CHAINED_INVOKE")
    started = msgspec.structs.replace(
        operation,
        input=update.get("Payload"),
        target=options["FunctionName"],
        tenant=options.get("TenantId", ""),
    )
    details = {"FunctionName": started.target, "Input": held(started.input)}
    return Change(started, "ChainedInvokeStarted", details | ({"TenantId": started.tenant} if started.tenant else {}))


_WAYS: Mapping[Kind, Callable[[bool, Operation, Update, float], Change]] = {
    Kind.STEP: _step,
    Kind.CONTEXT: _context,
    Kind.WAIT: _wait,
    Kind.CALLBACK: _callback,
    Kind.CHAINED_INVOKE: _chained_invoke,
}


def held(payload: Any) -> dict[str, Any]:
    """What events hold of data: an `EventInput`, `EventResult` or `EventError`. Nothing is ever cut off."""
    return {"Truncated": False} if payload is None else {"Payload": payload, "Truncated": False}


def matured(operation: Operation, now: float) -> Change | None:
    """What time has done to an open operation; None if it did nothing yet."""
    if operation.heartbeat_due is not None and operation.heartbeat_due <= now and operation.is_open:
        return closed(operation, OperationStatus.TIMED_OUT, now, error=errors.HEARTBEAT_MISSED)
    if operation.status not in OPEN or operation.due is None or operation.due > now:
        return None
    match operation.kind:
        case Kind.WAIT:
            ended = msgspec.structs.replace(operation, status=OperationStatus.SUCCEEDED, ended=now)
            return Change(ended, "WaitSucceeded", {"Duration": operation.seconds})
        case Kind.CALLBACK:
            return closed(operation, OperationStatus.TIMED_OUT, now, error=errors.CALLBACK_TIMED_OUT)
        case Kind.STEP if operation.status is OperationStatus.PENDING:
            return Change(msgspec.structs.replace(operation, status=OperationStatus.READY, due=None), "", {})
    return None


_NAMES = {Kind.CALLBACK: "Callback", Kind.CHAINED_INVOKE: "ChainedInvoke"}
_ENDINGS = {
    OperationStatus.SUCCEEDED: "Succeeded",
    OperationStatus.FAILED: "Failed",
    OperationStatus.TIMED_OUT: "TimedOut",
    OperationStatus.STOPPED: "Stopped",
}


def closed(
    operation: Operation,
    status: OperationStatus,
    now: float,
    *,
    result: str | None = None,
    error: dict[str, Any] | None = None,
) -> Change:
    """A callback or chained invocation that ended: from outside, or by time."""
    ended = msgspec.structs.replace(operation, status=status, ended=now, result=result, error=error)
    outcome = {"Result": held(result)} if status is OperationStatus.SUCCEEDED else {"Error": held(error)}
    return Change(ended, _NAMES[operation.kind] + _ENDINGS[status], outcome)
