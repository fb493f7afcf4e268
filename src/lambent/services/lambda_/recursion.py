"""Loops of functions that invoke each other: whether they are ended, and their end."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lambent.context import Context
from lambent.model.function import FunctionVersion
from lambent.services.lambda_ import errors, lineage
from lambent.services.lambda_.names import Place, function_arn, unqualified
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Head, Kept, Repository, put_head
from lambent.services.operation import Params, Result, operation

TERMINATE = "Terminate"
"""End loops; the other way is `Allow`."""

DROPPED = "RecursiveInvocationsDropped"
"""The metric of loops that are ended."""

Incident = Callable[[Place, str, str], None]
"""Is told what has happened: (where, the name of a function or nothing, the metric that counts it)."""


def untold(at: Place, function: str, metric: str) -> None:
    """Nobody counts."""


class Recursion:
    """PutFunctionRecursionConfig, GetFunctionRecursionConfig, and the brake itself."""

    def __init__(self, repository: Repository, incident: Incident) -> None:
        self._repository = repository
        self._incident = incident

    @operation("PutFunctionRecursionConfig")
    @again_on_conflict
    async def put(self, ctx: Context, params: Params) -> Result:
        """Say whether the function's loops are to be ended."""
        head = await self._head(ctx, params, "PutFunctionRecursionConfig")
        changed = msgspec.structs.replace(head.value, recursive_loop=params["RecursiveLoop"])
        await self._repository.commit(put_head(ctx, changed, expect=head.revision))
        return {"RecursiveLoop": changed.recursive_loop}

    @operation("GetFunctionRecursionConfig")
    async def get(self, ctx: Context, params: Params) -> Result:
        """Whether the function's loops are ended."""
        head = await self._head(ctx, params, "GetFunctionRecursionConfig")
        return {"RecursiveLoop": head.value.recursive_loop}

    async def lineage(self, ctx: Context, function: FunctionVersion) -> str:
        """The lineage of an invocation that is about to begin. Raises ApiError if it would go on with a loop."""
        extended, looping = await self.traced(ctx, function)
        if looping:
            self.dropped(function)
            raise errors.recursive()
        return extended

    def dropped(self, function: FunctionVersion) -> None:
        """A loop of the function is ended."""
        self._incident(function, function.name, DROPPED)

    async def traced(self, ctx: Context, function: FunctionVersion) -> tuple[str, bool]:
        """The same lineage, and whether the invocation would go on with a loop that is to be ended."""
        extended, times = lineage.extended(ctx.trace_id, function.function_arn)
        if times < lineage.LOOPS:
            return extended, False
        head = await self._repository.head(ctx, function.name)
        return extended, head is not None and head.recursive_loop == TERMINATE

    async def _head(self, ctx: Context, params: Params, action: str) -> Kept[Head]:
        name = unqualified(ctx, params["FunctionName"], action)
        head = await self._repository.kept_head(ctx, name)
        if head is None:
            raise errors.function_not_found(function_arn(ctx, name))
        return head
