"""Pipes: made, shown, changed, started and stopped, listed, deleted, tagged."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.pipes import errors, limits, render, sources, unsupported
from lambent.services.pipes.checks import Checks
from lambent.services.pipes.records import DELETED, RUNNING, STOPPED, Pipe
from lambent.services.pipes.repository import AT_ONCE, Kept, Repository
from lambent.services.pipes.settling import Settling
from lambent.store.base import Conflict

_MEMBERS: Mapping[str, str] = {
    "Description": "description",
    "SourceParameters": "source_parameters",
    "Enrichment": "enrichment",
    "EnrichmentParameters": "enrichment_parameters",
    "Target": "target",
    "TargetParameters": "target_parameters",
    "RoleArn": "role",
}
"""What of a pipe may change: the model's names, and ours."""


class Pipes:
    """CreatePipe, DescribePipe, UpdatePipe, StartPipe, StopPipe, DeletePipe, ListPipes."""

    def __init__(self, repository: Repository, checks: Checks, settling: Settling) -> None:
        self._repository = repository
        self._checks = checks
        self._settling = settling

    @operation("CreatePipe")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a pipe, which runs unless it is to be stopped."""
        at, now = Place(ctx.account, ctx.region), ctx.clock.now()
        unsupported.check(params)
        made = Pipe(
            account=at.account,
            region=at.region,
            name=params["Name"],
            source=params["Source"],
            desired=params.get("DesiredState") or RUNNING,
            current="CREATING",
            created=now,
            modified=now,
            tags=_tagged({}, params.get("Tags")),
            **_given(params),
        )
        await self._checks.pipe(made)
        if await self._repository.pipe(at, made.name) is not None:
            raise errors.pipe_exists(made.name)
        if await self._repository.count(at) >= limits.PIPES:
            raise errors.quota("pipes", limits.PIPES)
        try:
            await self._repository.put(made)
        except Conflict:
            raise errors.pipe_exists(made.name) from None
        self._settling.settle(made)
        return render.change(made)

    @operation("DescribePipe")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """A pipe."""
        return render.pipe((await self._kept(ctx, params)).pipe)

    @operation("UpdatePipe")
    async def update(self, ctx: Context, params: Params) -> Result:
        """Change a pipe: what the request leaves out stays."""
        unsupported.check(params)
        kept = await self._kept(ctx, params)
        given = _given(params)
        changed = sources.updated(kept.pipe.source_parameters, given.pop("source_parameters", {}))
        desired = params.get("DesiredState") or kept.pipe.desired
        return await self._change(ctx, kept, desired, "UPDATING", source_parameters=changed, **given)

    @operation("StartPipe")
    async def start(self, ctx: Context, params: Params) -> Result:
        """Let a pipe run."""
        return await self._change(ctx, await self._kept(ctx, params), RUNNING, "STARTING")

    @operation("StopPipe")
    async def stop(self, ctx: Context, params: Params) -> Result:
        """Let a pipe rest, once it has dealt with what it has read."""
        return await self._change(ctx, await self._kept(ctx, params), STOPPED, "STOPPING")

    @operation("DeletePipe")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a pipe, once it has dealt with what it has read."""
        kept = await self._kept(ctx, params)
        if kept.pipe.desired == DELETED:
            return render.change(kept.pipe)
        return await self._change(ctx, kept, DELETED, "DELETING")

    @operation("ListPipes")
    async def list_pipes(self, ctx: Context, params: Params) -> Result:
        """A page of pipes."""
        at, size, prefix = Place(ctx.account, ctx.region), params.get("Limit") or limits.PAGE, params.get("NamePrefix")
        found: list[Pipe] = []
        after = _position(params)
        while len(found) <= size:
            page = await self._repository.pipes(at, prefix=prefix or "", after=after)
            found += [each for each in page if _wanted(each, params)]
            if len(page) < AT_ONCE:
                break
            after = page[-1].name
        result: dict[str, Any] = {"Pipes": [render.summary(each) for each in found[:size]]}
        if len(found) > size:
            result["NextToken"] = urlsafe_b64encode(found[size - 1].name.encode()).decode()
        return result

    async def _change(self, ctx: Context, kept: Kept, desired: str, state: str, **changes: Any) -> Result:
        pipe = kept.pipe
        if not pipe.settled:
            raise errors.busy(pipe.name, pipe.current)
        changed = msgspec.structs.replace(
            pipe,
            desired=desired,
            current=state,
            reason="",
            modified=ctx.clock.now(),
            generation=pipe.generation + 1,
            **changes,
        )
        if desired != DELETED:
            await self._checks.pipe(changed)
        try:
            await self._repository.put(changed, kept)
        except Conflict:
            raise errors.changed_meanwhile(pipe.name) from None
        self._settling.settle(changed)
        return render.change(changed)

    async def _kept(self, ctx: Context, params: Params) -> Kept:
        return await _found(self._repository, Place(ctx.account, ctx.region), params["Name"])


class Tags:
    """TagResource, UntagResource, ListTagsForResource."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("TagResource")
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Tag a pipe."""
        kept = await self._kept(params)
        return await self._write(kept, _tagged(kept.pipe.tags, params["tags"]))

    @operation("UntagResource")
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags from a pipe."""
        kept = await self._kept(params)
        return await self._write(
            kept, {key: value for key, value in kept.pipe.tags.items() if key not in params["tagKeys"]}
        )

    @operation("ListTagsForResource")
    async def list_tags(self, ctx: Context, params: Params) -> Result:
        """The tags of a pipe."""
        return {"tags": (await self._kept(params)).pipe.tags}

    async def _kept(self, params: Params) -> Kept:
        _, _, _, region, account, resource = params["resourceArn"].split(":", 5)
        return await _found(self._repository, Place(account, region), resource.partition("/")[2])

    async def _write(self, kept: Kept, tags: dict[str, str]) -> Result:
        try:
            await self._repository.put(msgspec.structs.replace(kept.pipe, tags=tags), kept)
        except Conflict:
            raise errors.changed_meanwhile(kept.pipe.name) from None
        return {}


async def _found(repository: Repository, at: Place, name: str) -> Kept:
    kept = await repository.pipe(at, name)
    if kept is None:
        raise errors.no_such_pipe(name)
    return kept


def _given(params: Params) -> dict[str, Any]:
    """What a request says of a pipe, by our names."""
    return {ours: params[theirs] for theirs, ours in _MEMBERS.items() if params.get(theirs) is not None}


def _tagged(tags: dict[str, str], more: Mapping[str, str] | None) -> dict[str, str]:
    found = tags | dict(more or {})
    if len(found) > limits.TAGS:
        raise errors.quota("tags", limits.TAGS)
    return found


def _position(params: Params) -> str:
    """The name behind which a page starts. Raises ApiError."""
    try:
        return b64decode((params.get("NextToken") or "").encode(), b"-_", validate=True).decode()
    except (Base64Error, ValueError):
        raise errors.bad_token() from None


def _wanted(pipe: Pipe, params: Params) -> bool:
    return (
        pipe.source.startswith(params.get("SourcePrefix") or "")
        and pipe.target.startswith(params.get("TargetPrefix") or "")
        and params.get("DesiredState") in (None, pipe.desired)
        and params.get("CurrentState") in (None, pipe.current)
    )
