"""Chained invocations: one function of an account invoked for an execution of another, with that one's rights.

At least once: a server that was killed meanwhile invokes again. An execution that was begun is found by its name, so
durable functions are invoked once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol

from lambent.context import Clock, Context, Ids, Principal, Session
from lambent.model.errors import ApiError
from lambent.model.function import LATEST, FunctionVersion
from lambent.neighbours.base import Neighbours
from lambent.services.lambda_ import errors as lambda_errors
from lambent.services.lambda_.durable import errors, limits
from lambent.services.lambda_.durable.arns import execution_ref
from lambent.services.lambda_.durable.invocation import fault
from lambent.services.lambda_.durable.values import Execution, Fault, Operation, OperationStatus, Output, Ref, Status
from lambent.services.lambda_.names import identified
from lambent.services.lambda_.repository import Repository, is_version

_NO_ROOM = "TooManyRequestsException"


class Ended(NamedTuple):
    """How a chained invocation ended."""

    status: OperationStatus
    result: str | None = None
    error: Fault | None = None


class _Outcome(Protocol):
    @property
    def execution(self) -> Execution: ...

    @property
    def output(self) -> Output: ...


OutcomeOf = Callable[[Ref], Awaitable[_Outcome]]
"""How an execution ends, once it has."""

_STATUSES = {
    Status.SUCCEEDED: OperationStatus.SUCCEEDED,
    Status.TIMED_OUT: OperationStatus.TIMED_OUT,
    Status.STOPPED: OperationStatus.STOPPED,
}


class ChainedInvokes:
    """Invokes through the neighbours: authorized as the role of the function that asks."""

    def __init__(self, functions: Repository, neighbours: Neighbours, clock: Clock, ids: Ids) -> None:
        self._functions = functions
        self._neighbours = neighbours
        self._clock = clock
        self._ids = ids

    async def run(self, execution: Execution, operation: Operation, outcome_of: OutcomeOf) -> Ended:
        """Invoke, and wait for the end. A refusal is an end, too; where there is no room, try until there is."""
        while True:
            try:
                if await self._is_durable(execution, operation.target):
                    return await self._execute(execution, operation, outcome_of)
                return await self._invoke(execution, operation)
            except ApiError as refusal:
                if refusal.code != _NO_ROOM:
                    error = {"ErrorMessage": refusal.message, "ErrorType": refusal.code}
                    return Ended(OperationStatus.FAILED, error=error)
            await self._clock.sleep(limits.RETRY_SECONDS)

    async def _invoke(self, execution: Execution, operation: Operation) -> Ended:
        answer = await self._call(execution, operation, {"InvocationType": "RequestResponse"})
        payload: bytes = answer.get("Payload") or b"null"
        if answer.get("FunctionError"):
            return Ended(OperationStatus.FAILED, error=fault(payload))
        return _succeeded(payload.decode(errors="replace"))

    async def _execute(self, execution: Execution, operation: Operation, outcome_of: OutcomeOf) -> Ended:
        name = hashlib.sha256(f"{execution.id}/{operation.id}".encode()).hexdigest()[:40]
        answer = await self._call(
            execution, operation, {"InvocationType": "Event", "DurableExecutionName": f"chained-{name}"}
        )
        outcome = await outcome_of(execution_ref(answer["DurableExecutionArn"]))
        status = _STATUSES.get(outcome.execution.status, OperationStatus.FAILED)
        if status is OperationStatus.SUCCEEDED:
            return _succeeded(outcome.output.result)
        error = outcome.output.error or {}
        if status is OperationStatus.TIMED_OUT:
            error = errors.invoke_timed_out(outcome.execution.timeout_seconds)
        return Ended(status, error=error)

    async def _call(self, execution: Execution, operation: Operation, more: dict[str, Any]) -> dict[str, Any]:
        params: dict[str, Any] = {"FunctionName": operation.target, **more}
        if operation.input is not None:
            params["Payload"] = operation.input.encode()
        if operation.tenant:
            params["TenantId"] = operation.tenant
        ctx = await self._context(execution)
        return dict(await self._neighbours.call(ctx, "lambda", "Invoke", params))

    async def _is_durable(self, execution: Execution, target: str) -> bool:
        place, name, qualifier = identified(execution, target)
        version = qualifier or LATEST
        if not is_version(version):
            alias = await self._functions.alias(place, name, version)
            version = version if alias is None else alias.version
        found = await self._functions.version(place, name, version)
        return found is not None and found.durable is not None

    async def _context(self, execution: Execution) -> Context:
        asking = await self._functions.version(execution, execution.function, execution.version)
        if asking is None:
            raise lambda_errors.function_not_found(execution.function_arn)
        return Context(
            execution.account,
            execution.region,
            _role_of(asking, self._clock.now()),
            self._ids.request_id(),
            self._clock,
            self._ids,
            trace_id=execution.trace_id,
        )


def _role_of(function: FunctionVersion, now: float) -> Principal:
    role = function.role.rpartition("/")[2]
    return Principal(
        account=function.account,
        arn=f"arn:aws:sts::{function.account}:assumed-role/{role}/{function.name}",
        access_key_id="",
        function_arn=function.arn,
        role=role,
        session=Session(function.name, now),
    )


def _succeeded(result: str | None) -> Ended:
    if result is not None and len(result.encode("utf-8", "surrogatepass")) > limits.ASYNC_PAYLOAD_BYTES:
        return Ended(OperationStatus.FAILED, error=errors.chained_output_too_large(limits.ASYNC_PAYLOAD_BYTES))
    return Ended(OperationStatus.SUCCEEDED, result=result)
