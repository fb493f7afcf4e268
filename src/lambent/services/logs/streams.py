"""Log streams: made, listed, deleted."""

from __future__ import annotations

from typing import Any, NamedTuple

from lambent.context import Context
from lambent.observe.log_files import LogFiles
from lambent.observe.log_names import Group
from lambent.services.logs import errors, limits
from lambent.services.logs.archive import Archive
from lambent.services.logs.names import read_token, stream_arn, token
from lambent.services.operation import Params, Result, operation


class StreamFacts(NamedTuple):
    """A stream and its times, epoch milliseconds: of its making, of its events, of the last arrival."""

    name: str
    made_ms: int
    first_ms: int | None
    last_ms: int | None
    came_ms: int | None


class Streams:
    """Streams of every group."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @operation("CreateLogStream")
    async def create(self, ctx: Context, params: Params) -> Result:
        """A stream without events."""
        group, name = await self._archive.group(ctx, params), params["logStreamName"]
        if name in await self._archive.store.ask(LogFiles.pieces, group):
            raise errors.exists("log stream")
        await self._archive.store.change(LogFiles.make_stream, group, name, int(ctx.clock.now() * 1000))
        return {}

    @operation("DeleteLogStream")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """A stream with its events."""
        group, name = await self._archive.group(ctx, params), params["logStreamName"]
        if name not in await self._archive.store.ask(LogFiles.pieces, group):
            raise errors.no_stream()
        await self._archive.store.change(LogFiles.remove_stream, group, name)
        return {}

    @operation("DescribeLogStreams")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """Streams by their names, or by the times of their last events."""
        group = await self._archive.group(ctx, params)
        prefix = params.get("logStreamNamePrefix", "")
        by_time = params.get("orderBy") == "LastEventTime"
        if by_time and prefix:
            raise errors.order_with_prefix()
        facts = await self._archive.store.ask(facts_of, group, prefix)
        ordered = sorted(
            ((each.last_ms or 0 if by_time else 0, each.name, each) for each in facts),
            reverse=bool(params.get("descending")),
        )
        start = read_token(params["nextToken"], int) if params.get("nextToken") else 0
        end = start + params.get("limit", limits.PAGE)
        result: dict[str, Any] = {"logStreams": [_shown(group, each) for *_, each in ordered[start:end]]}
        if end < len(ordered):
            result["nextToken"] = token(end)
        return result


def facts_of(files: LogFiles, group: Group, prefix: str = "") -> list[StreamFacts]:
    """What the files say of the streams whose names begin with `prefix`."""
    return [_facts(files, group, name) for name in files.streams(group) if name.startswith(prefix)]


def _facts(files: LogFiles, group: Group, name: str) -> StreamFacts:
    blocks = [block for _, _, blocks in files.opened(group, name) for block in blocks if block.count]
    made = files.head(group, name)
    if not blocks:
        return StreamFacts(name, made or 0, None, None, None)
    first, last = min(each.first_ms for each in blocks), max(each.last_ms for each in blocks)
    return StreamFacts(name, first if made is None else made, first, last, files.last_came(group, name))


def _shown(group: Group, facts: StreamFacts) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logStreamName": facts.name,
        "creationTime": facts.made_ms,
        "arn": stream_arn(group, facts.name),
        "storedBytes": 0,  # as on AWS, since 2019
    }
    if facts.first_ms is not None:
        shown |= {
            "firstEventTimestamp": facts.first_ms,
            "lastEventTimestamp": facts.last_ms,
            "lastIngestionTime": facts.came_ms,
            "uploadSequenceToken": f"{facts.came_ms or 0:056d}",
        }
    return shown
