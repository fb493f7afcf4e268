"""The values of secrets: read, put, changed; their versions and staging labels."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.operation import Params, Result, operation
from lambent.services.secretsmanager import errors, limits, render, searching, staging, unsupported
from lambent.services.secretsmanager.finding import Finder
from lambent.services.secretsmanager.records import Secret, Value, Version
from lambent.services.secretsmanager.repository import Kept, Repository, again_on_conflict
from lambent.services.secretsmanager.secrets import given
from lambent.services.secretsmanager.staging import CURRENT
from lambent.store.base import Conflict


class Values:
    """GetSecretValue, PutSecretValue, UpdateSecret, ListSecretVersionIds, UpdateSecretVersionStage."""

    def __init__(self, repository: Repository, finder: Finder) -> None:
        self._repository = repository
        self._finder = finder

    @operation("GetSecretValue")
    async def get(self, ctx: Context, params: Params) -> Result:
        """A version's value: the current one's if the request does not say which."""
        kept = await self._finder.alive(ctx, params["SecretId"])
        secret = kept.secret
        version = _version(secret, params.get("VersionId"), params.get("VersionStage"))
        value = await self._repository.value(secret, version.id)
        if value is None:
            raise errors.no_such_version(version.id)
        await self._note(ctx, kept, version)
        return render.value(secret, version, value)

    @operation("PutSecretValue")
    @again_on_conflict
    async def put(self, ctx: Context, params: Params) -> Result:
        """A new version, current unless the request says otherwise; the same call again changes nothing."""
        unsupported.refuse(params)
        value = given(params)
        if value is None:
            raise errors.no_value()
        kept = await self._finder.alive(ctx, params["SecretId"])
        stages = params.get("VersionStages") or [CURRENT]
        secret, token = await self._with(ctx, kept, params, value, stages)
        made = secret.version(token)
        return render.named(secret, VersionId=token, VersionStages=list(made.stages) if made else [])

    @operation("UpdateSecret")
    @again_on_conflict
    async def update(self, ctx: Context, params: Params) -> Result:
        """Describe a secret anew, or give it a new current version, or both."""
        unsupported.refuse(params)
        kept = await self._finder.alive(ctx, params["SecretId"])
        value = given(params)
        if "Description" in params:
            described = msgspec.structs.replace(kept.secret, description=params["Description"])
            kept = Kept(described, kept.revision)
        if value is None:
            changed = msgspec.structs.replace(kept.secret, changed=ctx.clock.now())
            await self._repository.commit(changed, kept)
            return render.named(changed)
        secret, token = await self._with(ctx, kept, params, value, [CURRENT])
        return render.named(secret, VersionId=token)

    @operation("ListSecretVersionIds")
    async def list_versions(self, ctx: Context, params: Params) -> Result:
        """A page of versions, the newest first; without labels only if they are asked for."""
        secret = (await self._finder.kept(ctx, params["SecretId"])).secret
        wanted = [each for each in reversed(secret.versions) if each.stages or params.get("IncludeDeprecated")]
        shown, more = searching.page(wanted, params, limits.PAGE)
        return render.named(secret, Versions=[render.version(each) for each in shown], **more)

    @operation("UpdateSecretVersionStage")
    @again_on_conflict
    async def move(self, ctx: Context, params: Params) -> Result:
        """Attach a label to another version, or to none."""
        kept = await self._finder.alive(ctx, params["SecretId"])
        secret, stage = kept.secret, params["VersionStage"]
        source, target = params.get("RemoveFromVersionId"), params.get("MoveToVersionId")
        if source is None and target is None:
            raise errors.nothing_to_move()
        for version_id in (source, target):
            if version_id is not None and secret.version(version_id) is None:
                raise errors.no_such_version(version_id)
        now = secret.staged(stage)
        if source is not None and (now is None or now.id != source):
            raise errors.stage_not_there(stage, source)
        if target is None:
            if stage == CURRENT:
                raise errors.current_stays()
            versions = staging.removed(secret.versions, stage)
        else:
            if now is not None and source is None and now.id != target:
                raise errors.stage_elsewhere(stage, now.id)
            versions = staging.moved(secret.versions, target, [stage])
        changed = msgspec.structs.replace(secret, versions=versions, changed=ctx.clock.now())
        await self._repository.commit(changed, kept)
        return render.named(changed)

    async def _with(
        self, ctx: Context, kept: Kept, params: Params, value: Value, stages: list[str]
    ) -> tuple[Secret, str]:
        """The secret with a new version, and the version's id. Raises ApiError, Conflict."""
        secret, token = kept.secret, params.get("ClientRequestToken") or ctx.ids.request_id()
        if secret.version(token) is not None:
            if await self._repository.value(secret, token) != value:
                raise errors.version_exists()
            await self._repository.commit(secret, kept)
            return secret, token
        now = ctx.clock.now()
        if not secret.versions:
            stages = [CURRENT, *stages]
        versions = staging.added(secret.versions, token, stages, now)
        left = {each.id for each in versions}
        values: dict[str, Value | None] = {each.id: None for each in secret.versions if each.id not in left}
        changed = msgspec.structs.replace(secret, versions=versions, changed=now)
        await self._repository.commit(changed, kept, {**values, token: value})
        return changed, token

    async def _note(self, ctx: Context, kept: Kept, version: Version) -> None:
        """On which day a secret was read last. Who reads at the same time has said so."""
        today = ctx.clock.now() // limits.DAY * limits.DAY
        if version.accessed >= today:
            return
        versions: tuple[Any, ...] = tuple(
            msgspec.structs.replace(each, accessed=today) if each.id == version.id else each
            for each in kept.secret.versions
        )
        noted = msgspec.structs.replace(kept.secret, accessed=today, versions=versions)
        try:
            await self._repository.commit(noted, kept)
        except Conflict:
            return


def _version(secret: Secret, version_id: str | None, stage: str | None) -> Version:
    """The version that is meant. Raises ApiError."""
    if version_id is None:
        stage = stage or CURRENT
        found = secret.staged(stage)
        if found is None:
            raise errors.no_such_stage(stage)
        return found
    found = secret.version(version_id)
    if found is None:
        raise errors.no_such_version(version_id)
    if stage is not None and stage not in found.stages:
        raise errors.other_version(version_id, stage)
    return found
