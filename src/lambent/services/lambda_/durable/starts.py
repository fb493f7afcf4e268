"""Invoke of a durable function: an execution begins, or the one of that name is found, and its end is the answer."""

from __future__ import annotations

import hashlib

import msgspec

from lambent.context import Context
from lambent.invoke.base import InvokeRequest
from lambent.model.function import Durability, FunctionVersion
from lambent.services.lambda_ import errors as lambda_errors
from lambent.services.lambda_.durable import errors, limits, render
from lambent.services.lambda_.durable.keys import ExecutionKeys
from lambent.services.lambda_.durable.machine import Machine
from lambent.services.lambda_.durable.repository import DurableRepository
from lambent.services.lambda_.durable.runs import Outcome, Runs
from lambent.services.lambda_.durable.values import Execution, Status, ref
from lambent.services.lambda_.names import Reference
from lambent.services.operation import Params, Reply, Result
from lambent.store.base import Conflict


class Starts:
    """Begins executions."""

    def __init__(self, repository: DurableRepository, runs: Runs, keys: ExecutionKeys) -> None:
        self._keys = keys
        self._repository = repository
        self._runs = runs

    async def invoke(
        self, ctx: Context, named: Reference, function: FunctionVersion, request: InvokeRequest, params: Params
    ) -> Result:
        """Begin an execution of a durable function; wait for its end unless the invocation is an Event."""
        durable = function.durable or Durability(limits.TIMEOUT_SECONDS, limits.RETENTION_DAYS)
        is_async = params.get("InvocationType") == "Event"
        if named.qualifier is None:
            raise errors.unqualified()
        if is_async and len(request.payload) > limits.ASYNC_PAYLOAD_BYTES:
            raise errors.request_too_large(limits.ASYNC_PAYLOAD_BYTES)
        if not is_async and durable.timeout_seconds > limits.WAITED_FOR_SECONDS:
            raise errors.too_long_to_wait()
        if request.log_tail and not is_async:
            raise lambda_errors.unsupported("LogType Tail for a durable function")
        name = params.get("DurableExecutionName") or ""
        execution = await self._execution(_begun(ctx, function, durable, request, name, is_async), request.payload)
        if is_async:
            return {"StatusCode": 202, "DurableExecutionArn": execution.arn}
        return _answer(await self._runs.outcome(ref(execution)))

    async def _execution(self, execution: Execution, payload: bytes) -> Execution:
        """The new execution, begun; or the one that has its name and was given the same. Raises ApiError."""
        machine = Machine.started(await self._keys.begun(execution), payload.decode("utf-8-sig"))
        try:
            await self._runs.start(machine)
        except Conflict:
            found = await self._repository.named(execution, execution.function, execution.name)
            if found is None:
                raise lambda_errors.too_many_changes() from None  # it has just been deleted
            if (found.version, found.digest) != (execution.version, execution.digest):
                raise errors.already_started(found.arn) from None
            return found
        return machine.execution


def _begun(
    ctx: Context, function: FunctionVersion, durable: Durability, request: InvokeRequest, name: str, is_async: bool
) -> Execution:
    now = ctx.clock.now()
    made = _sorting_id(now, ctx.ids.hex(18))
    return Execution(
        account=function.account,
        region=function.region,
        function=function.name,
        version=function.version,
        name=name or made,
        id=made,
        invoked_arn=request.invoked_arn,
        started=now,
        deadline=now + durable.timeout_seconds,
        timeout_seconds=durable.timeout_seconds,
        retention_days=durable.retention_days,
        digest=hashlib.sha256(request.payload).hexdigest(),
        is_async=is_async,
        client_context=None if is_async else request.client_context,
        tenant_id=request.tenant_id,
        trace_id=request.trace_id,
        lineage=request.lineage,
        kms_key=durable.kms_key,
    )


def _sorting_id(now: float, digits: str) -> str:
    """A UUID whose first 48 bits are the time in milliseconds (version 7), so that ids sort by it."""
    moment = f"{round(now * 1000):012x}"[-12:]
    return f"{moment[:8]}-{moment[8:]}-7{digits[:3]}-8{digits[3:6]}-{digits[6:18]}"


def _answer(outcome: Outcome) -> Result:
    """What the caller who waited receives."""
    execution, output = outcome
    shown = Reply(StatusCode=200, ExecutedVersion=execution.version, DurableExecutionArn=execution.arn)
    if execution.trace_id is not None:
        shown.headers = {"X-Amzn-Trace-Id": execution.trace_id}
    if execution.status is Status.SUCCEEDED or (execution.status is Status.DELETING and output.error is None):
        return _with(shown, (output.result or "null").encode())
    shown["FunctionError"] = "Unhandled"
    return _with(shown, msgspec.json.encode(render.failure(execution.status, output)))


def _with(shown: Reply, payload: bytes) -> Reply:
    shown["Payload"] = payload
    return shown
