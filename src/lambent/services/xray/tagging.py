"""Tags of groups and sampling rules; and how traces are encrypted, which cannot be chosen."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.xray import errors
from lambent.services.xray.records import Group, Rule
from lambent.services.xray.repository import Repository


class Tagging:
    """TagResource, UntagResource, ListTagsForResource, GetEncryptionConfig, PutEncryptionConfig."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("TagResource")
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Add tags, or change them."""
        found = await self._found(ctx, params["ResourceARN"])
        tags = found.tags | {tag["Key"]: tag["Value"] for tag in params["Tags"]}
        await self._repository.keep(msgspec.structs.replace(found, tags=tags))
        return {}

    @operation("UntagResource")
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags away."""
        found = await self._found(ctx, params["ResourceARN"])
        tags = {key: value for key, value in found.tags.items() if key not in params["TagKeys"]}
        await self._repository.keep(msgspec.structs.replace(found, tags=tags))
        return {}

    @operation("ListTagsForResource")
    async def list(self, ctx: Context, params: Params) -> Result:
        """The tags that there are."""
        found = await self._found(ctx, params["ResourceARN"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()]}

    @operation("GetEncryptionConfig")
    async def encryption(self, ctx: Context, params: Params) -> Result:
        """No key of anybody's."""
        return {"EncryptionConfig": {"Status": "ACTIVE", "Type": "NONE"}}

    @operation("PutEncryptionConfig")
    async def encrypt(self, ctx: Context, params: Params) -> Result:
        """Only what is anyway."""
        if params["Type"] != "NONE":
            raise errors.unsupported("Type KMS", "traces are not encrypted under keys of KMS")
        return await self.encryption(ctx, params)

    async def _found(self, ctx: Context, arn: str) -> Group | Rule:
        kind, _, name = arn.rpartition(":")[2].partition("/")
        at = Place(ctx.account, ctx.region)
        found: Group | Rule | None = None
        if kind == "group":
            found = await self._repository.group(at, name.partition("/")[0])
        elif kind == "sampling-rule":
            found = await self._repository.rule(at, name)
        if found is None:
            raise errors.no_such_resource(arn)
        return found
