"""Tags of log groups, by the old operations and by the new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from lambent.context import Context
from lambent.observe.log_names import Group
from lambent.services.logs import errors, limits
from lambent.services.logs.archive import Archive
from lambent.services.logs.names import identified
from lambent.services.operation import Params, Result, operation


class Tags:
    """Reads and changes them."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @operation("TagResource")
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Add tags, or give them other values."""
        return await self._add(await self._resource(ctx, params), params["tags"])

    @operation("UntagResource")
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags away."""
        return await self._take(await self._resource(ctx, params), params["tagKeys"])

    @operation("ListTagsForResource")
    async def list_tags(self, ctx: Context, params: Params) -> Result:
        """A group's tags."""
        return {"tags": (await self._archive.settings(await self._resource(ctx, params))).tags}

    @operation("TagLogGroup")
    async def tag_group(self, ctx: Context, params: Params) -> Result:
        """Add tags, or give them other values."""
        return await self._add(await self._archive.group(ctx, params), params["tags"])

    @operation("UntagLogGroup")
    async def untag_group(self, ctx: Context, params: Params) -> Result:
        """Take tags away."""
        return await self._take(await self._archive.group(ctx, params), params["tags"])

    @operation("ListTagsLogGroup")
    async def list_group_tags(self, ctx: Context, params: Params) -> Result:
        """A group's tags."""
        return {"tags": (await self._archive.settings(await self._archive.group(ctx, params))).tags}

    async def _resource(self, ctx: Context, params: Params) -> Group:
        arn = params["resourceArn"]
        if not arn.startswith("arn:"):
            raise errors.invalid(f"{arn} is not the ARN of a log group.")
        return await self._archive.there(identified(ctx, arn))

    async def _add(self, group: Group, tags: Mapping[str, str]) -> Result:
        if any(key.startswith("aws:") for key in tags):
            raise errors.invalid("Tag keys must not begin with aws:")
        settings = await self._archive.settings(group)
        every = {**settings.tags, **tags}
        if len(every) > limits.TAGS:
            raise errors.too_many_tags(limits.TAGS)
        await self._archive.say(group, msgspec.structs.replace(settings, tags=every))
        return {}

    async def _take(self, group: Group, keys: Iterable[str]) -> Result:
        settings, gone = await self._archive.settings(group), set(keys)
        left = {key: value for key, value in settings.tags.items() if key not in gone}
        await self._archive.say(group, msgspec.structs.replace(settings, tags=left))
        return {}
