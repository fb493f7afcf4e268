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
        if await self._archive.store.ask(LogFiles.has, group, name):
            raise errors.exists("log stream")
        await self._archive.store.change(LogFiles.make_stream, group, name, int(ctx.clock.now() * 1000))
        return {}

    @operation("DeleteLogStream")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """A stream with its events."""
        group, name = await self._archive.group(ctx, params), params["logStreamName"]
        if not await self._archive.store.ask(LogFiles.has, group, name):
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
        start = read_token(params["nextToken"], int) if params.get("nextToken") else 0
        end, descending = start + params.get("limit", limits.PAGE), bool(params.get("descending"))
        facts, more = await self._archive.store.ask(page_of, group, prefix, (start, end), by_time, descending)
        result: dict[str, Any] = {"logStreams": [_shown(group, each) for each in facts]}
        if more:
            result["nextToken"] = token(end)
        return result


def page_of(
    files: LogFiles, group: Group, prefix: str, part: tuple[int, int], by_time: bool, descending: bool
) -> tuple[list[StreamFacts], bool]:
    """Part of the streams whose names begin with `prefix`, and whether there are more. In the order of their names only
    those of the part are looked into."""
    names = [name for name in files.streams(group) if name.startswith(prefix)]
    if by_time:
        every = sorted((_facts(files, group, name) for name in names), key=_by_time, reverse=descending)
        return every[slice(*part)], len(every) > part[1]
    names.sort(reverse=descending)
    return [_facts(files, group, name) for name in names[slice(*part)]], len(names) > part[1]


def _by_time(facts: StreamFacts) -> tuple[int, str]:
    return facts.last_ms or 0, facts.name


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
