"""Secrets: made, described, listed, tagged, deleted after a while, and brought back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.secretsmanager import errors, limits, render, searching, staging, unsupported
from lambent.services.secretsmanager.finding import Finder
from lambent.services.secretsmanager.records import Secret, Value
from lambent.services.secretsmanager.repository import Repository, again_on_conflict

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Secrets:
    """CreateSecret, DescribeSecret, ListSecrets, DeleteSecret, RestoreSecret, TagResource, UntagResource."""

    def __init__(self, repository: Repository, finder: Finder) -> None:
        self._repository = repository
        self._finder = finder

    @operation("CreateSecret")
    @again_on_conflict
    async def create(self, ctx: Context, params: Params) -> Result:
        """A new secret, with its first value if there is one; the same call again is answered the same."""
        unsupported.refuse(params)
        name, token = params["Name"], params.get("ClientRequestToken") or ctx.ids.request_id()
        if not _NAME.fullmatch(name):
            raise errors.bad_name()
        value = given(params)
        tags = _tags({}, params.get("Tags", ()))
        now = ctx.clock.now()
        there = await self._finder.found(Place(ctx.account, ctx.region), name, now)
        if there is not None:
            return await self._again(there.secret, token, value)
        secret = Secret(
            name=name,
            account=ctx.account,
            region=ctx.region,
            uid=ctx.ids.hex(32),
            suffix="".join(_LETTERS[int(ctx.ids.fraction() * len(_LETTERS))] for _ in range(6)),
            created=now,
            changed=now,
            description=params.get("Description"),
            versions=() if value is None else staging.added((), token, [staging.CURRENT], now),
            tags=tags,
        )
        await self._repository.commit(secret, None, {} if value is None else {token: value})
        return render.named(secret, **({} if value is None else {"VersionId": token}))

    @operation("DescribeSecret")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """All but the values."""
        kept = await self._finder.kept(ctx, params["SecretId"])
        return render.described(kept.secret, "VersionIdsToStages")

    @operation("ListSecrets")
    async def list_secrets(self, ctx: Context, params: Params) -> Result:
        """A page of secrets; those that wait for their deletion only if they are asked for."""
        now = ctx.clock.now()
        wanted = [
            secret
            for secret in await self._repository.secrets(Place(ctx.account, ctx.region))
            if (secret.gone is None or (params.get("IncludePlannedDeletion") and now < secret.gone))
            and searching.matches(secret, params.get("Filters", ()))
        ]
        shown, more = searching.page(searching.in_order(wanted, params), params, limits.PAGE)
        return {"SecretList": [render.described(each, "SecretVersionsToStages") for each in shown], **more}

    @operation("DeleteSecret")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete in 7 to 30 days, or, when forced, at once: then nobody minds if there is no such secret."""
        days, force = params.get("RecoveryWindowInDays"), params.get("ForceDeleteWithoutRecovery", False)
        if force and days is not None:
            raise errors.window_and_force()
        if days is not None and not limits.RECOVERY_DAYS_LEAST <= days <= limits.RECOVERY_DAYS:
            raise errors.bad_window()
        now = ctx.clock.now()
        if force:
            kept = await self._finder.found(Place(ctx.account, ctx.region), params["SecretId"], now)
            if kept is None:
                return {"Name": params["SecretId"], "DeletionDate": now}
            await self._repository.drop(kept)
            return render.named(kept.secret, DeletionDate=now)
        kept = await self._finder.alive(ctx, params["SecretId"])
        gone = now + (days or limits.RECOVERY_DAYS) * limits.DAY
        await self._repository.commit(msgspec.structs.replace(kept.secret, deleted=now, gone=gone), kept)
        return render.named(kept.secret, DeletionDate=gone)

    @operation("RestoreSecret")
    @again_on_conflict
    async def restore(self, ctx: Context, params: Params) -> Result:
        """Let a secret live."""
        kept = await self._finder.kept(ctx, params["SecretId"])
        if kept.secret.deleted is not None:
            await self._repository.commit(msgspec.structs.replace(kept.secret, deleted=None, gone=None), kept)
        return render.named(kept.secret)

    @operation("TagResource")
    @again_on_conflict
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Add tags."""
        kept = await self._finder.alive(ctx, params["SecretId"])
        tags = _tags(kept.secret.tags, params["Tags"])
        await self._repository.commit(msgspec.structs.replace(kept.secret, tags=tags), kept)
        return {}

    @operation("UntagResource")
    @again_on_conflict
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags away."""
        kept = await self._finder.alive(ctx, params["SecretId"])
        tags = {name: tag for name, tag in kept.secret.tags.items() if name not in params["TagKeys"]}
        await self._repository.commit(msgspec.structs.replace(kept.secret, tags=tags), kept)
        return {}

    async def _again(self, there: Secret, token: str, value: Value | None) -> Result:
        """What a call is answered whose secret is there: as before, if it was the same call. Raises ApiError."""
        if there.deleted is not None:
            raise errors.name_of_deleted()
        if value is None or there.version(token) is None or await self._repository.value(there, token) != value:
            raise errors.exists(there.name)
        return render.named(there, VersionId=token)


def given(params: Params) -> Value | None:
    """The value that a request carries, if any. Raises ApiError."""
    text, binary = params.get("SecretString"), params.get("SecretBinary")
    if text is not None and binary is not None:
        raise errors.both_values()
    if text is None and binary is None:
        return None
    return Value(text, None if binary is None else bytes(binary))


def _tags(before: Mapping[str, str], tags: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    new = {tag.get("Key", ""): tag.get("Value", "") for tag in tags}
    if len(new) < len(tags):
        raise errors.duplicate_tags()
    if any(name.lower().startswith("aws:") for name in new):
        raise errors.aws_tag()
    if len(found := {**before, **new}) > limits.TAGS:
        raise errors.too_many("tags on a secret", limits.TAGS)
    return found
