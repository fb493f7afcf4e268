"""Queries that somebody wants to ask again: kept by name."""

from __future__ import annotations

from typing import Any

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.logs import errors, limits
from lambent.services.logs.archive import Archive
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.query import Query
from lambent.services.logs.pages import page
from lambent.services.logs.records import QueryDefinition
from lambent.services.operation import Params, Result, operation


class QueryDefinitions:
    """Put, described, deleted."""

    def __init__(self, archive: Archive) -> None:
        self._repository = archive.repository

    @operation("PutQueryDefinition")
    async def put(self, ctx: Context, params: Params) -> Result:
        """A new one, or another text for one. What could not be asked is refused."""
        at, now_ms = Place(ctx.account, ctx.region), int(ctx.clock.now() * 1000)
        for option in ("parameters",):
            if params.get(option):
                raise errors.unsupported(option, "queries have no placeholders")
        if params.get("queryLanguage", "CWLI") != "CWLI":
            raise errors.unsupported(f"queryLanguage {params['queryLanguage']}", "queries are in that of Insights")
        try:
            Query(params["queryString"], now_ms=now_ms, limit=limits.QUERY_ROWS)
        except Malformed as error:
            raise errors.invalid(f"Invalid query: {error}.") from None
        known = params.get("queryDefinitionId")
        if known is not None and await self._repository.get(QueryDefinition, at, known) is None:
            raise errors.gone("query definition")
        if known is None and len(await self._repository.all(QueryDefinition, at)) >= limits.QUERY_DEFINITIONS:
            raise errors.over_limit("query definitions")
        definition = QueryDefinition(
            id=known or ctx.ids.request_id(),
            name=params["name"],
            text=params["queryString"],
            groups=tuple(params.get("logGroupNames") or ()),
            modified_ms=now_ms,
        )
        await self._repository.put(at, definition.id, definition)
        return {"queryDefinitionId": definition.id}

    @operation("DescribeQueryDefinitions")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """By their names."""
        prefix = params.get("queryDefinitionNamePrefix", "")
        every = await self._repository.all(QueryDefinition, Place(ctx.account, ctx.region))
        found = [each for each in every.values() if each.name.startswith(prefix)]
        return page(
            params,
            "queryDefinitions",
            found,
            lambda each: f"{each.name}\0{each.id}",
            _shown,
            size="maxResults",
            usual=limits.QUERY_DEFINITIONS,
        )

    @operation("DeleteQueryDefinition")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """One goes."""
        at = Place(ctx.account, ctx.region)
        if not await self._repository.drop(QueryDefinition, at, params["queryDefinitionId"]):
            raise errors.gone("query definition")
        return {"success": True}


def _shown(definition: QueryDefinition) -> dict[str, Any]:
    return {
        "queryLanguage": "CWLI",
        "queryDefinitionId": definition.id,
        "name": definition.name,
        "queryString": definition.text,
        "lastModified": definition.modified_ms,
        "logGroupNames": list(definition.groups),
    }
