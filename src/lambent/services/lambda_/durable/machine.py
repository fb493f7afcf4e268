"""One durable execution as a state machine: sans-IO, every moment is given.

A method changes the machine and notes what was changed; the caller writes that down, and calls `written` when it is
durable or `undo` when it is not, or when the method raised ApiError. Nothing may be acknowledged before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from lambent.services.lambda_.durable import errors, limits, tokens
from lambent.services.lambda_.durable.checkpoints import check_batch, check_sizes
from lambent.services.lambda_.durable.transitions import Change, Update, changed, check, closed, held, matured
from lambent.services.lambda_.durable.values import (
    Action,
    Checkpoint,
    Event,
    Execution,
    Fault,
    Kind,
    Operation,
    OperationStatus,
    Output,
    Pause,
    Status,
)

_PENDING = {Kind.WAIT, Kind.CALLBACK, Kind.CHAINED_INVOKE}


class Told(NamedTuple):
    """What a checkpoint answers: the next token (None: pause), and operations that changed since the last."""

    token: str | None
    operations: tuple[Operation, ...]


class Answer(NamedTuple):
    """What an invocation answered: a status of the SDK's protocol, or `problem` if it is none."""

    status: str = ""
    result: str | None = None
    error: Fault | None = None
    problem: Fault | None = None
    crashed: bool = False


class Machine:
    """`execution` and its `operations` by id; `changes`, `events` and `output` are what is not written yet."""

    def __init__(self, execution: Execution, operations: Iterable[Operation]) -> None:
        self.execution = execution
        self.operations = {operation.id: operation for operation in operations}
        self.changes: dict[str, Operation] = {}
        self.events: list[Event] = []
        self.output: Output | None = None
        self._written = execution
        self._before: dict[str, Operation | None] = {}
        self._timed = {each.id for each in self.operations.values() if _next(each) is not None}

    @classmethod
    def started(cls, execution: Execution, payload: str) -> Machine:
        """A new execution, which has not been invoked."""
        machine = cls(execution, ())
        now = execution.started
        machine._put(Operation(0, execution.id, Kind.EXECUTION, OperationStatus.STARTED, now, input=payload))
        details = {"Input": held(payload), "ExecutionTimeout": execution.timeout_seconds}
        machine._event("ExecutionStarted", details, now)
        return machine

    def written(self) -> None:
        """What was changed is durable."""
        self._written = self.execution
        self._before.clear()
        self.changes.clear()
        self.events.clear()
        self.output = None

    def undo(self) -> None:
        """What was changed has not happened."""
        self.execution = self._written
        for operation_id, before in self._before.items():
            if before is None:
                del self.operations[operation_id]
                self._timed.discard(operation_id)
            else:
                self.operations[operation_id] = before
                self._watch(before)
        self.written()

    def due(self) -> float:
        """When there is something to do by itself, besides an invocation that may begin at once."""
        execution = self.execution
        if execution.status is Status.DELETING:
            return 0.0
        if execution.has_ended:
            return (execution.ended or execution.started) + execution.retention_days * 86_400
        moments = [execution.deadline]
        moments += [at for each in self._timed if (at := _next(self.operations[each])) is not None]
        if self.wants_invocation and execution.retry_at is not None:
            moments.append(execution.retry_at)
        return min(moments)

    def to_invoke(self) -> list[Operation]:
        """Chained invocations that have not ended."""
        return [each for each in self.operations.values() if each.kind is Kind.CHAINED_INVOKE and each.is_open]

    @property
    def wants_invocation(self) -> bool:
        """Whether the function is to be invoked, if it is time."""
        execution = self.execution
        return execution.status is Status.RUNNING and execution.owed and not execution.invocation

    def advance(self, now: float) -> None:
        """Do what time has brought."""
        if self.execution.has_ended:
            return
        for operation_id in sorted(self._timed, key=lambda each: self.operations[each].number):
            change = matured(self.operations[operation_id], now)
            if change is not None:
                self._change(change, now)
        if self.execution.deadline <= now:
            error = errors.execution_timed_out(self.execution.timeout_seconds)
            self._end(Status.TIMED_OUT, Output(error=error), now)

    def begin(self, invocation: str) -> list[str]:
        """The function is invoked under this id; returns the operations that it does not know yet, by id."""
        execution = self.execution
        unknown = [each.id for each in self.operations.values() if each.touched > execution.seen]
        self._set(
            invocation=invocation, sequence=execution.sequence + 1, seen=execution.changes, retry_at=None, last=None
        )
        return unknown

    def lost(self) -> None:
        """The invocation that was running is none any more: the server that ran it has ended."""
        if self.execution.invocation:
            self._set(invocation="")

    def checkpoint(self, token: str, updates: Sequence[Update], client_token: str, now: float) -> Told:
        """Apply a checkpoint. Raises ApiError; then nothing of it may stay."""
        last = self.execution.last
        if last is not None and client_token and (last.client_token, last.token) == (client_token, token):
            return Told(last.next_token, tuple(self.operations[each] for each in last.told))
        self.check_token(token)
        check_batch(updates, self.operations)
        for update in updates:
            self._apply(update, now)
        self.advance(now)
        execution = self.execution
        if execution.status is Status.PAUSING:
            self._paused(now)
            return Told(None, ())
        told = tuple(
            sorted((each for each in self.changed_since(execution.seen)), key=lambda operation: operation.number)
        )
        self._set(sequence=execution.sequence + 1, seen=execution.changes)
        next_token = self.token()
        self._set(last=Checkpoint(client_token, token, next_token, tuple(each.id for each in told)))
        return Told(next_token, told)

    def changed_since(self, seen: int) -> Iterable[Operation]:
        """Operations that changed after the change of that number."""
        return (each for each in self.operations.values() if each.touched > seen)

    def token(self) -> str:
        """The token that is good now."""
        return tokens.token(self.execution.id, self.execution.invocation, self.execution.sequence)

    def check_token(self, token: str) -> None:
        """Whether it is the good one. Raises ApiError."""
        if self.execution.has_ended or not self.execution.invocation or token != self.token():
            raise errors.bad_token()

    def answered(self, answer: Answer, started: float, now: float, invocation: str) -> None:
        """The invocation is over."""
        if self.execution.status is Status.DELETING:
            return
        details: dict[str, Any] = {"StartTimestamp": started, "EndTimestamp": now, "RequestId": invocation}
        if answer.problem is not None:
            details["Error"] = held(answer.problem)
        self._event("InvocationCompleted", details, now)
        self._set(invocation="")
        self.advance(now)
        if self.execution.has_ended:
            return
        if answer.problem is not None:
            self._failed(answer, now)
        elif answer.status == "SUCCEEDED":
            self._end(Status.SUCCEEDED, Output(result=answer.result), now)
        elif answer.status == "FAILED":
            self._end(Status.FAILED, Output(error=answer.error or {}), now)
        else:
            self._pending(now)
        if self.execution.status is Status.PAUSING:
            self._paused(now)

    def put_off(self, now: float) -> None:
        """There was no room for the invocation, which has not begun."""
        self._set(invocation="", retry_at=now + limits.RETRY_SECONDS)

    def fail(self, error: Fault, now: float) -> None:
        """End as failed, whatever goes on."""
        self._end(Status.FAILED, Output(error=error), now)

    def close(
        self,
        operation_id: str,
        status: OperationStatus,
        now: float,
        *,
        result: str | None = None,
        error: Fault | None = None,
    ) -> bool:
        """A callback or chained invocation came to its end; False if it is not waited for (any more)."""
        operation = self.operations.get(operation_id)
        if operation is None or not operation.is_open or self.execution.has_ended:
            return False
        self._change(closed(operation, status, now, result=result, error=error), now)
        return True

    def heartbeat(self, operation_id: str, now: float) -> None:
        """A callback that is open is still worked on."""
        operation = self.operations[operation_id]
        if operation.heartbeat:
            self._put(msgspec.structs.replace(operation, heartbeat_due=now + operation.heartbeat), touch=False)

    def stop(self, error: Fault, now: float) -> None:
        """End as stopped."""
        self._end(Status.STOPPED, Output(error=error), now)

    def pause(self, now: float, *, reason: str | None, stops_time: bool, client_token: str) -> None:
        """Invoke no more; a running invocation goes on to its next checkpoint."""
        left = self.execution.deadline - now if stops_time else None
        deadline = self.execution.deadline if left is None else self._latest
        self._set(status=Status.PAUSING, pause=Pause(now, reason, left), deadline=deadline, paused_by=client_token)
        if not self.execution.invocation:
            self._paused(now)

    def resume(self, now: float, *, reason: str | None, client_token: str) -> None:
        """Go on where it was paused."""
        pause = self.execution.pause
        if pause is not None and pause.left is not None:
            self._set(deadline=min(now + pause.left, self._latest))
        if self.execution.status is Status.PAUSED:
            details: dict[str, Any] = {"ResumeRequestTimestamp": now}
            self._event("ExecutionResumed", details | ({} if reason is None else {"Reason": held(reason)}), now)
        self._set(status=Status.RUNNING, pause=None, resumed_by=client_token)

    def delete(self) -> None:
        """It is to go, with everything."""
        self._set(status=Status.DELETING)

    @property
    def _latest(self) -> float:
        return self.execution.started + limits.LONGEST_SECONDS

    def _apply(self, update: Update, now: float) -> None:
        check_sizes(update, self.execution)
        current = self.operations.get(update["Id"])
        check(current, update)
        if update["Type"] != Kind.EXECUTION:
            change = changed(current, update, now)
            if change.operation.kind is Kind.CALLBACK:
                callback = tokens.callback_id(self.execution.arn, update["Id"])
                operation = msgspec.structs.replace(change.operation, callback_id=callback)
                change = Change(operation, change.event, change.details | {"CallbackId": callback})
            self._change(change, now, by_function=True)
        elif update["Action"] == Action.SUCCEED:
            self._end(Status.SUCCEEDED, Output(result=update.get("Payload")), now)
        else:
            self._end(Status.FAILED, Output(error=update.get("Error") or {}), now)

    def _change(self, change: Change, now: float, *, by_function: bool = False) -> None:
        self._put(change.operation)
        if change.event:
            self._event(change.event, change.details, now, change.operation)
        if not by_function:
            self._set(owed=True)

    def _pending(self, now: float) -> None:
        """The function waits: for something, or it has not heard yet what happened, or a pause cut it short."""
        execution = self.execution
        unheard = execution.changes > execution.seen
        interrupted = execution.status is Status.PAUSED
        pending = any(_pends(each) for each in self.operations.values())
        if unheard or interrupted or pending:
            self._set(owed=unheard or interrupted, failures=0)
        else:
            self._again(errors.NOTHING_PENDING, limits.IDLE_ATTEMPTS, now)

    def _failed(self, answer: Answer, now: float) -> None:
        problem = answer.problem or {}
        if answer.crashed:
            self._again(problem, limits.ATTEMPTS, now)
        else:
            self._end(Status.FAILED, Output(error=problem), now)

    def _again(self, problem: Fault, attempts: int, now: float) -> None:
        failures = self.execution.failures + 1
        self._set(failures=failures, owed=True, retry_at=now + limits.RETRY_SECONDS)
        if failures >= attempts:
            self._end(Status.FAILED, Output(error=problem), now)

    def _paused(self, now: float) -> None:
        pause = self.execution.pause or Pause(now)
        details: dict[str, Any] = {
            "PauseRequestTimestamp": pause.asked,
            "ExecutionTimeoutPaused": pause.left is not None,
        }
        self._event("ExecutionPaused", details | ({} if pause.reason is None else {"Reason": held(pause.reason)}), now)
        self._set(status=Status.PAUSED)

    def _end(self, status: Status, output: Output, now: float) -> None:
        if self.execution.has_ended:
            return
        self._set(status=status, ended=now, owed=False, retry_at=None, pause=None)
        self.output = output
        outcome = {"Result": held(output.result)} if status is Status.SUCCEEDED else {"Error": held(output.error)}
        self._event(f"Execution{_ENDINGS[status]}", outcome, now)

    def _event(self, kind: str, details: dict[str, Any], now: float, operation: Operation | None = None) -> None:
        number = self.execution.events + 1
        self._set(events=number)
        event = Event(number, kind, now, details)
        if operation is not None:
            event = Event(
                number, kind, now, details, operation.id, operation.name, operation.parent, operation.sub_type
            )
        self.events.append(event)

    def _put(self, operation: Operation, *, touch: bool = True) -> None:
        before = self.operations.get(operation.id)
        if before is None:
            operation = msgspec.structs.replace(operation, number=self.execution.operations)
            self._set(operations=self.execution.operations + 1)
        if touch:
            self._set(changes=self.execution.changes + 1)
            operation = msgspec.structs.replace(operation, touched=self.execution.changes)
        self._before.setdefault(operation.id, before)
        self.operations[operation.id] = self.changes[operation.id] = operation
        self._watch(operation)

    def _watch(self, operation: Operation) -> None:
        if _next(operation) is None:
            self._timed.discard(operation.id)
        else:
            self._timed.add(operation.id)

    def _set(self, **changes: Any) -> None:
        self.execution = msgspec.structs.replace(self.execution, **changes)


_ENDINGS = {
    Status.SUCCEEDED: "Succeeded",
    Status.FAILED: "Failed",
    Status.TIMED_OUT: "TimedOut",
    Status.STOPPED: "Stopped",
}


def _next(operation: Operation) -> float | None:
    """When time changes an operation."""
    if not operation.is_open:
        return None
    moments = [at for at in (operation.due, operation.heartbeat_due) if at is not None]
    return min(moments, default=None)


def _pends(operation: Operation) -> bool:
    """Whether an operation ends, or goes on, without the function."""
    if operation.kind is Kind.STEP:
        return operation.status is OperationStatus.PENDING
    return operation.kind in _PENDING and operation.status is OperationStatus.STARTED
