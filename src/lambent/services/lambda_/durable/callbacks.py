"""Callbacks: what others send to executions that wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lambent.context import Context
from lambent.services.lambda_.durable import errors, limits
from lambent.services.lambda_.durable.arns import own_execution
from lambent.services.lambda_.durable.machine import Machine
from lambent.services.lambda_.durable.repository import DurableRepository
from lambent.services.lambda_.durable.runs import Runs
from lambent.services.lambda_.durable.tokens import called
from lambent.services.lambda_.durable.values import Operation, OperationStatus, ref
from lambent.services.operation import Params, Result, operation


class Callbacks:
    """SendDurableExecutionCallbackSuccess, -Failure and -Heartbeat."""

    def __init__(self, repository: DurableRepository, runs: Runs) -> None:
        self._repository = repository
        self._runs = runs

    @operation("SendDurableExecutionCallbackSuccess")
    async def succeed(self, ctx: Context, params: Params) -> Result:
        """What was waited for is there."""
        result = (params.get("Result") or b"").decode(errors="replace")

        def act(machine: Machine, waiting: Operation) -> None:
            machine.close(waiting.id, OperationStatus.SUCCEEDED, ctx.clock.now(), result=result)

        await self._with(ctx, params["CallbackId"], "SendDurableExecutionCallbackSuccess", act)
        return {}

    @operation("SendDurableExecutionCallbackFailure")
    async def fail(self, ctx: Context, params: Params) -> Result:
        """What was waited for will not be."""
        error: dict[str, Any] = dict(params.get("Error") or {})
        if len(str(error)) > limits.ERROR_BYTES:
            raise errors.error_too_large(limits.ERROR_BYTES)

        def act(machine: Machine, waiting: Operation) -> None:
            machine.close(waiting.id, OperationStatus.FAILED, ctx.clock.now(), error=error)

        await self._with(ctx, params["CallbackId"], "SendDurableExecutionCallbackFailure", act)
        return {}

    @operation("SendDurableExecutionCallbackHeartbeat")
    async def heartbeat(self, ctx: Context, params: Params) -> Result:
        """What is waited for is still being worked on."""

        def act(machine: Machine, waiting: Operation) -> None:
            machine.heartbeat(waiting.id, ctx.clock.now())

        await self._with(ctx, params["CallbackId"], "SendDurableExecutionCallbackHeartbeat", act)
        return {}

    async def _with(
        self, ctx: Context, callback_id: str, action: str, act: Callable[[Machine, Operation], None]
    ) -> None:
        """Do something with a callback that is open. Raises ApiError."""
        found = called(callback_id)
        if found is None or "/durable-execution/" not in found[0]:
            raise errors.callback_unknown(callback_id)
        arn, operation_id = found
        which = own_execution(ctx, arn, action)
        execution = await self._repository.execution(which, which.function, which.id)
        if execution is None or execution.arn != arn:
            raise errors.callback_unknown(callback_id)

        def change(machine: Machine) -> None:
            machine.advance(ctx.clock.now())
            waiting = machine.operations.get(operation_id)
            if waiting is None or waiting.callback_id != callback_id:
                raise errors.callback_unknown(callback_id)
            if waiting.status is OperationStatus.TIMED_OUT:
                raise errors.callback_timed_out(callback_id)
            if not waiting.is_open or machine.execution.has_ended:
                raise errors.callback_closed(callback_id)
            act(machine, waiting)

        await self._runs.change(ref(execution), change)
