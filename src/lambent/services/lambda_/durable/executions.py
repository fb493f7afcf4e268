"""Durable executions as a resource: what functions checkpoint, and what users see and do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lambent.context import Context
from lambent.services.lambda_ import errors as lambda_errors
from lambent.services.lambda_ import pages
from lambent.services.lambda_.durable import errors, limits, render
from lambent.services.lambda_.durable.arns import own_execution
from lambent.services.lambda_.durable.invocation import page
from lambent.services.lambda_.durable.keys import ExecutionKeys
from lambent.services.lambda_.durable.machine import Machine, Told
from lambent.services.lambda_.durable.repository import DurableRepository
from lambent.services.lambda_.durable.runs import Runs
from lambent.services.lambda_.durable.values import Event, Execution, Operation, Status, ref
from lambent.services.lambda_.names import function_arn, reference
from lambent.services.lambda_.repository import Repository, is_version
from lambent.services.operation import Params, Result, operation


class DurableExecutions:
    """CheckpointDurableExecution, GetDurableExecution, GetDurableExecutionHistory, GetDurableExecutionState,
    ListDurableExecutionsByFunction, StopDurableExecution, PauseDurableExecution, ResumeDurableExecution,
    DeleteDurableExecution.
    """

    def __init__(self, functions: Repository, repository: DurableRepository, runs: Runs, keys: ExecutionKeys) -> None:
        self._keys = keys
        self._functions = functions
        self._repository = repository
        self._runs = runs

    @operation("CheckpointDurableExecution", body_limit=limits.CHECKPOINT_REQUEST_BYTES)
    async def checkpoint(self, ctx: Context, params: Params) -> Result:
        """Write down what the running invocation has done; tell it what happened meanwhile."""
        execution = await self._running(ctx, params, "CheckpointDurableExecution")
        updates, client_token = params.get("Updates", ()), params.get("ClientToken", "")

        def apply(machine: Machine) -> Told:
            return machine.checkpoint(params["CheckpointToken"], updates, client_token, ctx.clock.now())

        told = await self._runs.change(ref(execution), apply)
        shown = {"NewExecutionState": {"Operations": [render.operation(each) for each in told.operations]}}
        return shown if told.token is None else {"CheckpointToken": told.token, **shown}

    @operation("GetDurableExecutionState")
    async def state(self, ctx: Context, params: Params) -> Result:
        """A page of what the running invocation has to replay."""
        execution = await self._running(ctx, params, "GetDurableExecutionState")
        after = _number(params)

        def read(machine: Machine) -> tuple[list[Operation], int | None]:
            machine.check_token(params["CheckpointToken"])
            return page(machine.operations, after=-1 if after is None else after, most=_size(params))

        found, last = await self._runs.read(ref(execution), read)
        shown: dict[str, Any] = {"Operations": [render.operation(each) for each in found]}
        return shown if last is None else shown | {"NextMarker": str(last)}

    @operation("GetDurableExecution")
    async def get(self, ctx: Context, params: Params) -> Result:
        """An execution: where it stands, and what it was given and gave."""
        execution = await self._execution(ctx, params, "GetDurableExecution")
        data = params.get("IncludeExecutionData", True)
        if data:
            await self._keys.admit(ctx, execution)
        root = await self._repository.root(execution) if data else None
        output = await self._repository.output(execution) if data else None
        return render.described(execution, None if root is None else root.input, output, data=data)

    @operation("GetDurableExecutionHistory")
    async def history(self, ctx: Context, params: Params) -> Result:
        """A page of events, the oldest first unless the other way is asked for."""
        execution = await self._execution(ctx, params, "GetDurableExecutionHistory")
        size, marker, data = _size(params), _number(params), params.get("IncludeExecutionData", True)
        if data:
            await self._keys.admit(ctx, execution)
        if params.get("ReverseOrder"):
            top = execution.events if marker is None else min(marker, execution.events)
            low = max(top - size, 0)
            events = (await self._repository.events(execution, after=low, limit=top - low))[::-1] if top else []
            more = low > 0
        else:
            events = await self._repository.events(execution, after=marker or 0, limit=size + 1)
            more, events = len(events) > size, events[:size]
        fitting = _fitting(events)
        more = more or len(fitting) < len(events)
        shown: dict[str, Any] = {"Events": [render.event(each, data=data) for each in fitting]}
        if more and fitting:
            last = fitting[-1].number
            shown["NextMarker"] = str(last - 1 if params.get("ReverseOrder") else last)
        return shown

    @operation("ListDurableExecutionsByFunction")
    async def list_by_function(self, ctx: Context, params: Params) -> Result:
        """A page of a function's executions, the newest first unless the other way is asked for."""
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), "ListDurableExecutionsByFunction")
        version = named.qualifier
        if version is not None and not is_version(version):
            alias = await self._functions.alias(ctx, named.name, version)
            if alias is None:
                raise lambda_errors.function_not_found(function_arn(ctx, named.name, version))
            version = alias.version
        if await self._functions.head(ctx, named.name) is None:
            raise lambda_errors.function_not_found(function_arn(ctx, named.name))
        size, start = _size(params), pages.position_of(params, 1)

        async def more(after: str, limit: int) -> list[Execution]:
            return await self._repository.executions(
                ctx, named.name, after=after, limit=limit, oldest_first=bool(params.get("ReverseOrder"))
            )

        found = await pages.matching(
            more,
            after=start[0] if start else "",
            key=lambda each: each.id,
            matches=lambda each: (version is None or each.version == version) and _matches(each, params),
            count=size + 1,
        )
        shown: dict[str, Any] = {"DurableExecutions": [render.listed(each) for each in found[:size]]}
        if len(found) > size:
            shown["NextMarker"] = pages.marker(found[size - 1].id)
        return shown

    @operation("StopDurableExecution")
    async def stop(self, ctx: Context, params: Params) -> Result:
        """End an execution; what has ended stays as it is. An invocation that runs is not killed."""
        execution = await self._execution(ctx, params, "StopDurableExecution")
        error = dict(params.get("Error") or errors.STOPPED)

        def end(machine: Machine) -> float | None:
            machine.stop(error, ctx.clock.now())
            return machine.execution.ended

        return {"StopTimestamp": await self._runs.change(ref(execution), end)}

    @operation("PauseDurableExecution")
    async def pause(self, ctx: Context, params: Params) -> Result:
        """Have the function not be invoked for an execution; its waits and callbacks go on."""
        execution = await self._execution(ctx, params, "PauseDurableExecution")
        client_token = params.get("ClientToken", "")

        def halt(machine: Machine) -> None:
            found = machine.execution
            if found.status in (Status.PAUSING, Status.PAUSED) and client_token == found.paused_by != "":
                return
            if found.status is not Status.RUNNING:
                raise errors.not_running(found.arn, found.status)
            stops_time = params.get("ExecutionTimeoutPaused", True)
            machine.pause(
                ctx.clock.now(), reason=params.get("Reason"), stops_time=stops_time, client_token=client_token
            )

        await self._runs.change(ref(execution), halt)
        return {}

    @operation("ResumeDurableExecution")
    async def resume(self, ctx: Context, params: Params) -> Result:
        """Have a paused execution go on."""
        execution = await self._execution(ctx, params, "ResumeDurableExecution")
        client_token = params.get("ClientToken", "")

        def go_on(machine: Machine) -> None:
            found = machine.execution
            if found.status is Status.RUNNING and client_token == found.resumed_by != "":
                return
            if found.status not in (Status.PAUSING, Status.PAUSED):
                raise errors.not_running(found.arn, found.status)
            machine.resume(ctx.clock.now(), reason=params.get("Reason"), client_token=client_token)

        await self._runs.change(ref(execution), go_on)
        return {}

    @operation("DeleteDurableExecution")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete an execution that has ended, with its history."""
        execution = await self._execution(ctx, params, "DeleteDurableExecution")
        return {"DeletionRequestTimestamp": await self._runs.delete(ref(execution))}

    async def _execution(self, ctx: Context, params: Params, action: str) -> Execution:
        """The execution that is meant. Raises ApiError."""
        arn = params["DurableExecutionArn"]
        which = own_execution(ctx, arn, action)
        found = await self._repository.execution(which, which.function, which.id)
        if found is None or found.arn != arn:
            raise errors.not_found()
        return found

    async def _running(self, ctx: Context, params: Params, action: str) -> Execution:
        """The same for functions, to whom what is not there is a token that is not good."""
        arn = params["DurableExecutionArn"]
        which = own_execution(ctx, arn, action)
        found = await self._repository.execution(which, which.function, which.id)
        if found is None or found.arn != arn:
            raise errors.bad_token()
        return found


def _size(params: Params) -> int:
    return min(params.get("MaxItems") or limits.PAGE, limits.LARGEST_PAGE)


def _number(params: Params) -> int | None:
    """The number that a marker is. Raises ApiError."""
    marker = params.get("Marker")
    if not marker:
        return None
    if not (marker.isascii() and marker.isdigit()) or len(marker) > 8:
        raise lambda_errors.bad_marker()
    return int(marker)


def _matches(execution: Execution, params: Params) -> bool:
    after: datetime | None = params.get("StartedAfter")
    before: datetime | None = params.get("StartedBefore")
    return (
        params.get("DurableExecutionName", execution.name) == execution.name
        and execution.status in params.get("Statuses", (execution.status,))
        and (after is None or execution.started > after.timestamp())
        and (before is None or execution.started < before.timestamp())
    )


def _fitting(events: list[Event]) -> list[Event]:
    """As many of the first as one answer holds."""
    size = 0
    for count, event in enumerate(events):
        size += sum(len(str(value)) for value in event.details.values())
        if count and size > limits.PAGE_BYTES:
            return events[:count]
    return events
