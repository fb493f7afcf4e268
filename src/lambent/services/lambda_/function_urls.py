"""Addresses of functions: who may call them over plain HTTP, from which pages. `gateway.urls` answers there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.context import Context
from lambent.model.function import LATEST
from lambent.model.function_url import FunctionUrl
from lambent.services.lambda_ import errors, pages, render, tenancy, url_errors
from lambent.services.lambda_.names import Reference, function_arn, reference, unqualified
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Head, Kept, Repository, put_head
from lambent.services.lambda_.url_addresses import new_id
from lambent.services.lambda_.url_repository import UrlRepository, drop_url, put_url
from lambent.services.operation import Params, Result, operation

_ID_DIGITS = 40
_METHODS = frozenset({"GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*"})
_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://(\*|[^/?#\s]+)", re.IGNORECASE)


class FunctionUrls:
    """Create, Get, Update and DeleteFunctionUrlConfig, ListFunctionUrlConfigs."""

    def __init__(self, repository: Repository, urls: UrlRepository) -> None:
        self._repository = repository
        self._urls = urls

    @operation("CreateFunctionUrlConfig")
    @again_on_conflict
    async def create(self, ctx: Context, params: Params) -> Result:
        """An address that answers from now on."""
        named, head = await self._target(ctx, params, "CreateFunctionUrlConfig")
        _check_cors(params.get("Cors") or {})
        if await self._urls.url(ctx, named.name, named.qualifier or "") is not None:
            raise url_errors.exists(function_arn(ctx, named.name, named.qualifier))
        now = ctx.clock.now()
        url = FunctionUrl(
            id=new_id(ctx.ids.hex(_ID_DIGITS)),
            account=ctx.account,
            region=ctx.region,
            name=named.name,
            qualifier=named.qualifier or "",
            auth_type=params["AuthType"],
            created=now,
            modified=now,
            cors=params.get("Cors") or {},
            invoke_mode=params.get("InvokeMode", "BUFFERED"),
        )
        await self._urls.commit(put_head(ctx, head.value, expect=head.revision), *put_url(url))
        shown = render.function_url(url, ctx.endpoint)
        return {name: value for name, value in shown.items() if name != "LastModifiedTime"}

    @operation("GetFunctionUrlConfig")
    async def get(self, ctx: Context, params: Params) -> Result:
        """The address of a function or alias."""
        return render.function_url((await self._kept(ctx, params, "GetFunctionUrlConfig")).value, ctx.endpoint)

    @operation("UpdateFunctionUrlConfig")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Change what the request names; the address stays."""
        kept = await self._kept(ctx, params, "UpdateFunctionUrlConfig")
        cors = params.get("Cors", kept.value.cors)
        _check_cors(cors)
        url = msgspec.structs.replace(
            kept.value,
            auth_type=params.get("AuthType", kept.value.auth_type),
            invoke_mode=params.get("InvokeMode", kept.value.invoke_mode),
            cors=cors,
            modified=ctx.clock.now(),
        )
        await self._urls.commit(*put_url(url, expect=kept.revision))
        return render.function_url(url, ctx.endpoint)

    @operation("DeleteFunctionUrlConfig")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Nobody answers there any more; the next address will be another."""
        kept = await self._kept(ctx, params, "DeleteFunctionUrlConfig")
        await self._urls.commit(*drop_url(kept.value, expect=kept.revision))
        return {}

    @operation("ListFunctionUrlConfigs")
    async def list_urls(self, ctx: Context, params: Params) -> Result:
        """A page of a function's addresses, its own first, then by alias."""
        name = unqualified(ctx, params["FunctionName"], "ListFunctionUrlConfigs")
        if await self._repository.head(ctx, name) is None:
            raise url_errors.no_function()
        size = pages.size(params)
        start = pages.position_of(params, 1)
        found = await self._urls.urls(ctx, name, after=start[0] if start else "", limit=size + 1)
        result: dict[str, Any] = {
            "FunctionUrlConfigs": [render.function_url(url, ctx.endpoint) for url in found[:size]]
        }
        if len(found) > size:
            result["NextMarker"] = pages.marker(found[size - 1].qualifier or LATEST)
        return result

    async def _target(self, ctx: Context, params: Params, action: str) -> tuple[Reference, Kept[Head]]:
        """The function or alias that is meant, which must be there, and its head: it does not go meanwhile.

        Raises ApiError.
        """
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), action)
        latest = await self._repository.version(ctx, named.name, LATEST)
        head = await self._repository.kept_head(ctx, named.name)
        if latest is None or head is None:
            raise url_errors.no_function()
        tenancy.check_url(latest)
        if named.qualifier and await self._repository.alias(ctx, named.name, named.qualifier) is None:
            raise url_errors.no_function()
        return named, head

    async def _kept(self, ctx: Context, params: Params, action: str) -> Kept[FunctionUrl]:
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), action)
        kept = await self._urls.url(ctx, named.name, named.qualifier or "")
        if kept is None:
            raise errors.not_there()
        return kept


def _check_cors(cors: Mapping[str, Any]) -> None:
    """Methods and origins that browsers know. Raises ApiError."""
    for method in cors.get("AllowMethods", ()):
        if method not in _METHODS:
            raise url_errors.bad_method(method)
    for origin in cors.get("AllowOrigins", ()):
        if not _ORIGIN.fullmatch(origin):
            raise url_errors.bad_origin(origin)
