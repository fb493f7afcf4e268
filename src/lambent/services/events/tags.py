"""Tags of buses and rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from lambent.context import Context
from lambent.services.events import errors, limits
from lambent.services.events.names import bus_of, rule_of
from lambent.services.events.records import Bus, Rule
from lambent.services.events.repository import Kept, Repository, again_on_conflict, put_bus, put_rule
from lambent.services.events.rules import unmanaged
from lambent.services.operation import Params, Result, operation


class Tags:
    """TagResource, UntagResource, ListTagsForResource."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("TagResource")
    @again_on_conflict
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Add tags."""
        added = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
        return await self._change(params, lambda tags: {**tags, **added})

    @operation("UntagResource")
    @again_on_conflict
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags away."""
        gone = set(params["TagKeys"])
        return await self._change(params, lambda tags: {key: each for key, each in tags.items() if key not in gone})

    @operation("ListTagsForResource")
    async def list_tags(self, ctx: Context, params: Params) -> Result:
        """A resource's tags."""
        tags = (await self._kept(params)).value.tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    async def _change(self, params: Params, change: Callable[[Mapping[str, str]], dict[str, str]]) -> Result:
        kept = await self._kept(params)
        tags = change(kept.value.tags)
        if len(tags) > limits.TAGS:
            raise errors.limit("tags")
        if isinstance(kept.value, Rule):
            unmanaged(kept.value, force=False)
            rule = msgspec.structs.replace(kept.value, tags=tags)
            await self._repository.commit(*put_rule(rule, Kept(kept.value, kept.revision)))
        else:
            await self._repository.commit(
                put_bus(msgspec.structs.replace(kept.value, tags=tags), Kept(kept.value, kept.revision))
            )
        return {}

    async def _kept(self, params: Params) -> Kept[Bus] | Kept[Rule]:
        arn, kept = params["ResourceARN"], None
        if (bus := bus_of(arn)) is not None:
            kept_bus = await self._repository.kept_bus(bus.at, bus.name)
            if kept_bus is not None:
                return kept_bus
        elif (found := rule_of(arn)) is not None:
            kept = await self._repository.kept_rule(found[0].at, found[0].name, found[1])
        if kept is None:
            raise errors.no_such_resource(arn)
        return kept
