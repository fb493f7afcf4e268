"""Tags of alarms and dashboards."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.cloudwatch import errors
from lambent.services.cloudwatch.records import Alarm, Dashboard
from lambent.services.cloudwatch.repository import Repository
from lambent.services.operation import Params, Result, operation


class Tagging:
    """TagResource, UntagResource, ListTagsForResource."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("TagResource")
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Add tags, or change them."""
        found = await self._found(ctx, params["ResourceARN"])
        await self._keep(found, found.tags | {tag["Key"]: tag["Value"] for tag in params["Tags"]})
        return {}

    @operation("UntagResource")
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags away."""
        found = await self._found(ctx, params["ResourceARN"])
        await self._keep(found, {key: value for key, value in found.tags.items() if key not in params["TagKeys"]})
        return {}

    @operation("ListTagsForResource")
    async def list(self, ctx: Context, params: Params) -> Result:
        """The tags that there are."""
        found = await self._found(ctx, params["ResourceARN"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()]}

    async def _found(self, ctx: Context, arn: str) -> Alarm | Dashboard:
        parts = arn.split(":", 6)
        found: Alarm | Dashboard | None = None
        if len(parts) == 7 and parts[5] == "alarm":
            found = await self._repository.alarm(Place(ctx.account, parts[3]), parts[6])
        elif len(parts) == 6 and parts[5].startswith("dashboard/"):
            found = await self._repository.dashboard(ctx.account, parts[5].removeprefix("dashboard/"))
        if found is None:
            raise errors.no_such_resource(arn)
        return found

    async def _keep(self, found: Alarm | Dashboard, tags: dict[str, str]) -> None:
        if isinstance(found, Alarm):
            await self._repository.keep(msgspec.structs.replace(found, tags=tags))
        else:
            await self._repository.keep_dashboard(msgspec.structs.replace(found, tags=tags))
