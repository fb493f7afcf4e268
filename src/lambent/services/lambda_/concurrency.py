"""Reserved concurrency: what a function may use at most, and what nobody else may take from it."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.invoke.base import Invoker
from lambent.model.function import LATEST
from lambent.services.lambda_ import capacity_errors, concurrency_errors, errors
from lambent.services.lambda_.names import function_arn, unqualified
from lambent.services.lambda_.provisioned_repository import ProvisionedRepository
from lambent.services.lambda_.repository import Head, Kept, Repository, put_head
from lambent.services.operation import Params, Result, operation
from lambent.store.base import Conflict


class Concurrency:
    """PutFunctionConcurrency, GetFunctionConcurrency, DeleteFunctionConcurrency.

    `unreserved_minimum` is how many concurrent executions must stay for functions without a reservation.
    """

    def __init__(
        self,
        repository: Repository,
        provisions: ProvisionedRepository,
        invoker: Invoker,
        unreserved_minimum: int,
    ) -> None:
        self._repository = repository
        self._provisions = provisions
        self._invoker = invoker
        self._unreserved_minimum = unreserved_minimum

    @operation("PutFunctionConcurrency")
    async def put(self, ctx: Context, params: Params) -> Result:
        """Reserve; 0 stops the function altogether."""
        head = await self._head(ctx, params, "PutFunctionConcurrency")
        latest = await self._repository.version(ctx, head.value.name, LATEST)
        if latest is not None and latest.capacity is not None:
            raise capacity_errors.not_with("ReservedConcurrentExecutions")
        wanted = params["ReservedConcurrentExecutions"]
        arn = function_arn(ctx, head.value.name)
        provisioned = sum(each.wanted for each in await self._provisions.every_provision(ctx, head.value.name))
        if wanted < provisioned:
            raise concurrency_errors.less_than_provisioned(wanted, provisioned)
        try:
            self._invoker.reserve(arn, wanted)
        except ValueError:
            raise concurrency_errors.too_little_unreserved(self._unreserved_minimum) from None
        try:
            await self._keep(ctx, head, wanted)
        except BaseException:
            self._invoker.reserve(arn, head.value.reserved_concurrency)
            raise
        return {"ReservedConcurrentExecutions": wanted}

    @operation("GetFunctionConcurrency")
    async def get(self, ctx: Context, params: Params) -> Result:
        """What is reserved; nothing at all when nothing is."""
        head = await self._head(ctx, params, "GetFunctionConcurrency")
        reserved = head.value.reserved_concurrency
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    @operation("DeleteFunctionConcurrency")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Reserve nothing."""
        head = await self._head(ctx, params, "DeleteFunctionConcurrency")
        await self._keep(ctx, head, None)
        self._invoker.reserve(function_arn(ctx, head.value.name), None)
        return {}

    async def _head(self, ctx: Context, params: Params, action: str) -> Kept[Head]:
        name = unqualified(ctx, params["FunctionName"], action)
        head = await self._repository.kept_head(ctx, name)
        if head is None:
            raise errors.function_not_found(function_arn(ctx, name))
        return head

    async def _keep(self, ctx: Context, head: Kept[Head], reserved: int | None) -> None:
        changed = msgspec.structs.replace(head.value, reserved_concurrency=reserved)
        try:
            await self._repository.commit(put_head(ctx, changed, expect=head.revision))
        except Conflict:
            raise errors.update_in_progress(function_arn(ctx, head.value.name)) from None
