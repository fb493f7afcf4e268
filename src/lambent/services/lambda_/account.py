"""What an account may have in a region, and what it has."""

from __future__ import annotations

from lambent.context import Context
from lambent.services.lambda_ import limits
from lambent.services.lambda_.provisioned_repository import ProvisionedRepository
from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.storage import CodeStorage
from lambent.services.operation import Params, Result, operation


class Account:
    """GetAccountSettings. `concurrency_limit` is how many invocations may run at once in a region."""

    def __init__(
        self,
        repository: Repository,
        provisions: ProvisionedRepository,
        storage: CodeStorage,
        concurrency_limit: int,
    ) -> None:
        self._repository = repository
        self._provisions = provisions
        self._storage = storage
        self._concurrency_limit = concurrency_limit

    @operation("GetAccountSettings")
    async def get(self, ctx: Context, params: Params) -> Result:
        """Limits and usage, counted now."""
        return {
            "AccountLimit": {
                "TotalCodeSize": limits.TOTAL_CODE_BYTES,
                "CodeSizeUnzipped": limits.UNZIPPED_BYTES,
                "CodeSizeZipped": limits.ZIPPED_BYTES,
                "ConcurrentExecutions": self._concurrency_limit,
                "UnreservedConcurrentExecutions": self._concurrency_limit - await self._claimed(ctx),
            },
            "AccountUsage": {
                "TotalCodeSize": await self._storage.used(ctx),
                "FunctionCount": await self._repository.function_count(ctx),
            },
        }

    async def _claimed(self, ctx: Context) -> int:
        """What functions have for themselves: reserved, or provisioned without a reservation."""
        claims = dict(await self._provisions.totals(ctx)) | await self._repository.reserved(ctx)
        return sum(claims.values())
