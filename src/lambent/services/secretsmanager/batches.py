"""Several secrets at once, each of which must be allowed; and random passwords."""

from __future__ import annotations

import secrets
from typing import Any

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.neighbours.base import Neighbours
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.secretsmanager import errors, limits, searching
from lambent.services.secretsmanager.passwords import password
from lambent.services.secretsmanager.repository import Repository


class Batches:
    """BatchGetSecretValue, GetRandomPassword."""

    def __init__(self, repository: Repository, neighbours: Neighbours) -> None:
        self._repository = repository
        self._neighbours = neighbours

    @operation("BatchGetSecretValue")
    async def get(self, ctx: Context, params: Params) -> Result:
        """The values of secrets that are named or searched for; what may not be read is told beside them."""
        named, filters = params.get("SecretIdList"), params.get("Filters")
        if bool(named) == bool(filters):
            raise errors.ids_and_filters()
        more: dict[str, str] = {}
        if filters:
            found = await self._repository.secrets(Place(ctx.account, ctx.region))
            wanted = [each for each in found if each.deleted is None and searching.matches(each, filters)]
            shown, more = searching.page(wanted, params, limits.BATCH)
            named = [each.arn for each in shown]
        elif params.get("NextToken") or params.get("MaxResults"):
            raise errors.page_of_ids()
        values: list[Any] = []
        refused: list[dict[str, str]] = []
        for identifier in dict.fromkeys(named or ()):
            try:
                # As a call of its own: the caller must be allowed to read each.
                values.append(
                    await self._neighbours.call(ctx, "secretsmanager", "GetSecretValue", {"SecretId": identifier})
                )
            except ApiError as error:
                refused.append({"SecretId": identifier, "ErrorCode": error.code, "Message": error.message})
        return {"SecretValues": values, "Errors": refused, **more}

    @operation("GetRandomPassword")
    async def random(self, ctx: Context, params: Params) -> Result:
        """A password that nobody has had."""
        return {"RandomPassword": password(params, secrets.randbelow)}
