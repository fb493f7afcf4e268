"""Aliases and key policies."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.kms import documents, errors, limits, pages
from lambent.services.kms.keyring import Keyring
from lambent.services.kms.records import Alias
from lambent.services.kms.repository import again_on_conflict, drop_alias, put_alias, put_key
from lambent.services.operation import Params, Result, operation
from lambent.store.base import Conflict


class Aliases:
    """CreateAlias, UpdateAlias, DeleteAlias, ListAliases."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @operation("CreateAlias")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Give a key another name."""
        name, now, place = _name(params), ctx.clock.now(), Place(ctx.account, ctx.region)
        kept = await self._keyring.kept(ctx, params["TargetKeyId"])
        if kept.key.deletion is not None:
            raise errors.pending_deletion(kept.key.arn)
        others = [each for each in await self._keyring.repository.aliases(place) if each.key_id == kept.key.id]
        if len(others) >= limits.ALIASES_PER_KEY:
            raise errors.limit("aliases of a key", limits.ALIASES_PER_KEY)
        try:
            await self._keyring.repository.commit(put_alias(place, Alias(name, kept.key.id, now, now), new=True))
        except Conflict:
            raise errors.alias_exists(_arn(place, name)) from None
        return {}

    @operation("UpdateAlias")
    async def update(self, ctx: Context, params: Params) -> Result:
        """Let an alias mean another key."""
        name, place = _name(params), Place(ctx.account, ctx.region)
        alias = await self._alias(place, name)
        key = (await self._keyring.kept(ctx, params["TargetKeyId"])).key
        if key.deletion is not None:
            raise errors.pending_deletion(key.arn)
        changed = msgspec.structs.replace(alias, key_id=key.id, updated=ctx.clock.now())
        await self._keyring.repository.commit(put_alias(place, changed, new=False))
        return {}

    @operation("DeleteAlias")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Take a name away; the key stays."""
        name, place = _name(params), Place(ctx.account, ctx.region)
        await self._alias(place, name)
        await self._keyring.repository.commit(drop_alias(place, name))
        return {}

    @operation("ListAliases")
    async def list_aliases(self, ctx: Context, params: Params) -> Result:
        """A page of aliases, of all keys or of one."""
        place = Place(ctx.account, ctx.region)
        key_id = None if not params.get("KeyId") else (await self._keyring.find(ctx, params["KeyId"])).id
        found: list[Alias] = []
        while page := await self._keyring.repository.aliases(place, after=found[-1].name if found else ""):
            found += page
        wanted = [each for each in found if key_id in (None, each.key_id)]
        return pages.page(params, "Aliases", wanted, lambda each: each.name, lambda each: _shown(place, each))

    async def _alias(self, place: Place, name: str) -> Alias:
        alias = await self._keyring.repository.alias(place, name)
        if alias is None:
            raise errors.no_such_alias(_arn(place, name))
        return alias


class KeyPolicies:
    """GetKeyPolicy, PutKeyPolicy, ListKeyPolicies: keys have one policy, named `default`."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @operation("GetKeyPolicy")
    async def get(self, ctx: Context, params: Params) -> Result:
        """A key's policy."""
        key = await self._keyring.find(ctx, params["KeyId"])
        if params.get("PolicyName", documents.NAME) != documents.NAME:
            raise errors.no_such_policy()
        return {"Policy": key.policy, "PolicyName": documents.NAME}

    @operation("PutKeyPolicy")
    @again_on_conflict
    async def put(self, ctx: Context, params: Params) -> Result:
        """Set a key's policy."""
        kept = await self._keyring.kept(ctx, params["KeyId"])
        if params.get("PolicyName", documents.NAME) != documents.NAME:
            raise errors.no_such_policy()
        bypass = bool(params.get("BypassPolicyLockoutSafetyCheck"))
        policy = documents.checked(ctx, params["Policy"], bypass=bypass)
        await self._keyring.repository.commit(put_key(msgspec.structs.replace(kept.key, policy=policy), kept))
        return {}

    @operation("ListKeyPolicies")
    async def list_policies(self, ctx: Context, params: Params) -> Result:
        """The names of a key's policies."""
        await self._keyring.find(ctx, params["KeyId"])
        return {"PolicyNames": [documents.NAME], "Truncated": False}


def _name(params: Params) -> str:
    name: str = params["AliasName"]
    if not name.startswith("alias/"):
        raise errors.alias_prefix()
    if name.startswith("alias/aws/"):
        raise errors.alias_of_aws()
    return name


def _arn(place: Place, name: str) -> str:
    return f"arn:aws:kms:{place.region}:{place.account}:{name}"


def _shown(place: Place, alias: Alias) -> dict[str, Any]:
    return {
        "AliasName": alias.name,
        "AliasArn": _arn(place, alias.name),
        "TargetKeyId": alias.key_id,
        "CreationDate": alias.created,
        "LastUpdatedDate": alias.updated,
    }
