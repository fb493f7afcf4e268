"""Access keys of users."""

from __future__ import annotations

from base64 import b64encode

import msgspec

from lambent.context import Context
from lambent.services.iam import errors, limits, names, pages, render
from lambent.services.iam.entities import Entities
from lambent.services.iam.records import AccessKey, User
from lambent.services.iam.repository import again_on_conflict, drop_key, put, put_key
from lambent.services.operation import Params, Result, operation


class AccessKeys:
    """CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey, GetAccessKeyLastUsed."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    @operation("CreateAccessKey")
    @again_on_conflict
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a key; this is the only time that its secret is shown."""
        user, kept = await self._entities.kept(ctx, User, names.user_name(ctx, params))
        repository = self._entities.repository
        if len(await repository.keys_of(ctx.account, user.name)) >= limits.KEYS_PER_USER:
            raise errors.quota("AccessKeysPerUser", limits.KEYS_PER_USER)
        key = AccessKey(
            id=names.new_id("AKIA", ctx.ids),
            secret=b64encode(bytes.fromhex(ctx.ids.hex(60))).decode(),
            account=ctx.account,
            user=user.name,
            created=float(int(ctx.clock.now())),
        )
        # The user is written as it was: two who make keys at once cannot both find room, nor can it go meanwhile.
        await repository.commit(put(ctx.account, user, kept), *put_key(key))
        return {"AccessKey": render.key(key, secret=True)}

    @operation("ListAccessKeys")
    async def list_keys(self, ctx: Context, params: Params) -> Result:
        """A page of a user's keys."""
        user = await self._entities.get(ctx, User, names.user_name(ctx, params))
        keys = await self._entities.repository.keys_of(ctx.account, user.name)
        return pages.page(params, "AccessKeyMetadata", keys, lambda each: each.id, render.key)

    @operation("UpdateAccessKey")
    async def update(self, ctx: Context, params: Params) -> Result:
        """Let a key count, or not."""
        key = await self._key(ctx, params)
        changed = msgspec.structs.replace(key, active=params["Status"] == "Active")
        await self._entities.repository.commit(*put_key(changed))
        return {}

    @operation("DeleteAccessKey")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a key."""
        await self._entities.repository.commit(*drop_key(await self._key(ctx, params)))
        return {}

    @operation("GetAccessKeyLastUsed")
    async def last_used(self, ctx: Context, params: Params) -> Result:
        """When a key was used, for which service, where."""
        key = await self._entities.repository.key(params["AccessKeyId"])
        if key is None or key.account != ctx.account:
            raise errors.no_such_key(params["AccessKeyId"])
        use = await self._entities.repository.last_use(key.id)
        last = {"ServiceName": "N/A", "Region": "N/A"}
        shown = last if use is None else {"LastUsedDate": use.at, "ServiceName": use.service, "Region": use.region}
        return {"UserName": key.user, "AccessKeyLastUsed": shown}

    async def _key(self, ctx: Context, params: Params) -> AccessKey:
        user = await self._entities.get(ctx, User, names.user_name(ctx, params))
        key = await self._entities.repository.key(params["AccessKeyId"])
        if key is None or key.account != ctx.account or key.user.lower() != user.name.lower():
            raise errors.no_such_key(params["AccessKeyId"])
        return key
