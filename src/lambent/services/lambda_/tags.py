"""Tags of resources, by their ARNs. So far only functions can have any."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.model.function import LATEST, UpdateStatus
from lambent.services.lambda_ import checks, errors
from lambent.services.lambda_.names import function_arn, reference
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Head, Kept, Repository, put_head
from lambent.services.operation import Params, Result, operation


class Tags:
    """ListTags, TagResource, UntagResource."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("ListTags")
    async def list_tags(self, ctx: Context, params: Params) -> Result:
        """All tags of a resource."""
        head = await self._head(ctx, params["Resource"], "ListTags")
        return {"Tags": dict(head.value.tags)}

    @operation("TagResource")
    @again_on_conflict
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Add tags; one whose key is there already gets the new value."""
        if not params["Tags"]:
            raise errors.no_tags()
        head = await self._head(ctx, params["Resource"], "TagResource")
        tags = head.value.tags | params["Tags"]
        checks.tags(tags)
        await self._keep(ctx, head, tags)
        return {}

    @operation("UntagResource")
    @again_on_conflict
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags away; those that are not there are away already."""
        head = await self._head(ctx, params["Resource"], "UntagResource")
        gone = set(params["TagKeys"])
        await self._keep(ctx, head, {key: value for key, value in head.value.tags.items() if key not in gone})
        return {}

    async def _head(self, ctx: Context, arn: str, action: str) -> Kept[Head]:
        """The function that an ARN names. Raises ApiError."""
        if arn.split(":", 6)[5] != "function":
            raise errors.not_there()
        named = reference(ctx, arn, None, action)
        if named.qualifier is not None:
            raise errors.tags_of_versions()
        head = await self._repository.kept_head(ctx, named.name)
        if head is None:
            raise errors.function_not_found(function_arn(ctx, named.name))
        return head

    async def _keep(self, ctx: Context, head: Kept[Head], tags: dict[str, str]) -> None:
        latest = await self._repository.version(ctx, head.value.name, LATEST)
        if latest is not None and latest.last_update_status is UpdateStatus.IN_PROGRESS:
            raise errors.update_in_progress(latest.function_arn)
        changed = msgspec.structs.replace(head.value, tags=tags)
        await self._repository.commit(put_head(ctx, changed, expect=head.revision))
