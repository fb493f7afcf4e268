"""Tags of resources, by their ARNs: functions, capacity providers, mappings, code signing configurations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from lambent.context import Context
from lambent.model.function import LATEST, UpdateStatus
from lambent.services.lambda_ import capacity_errors, checks, code_signing_errors, errors
from lambent.services.lambda_.capacity_repository import CapacityRepository, put_provider
from lambent.services.lambda_.code_signing_repository import CodeSigningRepository, put_config
from lambent.services.lambda_.event_source_repository import EventSourceRepository
from lambent.services.lambda_.names import capacity_named, function_arn, reference
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Repository, put_head
from lambent.services.operation import Params, Result, operation

_Keep = Callable[[dict[str, str]], Awaitable[None]]


class _Tagged(msgspec.Struct, frozen=True):
    """A resource's tags, and how to write others in their place (raises `store.base.Conflict`, ApiError)."""

    tags: dict[str, str]
    keep: _Keep


class Tags:
    """ListTags, TagResource, UntagResource."""

    def __init__(
        self,
        repository: Repository,
        mappings: EventSourceRepository,
        capacities: CapacityRepository,
        signing: CodeSigningRepository,
    ) -> None:
        self._repository = repository
        self._mappings = mappings
        self._capacities = capacities
        self._signing = signing

    @operation("ListTags")
    async def list_tags(self, ctx: Context, params: Params) -> Result:
        """All tags of a resource."""
        found = await self._found(ctx, params["Resource"], "ListTags")
        return {"Tags": dict(found.tags)}

    @operation("TagResource")
    @again_on_conflict
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Add tags; one whose key is there already gets the new value."""
        if not params["Tags"]:
            raise errors.no_tags()
        found = await self._found(ctx, params["Resource"], "TagResource")
        tags = found.tags | params["Tags"]
        checks.tags(tags)
        await found.keep(tags)
        return {}

    @operation("UntagResource")
    @again_on_conflict
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags away; those that are not there are away already."""
        found = await self._found(ctx, params["Resource"], "UntagResource")
        gone = set(params["TagKeys"])
        await found.keep({key: value for key, value in found.tags.items() if key not in gone})
        return {}

    async def _found(self, ctx: Context, arn: str, action: str) -> _Tagged:
        """The resource that an ARN names. Raises ApiError."""
        parts = arn.split(":", 6)
        match parts[5]:
            case "function":
                return await self._function(ctx, arn, action)
            case "capacity-provider":
                return await self._capacity(ctx, arn, action)
            case "event-source-mapping" if (parts[3], parts[4]) == (ctx.region, ctx.account):
                return await self._mapping(ctx, parts[6])
            case "code-signing-config":
                return await self._code_signing(ctx, arn)
            case _:
                raise errors.not_there()

    async def _function(self, ctx: Context, arn: str, action: str) -> _Tagged:
        named = reference(ctx, arn, None, action)
        if named.qualifier is not None:
            raise errors.tags_of_versions()
        head = await self._repository.kept_head(ctx, named.name)
        if head is None:
            raise errors.function_not_found(function_arn(ctx, named.name))

        async def keep(tags: dict[str, str]) -> None:
            latest = await self._repository.version(ctx, named.name, LATEST)
            if latest is not None and latest.last_update_status is UpdateStatus.IN_PROGRESS:
                raise errors.update_in_progress(latest.function_arn)
            changed = msgspec.structs.replace(head.value, tags=tags)
            await self._repository.commit(put_head(ctx, changed, expect=head.revision))

        return _Tagged(head.value.tags, keep)

    async def _capacity(self, ctx: Context, arn: str, action: str) -> _Tagged:
        kept = await self._capacities.provider(ctx, capacity_named(ctx, arn, action))
        if kept is None:
            raise capacity_errors.not_found(arn)

        async def keep(tags: dict[str, str]) -> None:
            changed = msgspec.structs.replace(kept.value, tags=tags)
            await self._capacities.commit(put_provider(ctx, changed, expect=kept.revision))

        return _Tagged(kept.value.tags, keep)

    async def _mapping(self, ctx: Context, uuid: str) -> _Tagged:
        kept = await self._mappings.mapping(ctx, uuid)
        if kept is None:
            raise errors.not_there()

        async def keep(tags: dict[str, str]) -> None:
            await self._mappings.change(kept, msgspec.structs.replace(kept.value, tags=tags))

        return _Tagged(kept.value.tags, keep)

    async def _code_signing(self, ctx: Context, arn: str) -> _Tagged:
        kept = await self._signing.config(ctx, arn)
        if kept is None:
            raise code_signing_errors.unknown(arn)

        async def keep(tags: dict[str, str]) -> None:
            changed = msgspec.structs.replace(kept.value, tags=tags)
            await self._repository.commit(put_config(ctx, changed, expect=kept.revision))

        return _Tagged(kept.value.tags, keep)
