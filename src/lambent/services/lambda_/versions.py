"""Published versions: immutable copies of `$LATEST` with numbers that are never used twice."""

from __future__ import annotations

import hashlib

import msgspec

from lambent.context import Context
from lambent.model.function import LATEST, LATEST_PUBLISHED, FunctionVersion, SealedCode, State, UpdateStatus
from lambent.services.lambda_ import capacity_errors, errors, pages, render
from lambent.services.lambda_.managed import Managed
from lambent.services.lambda_.names import function_arn, unqualified
from lambent.services.lambda_.repository import Head, Kept, Repository, put_head, put_serving, put_version
from lambent.services.lambda_.sealed_variables import SealedVariables
from lambent.services.lambda_.shown import Shown
from lambent.services.lambda_.states import Settled, States
from lambent.services.lambda_.storage import CodeStorage
from lambent.services.operation import Params, Result, operation
from lambent.store.base import ABSENT, Conflict, Write


class Versions:
    """PublishVersion, ListVersionsByFunction."""

    def __init__(
        self,
        repository: Repository,
        storage: CodeStorage,
        states: States,
        managed: Managed,
        variables: SealedVariables,
        shown: Shown,
        settled: Settled,
    ) -> None:
        self._repository = repository
        self._variables = variables
        self._shown = shown
        self._states = states
        self._managed = managed
        self._settled = settled
        self._storage = storage

    @operation("PublishVersion")
    async def publish(self, ctx: Context, params: Params) -> Result:
        """Publish `$LATEST`, unless it is what was published last: then that version is the answer."""
        name = unqualified(ctx, params["FunctionName"], "PublishVersion")
        head, latest = await changeable(self._repository, ctx, name)
        if latest.value.state is State.FAILED or latest.value.last_update_status is UpdateStatus.FAILED:
            raise errors.in_state(str(State.FAILED))
        code_sha256 = render.code_sha256(latest.value.code)
        if params.get("CodeSha256", code_sha256) != code_sha256:
            raise errors.code_mismatch(params["CodeSha256"], code_sha256)
        if params.get("RevisionId", latest.value.shown_revision_id) != latest.value.shown_revision_id:
            raise errors.revision_mismatch()

        replaces = replaced(params, latest.value)
        existing = None if replaces else await unchanged(self._repository, ctx, head.value, latest.value)
        if existing is not None:
            return await self._shown.anew(ctx, existing, existing.version)
        await self._managed.admit(ctx, latest.value.capacity)
        await self._storage.admit(ctx, latest.value.code.size)
        updated, version = publication(ctx, head.value, latest.value, params.get("Description"), replaces=replaces)
        touched = msgspec.structs.replace(latest.value, touched_id=ctx.ids.request_id())
        try:
            await self._repository.commit(
                put_head(ctx, updated, expect=head.revision),
                put_version(ctx, version, expect=None if replaces else ABSENT),
                put_version(ctx, touched, expect=latest.revision),
                *(await answering(self._repository, ctx, name) if replaces else ()),
            )
        except Conflict:
            raise errors.update_in_progress(function_arn(ctx, name)) from None
        if version.state is State.PENDING:
            self._states.settle(version)
        return await self._shown.anew(ctx, version, version.version)

    @operation("ListVersionsByFunction")
    async def list_versions(self, ctx: Context, params: Params) -> Result:
        """A page of versions, `$LATEST` first."""
        name = unqualified(ctx, params["FunctionName"], "ListVersionsByFunction")
        if await self._repository.head(ctx, name) is None:
            raise errors.function_not_found(function_arn(ctx, name))
        size = pages.size(params)
        start = pages.position_of(params, 1)
        versions = await self._repository.versions(ctx, name, after=start[0] if start else "", limit=size + 1)
        result: dict[str, object] = {
            "Versions": await self._variables.all_shown(
                ctx, versions[:size], [render.listed(version, version.version) for version in versions[:size]]
            )
        }
        if len(versions) > size:
            result["NextMarker"] = pages.marker(versions[size - 1].version)
        return result


async def changeable(repository: Repository, ctx: Context, name: str) -> tuple[Kept[Head], Kept[FunctionVersion]]:
    """A function's head and `$LATEST` as they are now. Raises ApiError while it is absent, Pending or InProgress."""
    head = await repository.kept_head(ctx, name)
    latest = await repository.kept_version(ctx, name, LATEST)
    if head is None or latest is None:
        raise errors.function_not_found(function_arn(ctx, name))
    if latest.value.state is State.PENDING:
        raise errors.in_state(str(State.PENDING))
    if latest.value.last_update_status is UpdateStatus.IN_PROGRESS:
        raise errors.update_in_progress(latest.value.function_arn)
    return head, latest


async def unchanged(
    repository: Repository, ctx: Context, head: Head, latest: FunctionVersion
) -> FunctionVersion | None:
    """The version published last, if it still exists and `$LATEST` is what it was then."""
    if head.published == 0 or head.fingerprint != fingerprint(latest):
        return None
    return await repository.version(ctx, head.name, str(head.published))


def replaced(params: Params, latest: FunctionVersion) -> bool:
    """Whether what is published replaces what was: `$LATEST.PUBLISHED`, not a new number. Raises ApiError."""
    if params.get("PublishTo") is None:
        return False
    if latest.capacity is None:
        raise capacity_errors.only_with("PublishTo")
    return True


async def answering(repository: Repository, ctx: Context, name: str) -> list[Write]:
    """Have the `$LATEST.PUBLISHED` that is about to be replaced answer until what replaces it can."""
    before = await repository.version(ctx, name, LATEST_PUBLISHED)
    return [put_serving(ctx, before)] if before is not None and before.state is State.ACTIVE else []


def publication(
    ctx: Context,
    head: Head,
    latest: FunctionVersion,
    description: str | None = None,
    *,
    replaces: bool = False,
) -> tuple[Head, FunctionVersion]:
    """A new version made of `latest`, and the head that knows it.

    Not Active before `latest` is, nor before its snapshot is made or its environments are up. If it `replaces`, it is
    `$LATEST.PUBLISHED`, which has no number.
    """
    number = LATEST_PUBLISHED if replaces else str(head.next_version)
    version = msgspec.structs.replace(
        latest,
        version=number,
        arn=function_arn(ctx, latest.name, number),
        revision_id=ctx.ids.request_id(),
        touched_id="",
        description=latest.description if description is None else description,
        last_modified=ctx.clock.now(),
    )
    awaited = latest.snap_start or latest.capacity is not None
    if latest.last_update_status is not UpdateStatus.SUCCESSFUL or awaited:
        version = msgspec.structs.replace(
            version,
            state=State.PENDING,
            state_reason="The function is being created.",
            state_reason_code="Creating",
            last_update_status=UpdateStatus.SUCCESSFUL,
            last_update_reason="",
            last_update_reason_code="",
        )
    if replaces:
        return head, version
    updated = msgspec.structs.replace(
        head,
        next_version=head.next_version + 1,
        published=head.next_version,
        fingerprint=fingerprint(latest),
    )
    return updated, version


def fingerprint(latest: FunctionVersion) -> str:
    """What two states of `$LATEST` have in common if publishing both would make two equal versions."""
    settled = msgspec.structs.replace(
        latest,
        code=msgspec.structs.replace(latest.code, sealed=_key_alone(latest.code.sealed)),
        revision_id="",
        touched_id="",
        last_modified=0.0,
        state=State.ACTIVE,
        state_reason="",
        state_reason_code="",
        last_update_status=UpdateStatus.SUCCESSFUL,
        last_update_reason="",
        last_update_reason_code="",
    )
    return hashlib.sha256(msgspec.msgpack.encode(settled)).hexdigest()


def _key_alone(sealed: SealedCode | None) -> SealedCode | None:
    """Of two sealings with one key no byte is the same."""
    return None if sealed is None else SealedCode("", sealed.kms_key, b"", "")
