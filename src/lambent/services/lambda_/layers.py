"""Layers: packages that functions share at /opt, in numbered versions that never change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lambent.context import Context
from lambent.services.lambda_ import errors, limits, pages, render, unsupported
from lambent.services.lambda_.layer_access import LayerAccess
from lambent.services.lambda_.layer_repository import (
    LayerHead,
    LayerRepository,
    LayerVersion,
    drop_layer_policy,
    drop_layer_version,
    put_layer_head,
    put_layer_version,
)
from lambent.services.lambda_.names import LayerReference, layer_arn, layer_named, own_layer
from lambent.services.lambda_.packages import Packages
from lambent.services.lambda_.sealed_code import SealedPackages
from lambent.services.operation import Params, Result, TooLong, operation
from lambent.store.base import ABSENT, Conflict

_AT_ONCE = 200


class Layers:
    """PublishLayerVersion, GetLayerVersion, GetLayerVersionByArn, ListLayers, ListLayerVersions, DeleteLayerVersion."""

    def __init__(
        self, repository: LayerRepository, access: LayerAccess, packages: Packages, seals: SealedPackages
    ) -> None:
        self._repository = repository
        self._access = access
        self._packages = packages
        self._seals = seals

    @operation(
        "PublishLayerVersion",
        body_limit=limits.CODE_REQUEST_BYTES,
        too_long=TooLong(
            errors.REQUEST_TOO_LARGE, errors.too_large_text(limits.CODE_REQUEST_BYTES, "PublishLayerVersion")
        ),
    )
    async def publish(self, ctx: Context, params: Params) -> Result:
        """A new version of a layer; the first one makes the layer."""
        name = own_layer(ctx, params["LayerName"], "PublishLayerVersion").name
        unsupported.refuse("PublishLayerVersion", params)
        code = await self._packages.add(ctx, await self._packages.given(ctx, params["Content"]))
        while True:
            head = await self._repository.head(ctx, name)
            number = 1 if head is None else head.value.next_version
            version = LayerVersion(
                name=name,
                number=number,
                code=code,
                created=ctx.clock.now(),
                description=params.get("Description", ""),
                runtimes=params.get("CompatibleRuntimes"),
                architectures=params.get("CompatibleArchitectures"),
                license=params.get("LicenseInfo"),
            )
            try:
                await self._repository.commit(
                    put_layer_head(ctx, LayerHead(name, number + 1), expect=ABSENT if head is None else head.revision),
                    put_layer_version(ctx, version),
                )
            except Conflict:
                continue  # somebody else has just published that number
            return self._shown(ctx, LayerReference(ctx.account, ctx.region, name, number), version)

    @operation("GetLayerVersion")
    async def get(self, ctx: Context, params: Params) -> Result:
        """One version, and where its content can be had."""
        return await self._found(ctx, layer_named(ctx, params["LayerName"], params["VersionNumber"]))

    @operation("GetLayerVersionByArn")
    async def get_by_arn(self, ctx: Context, params: Params) -> Result:
        """One version, and where its content can be had."""
        layer, _, number = params["Arn"].rpartition(":")
        if not number.isdecimal():  # AWS's own layers have no numbers
            raise errors.not_there()
        return await self._found(ctx, layer_named(ctx, layer, int(number)))

    @operation("ListLayers")
    async def list_layers(self, ctx: Context, params: Params) -> Result:
        """A page of layers by name, each with its newest version that fits runtime and architecture."""
        size = pages.size(params)
        start = pages.position_of(params, 1)
        after = start[0] if start else ""
        fits = _fits(params)
        found: list[LayerVersion] = []
        while len(found) <= size:
            heads = await self._repository.heads(ctx, after=after, limit=size + 1)
            newest = await asyncio.gather(*(self._matching(ctx, head.name, "", fits, 1) for head in heads))
            found += [version for versions in newest for version in versions]
            if len(heads) <= size:
                break
            after = heads[-1].name
        result: dict[str, object] = {
            "Layers": [
                {
                    "LayerName": version.name,
                    "LayerArn": layer_arn(ctx, version.name),
                    "LatestMatchingVersion": render.layer_version(version, layer_arn(ctx, version.name)),
                }
                for version in found[:size]
            ]
        }
        if len(found) > size:
            result["NextMarker"] = pages.marker(found[size - 1].name)
        return result

    @operation("ListLayerVersions")
    async def list_versions(self, ctx: Context, params: Params) -> Result:
        """A page of the versions that fit runtime and architecture, the newest first."""
        named = own_layer(ctx, params["LayerName"], "ListLayerVersions")
        size = pages.size(params)
        start = pages.position_of(params, 1)
        if start and not start[0].isdecimal():
            raise errors.bad_marker()
        found = await self._matching(ctx, named.name, start[0] if start else "", _fits(params), size + 1)
        result: dict[str, object] = {
            "LayerVersions": [render.layer_version(version, named.arn) for version in found[:size]]
        }
        if len(found) > size:
            result["NextMarker"] = pages.marker(str(found[size - 1].number))
        return result

    @operation("DeleteLayerVersion")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete one version; functions that use it keep it."""
        named = own_layer(ctx, params["LayerName"], "DeleteLayerVersion", params["VersionNumber"])
        await self._repository.commit(
            drop_layer_version(ctx, named.name, named.number), drop_layer_policy(ctx, named.name, named.number)
        )
        return {}

    async def _found(self, ctx: Context, named: LayerReference) -> Result:
        version = await self._access.find(ctx, named)
        if version is None:
            raise errors.not_there()
        return self._shown(ctx, named, version)

    def _shown(self, ctx: Context, named: LayerReference, version: LayerVersion) -> Result:
        arn = layer_arn(named, named.name)
        return {
            "LayerArn": arn,
            "Content": {
                "Location": self._seals.locate(ctx, version.code.digest),
                "CodeSha256": render.code_sha256(version.code),
                "CodeSize": version.code.size,
            },
            **render.layer_version(version, arn),
        }

    async def _matching(
        self, ctx: Context, name: str, after: str, fits: Callable[[LayerVersion], bool], count: int
    ) -> list[LayerVersion]:
        async def more(after: str, limit: int) -> list[LayerVersion]:
            return await self._repository.versions(ctx, name, after=after, limit=limit)

        return await pages.matching(
            more, after=after, key=lambda version: str(version.number), matches=fits, count=count
        )


def _fits(params: Params) -> Callable[[LayerVersion], bool]:
    """Whether a version says that it is for the runtime and architecture that a listing asks for."""
    runtime, architecture = params.get("CompatibleRuntime"), params.get("CompatibleArchitecture")
    return lambda version: (
        (runtime is None or runtime in (version.runtimes or ()))
        and (architecture is None or architecture in (version.architectures or ()))
    )
