"""Queries of Logs Insights: begun, watched, stopped. Each runs in a process of its own (`insights.worker`).

What came of them is kept in memory, of the last few hundred; a restart of the server forgets it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any, Self

import msgspec

from lambent.context import Context
from lambent.observe.log_names import Group
from lambent.services.access import Place
from lambent.services.logs import errors, limits
from lambent.services.logs.archive import Archive
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.query import Query
from lambent.services.logs.insights.rows import row
from lambent.services.logs.insights.values import text
from lambent.services.logs.insights.worker import Outcome, Task
from lambent.services.logs.names import identified, pointer, read_pointer, read_token, token
from lambent.services.logs.pages import page
from lambent.services.operation import Params, Result, operation

_WORKER = "lambent.services.logs.insights.worker"
_SAMPLE = 1000


class Asked(msgspec.Struct):
    """A query and what has become of it; times in milliseconds since the epoch."""

    id: str
    at: Place
    groups: list[Group]
    text: str
    made_ms: int
    status: str = "Scheduled"
    outcome: Outcome = msgspec.field(default_factory=Outcome)
    ended_ms: int = 0


class Queries:
    """StartQuery and what belongs to it. Open it with `async with`; leaving it ends every query."""

    def __init__(self, archive: Archive, root: Path) -> None:
        self._archive = archive
        self._root = root
        self._asked: OrderedDict[str, Asked] = OrderedDict()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(limits.QUERIES_AT_ONCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        running = [*self._running.values()]
        for each in running:
            each.cancel()
        if running:
            await asyncio.wait(running)

    @operation("StartQuery")
    async def start(self, ctx: Context, params: Params) -> Result:
        """Ask the events of some groups and of a time, in seconds."""
        _check_language(params)
        groups = await self._groups(ctx, params)
        if params["startTime"] > params["endTime"]:
            raise errors.invalid("Query's start date must be before its end date.")
        now_ms, limit = int(ctx.clock.now() * 1000), params.get("limit", limits.QUERY_ROWS)
        try:
            Query(params["queryString"], now_ms=now_ms, limit=limit)
        except Malformed as error:
            raise errors.malformed_query(str(error)) from None
        task = Task(
            root=str(self._root),
            account=ctx.account,
            region=ctx.region,
            groups=[(group.name, await self._archive.oldest(group)) for group in groups],
            start_ms=params["startTime"] * 1000,
            end_ms=params["endTime"] * 1000 + 999,
            query=params["queryString"],
            limit=limit,
            now_ms=now_ms,
            memory=limits.QUERY_MEMORY,
            seconds=int(limits.QUERY_SECONDS),
        )
        asked = Asked(ctx.ids.request_id(), Place(ctx.account, ctx.region), groups, params["queryString"], now_ms)
        self._asked[asked.id] = asked
        while len(self._asked) > limits.QUERIES_KEPT:
            if self._asked[next(iter(self._asked))].status in ("Scheduled", "Running"):
                del self._asked[asked.id]
                raise errors.over_limit("queries at once")
            self._asked.popitem(last=False)
        self._running[asked.id] = asyncio.create_task(self._run(asked, task), name="query logs")
        return {"queryId": asked.id}

    @operation("GetQueryResults")
    async def results(self, ctx: Context, params: Params) -> Result:
        """What came of a query."""
        asked = self._own(ctx, params)
        outcome = asked.outcome
        start = read_token(params["nextToken"], int) if params.get("nextToken") else 0
        end = start + (params.get("maxItems") or limits.QUERY_ROWS)
        result: dict[str, Any] = {
            "queryLanguage": "CWLI",
            "results": outcome.rows[start:end],
            "status": asked.status,
            "statistics": {
                "recordsMatched": float(outcome.matched),
                "recordsScanned": float(outcome.scanned),
                "bytesScanned": float(outcome.size),
                "logGroupsScanned": float(len(asked.groups)),
                "resultCount": float(len(outcome.rows)),
            },
        }
        if end < len(outcome.rows):
            result["nextToken"] = token(end)
        return result

    @operation("StopQuery")
    async def stop(self, ctx: Context, params: Params) -> Result:
        """End a query that runs."""
        asked = self._own(ctx, params)
        running = self._running.get(asked.id)
        if running is None:
            raise errors.not_running()
        running.cancel()
        await asyncio.wait([running])
        self._running.pop(asked.id, None)  # it may not have begun
        asked.status, asked.ended_ms = "Cancelled", int(ctx.clock.now() * 1000)
        return {"success": True}

    @operation("DescribeQueries")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """The last queries."""
        _check_language(params)
        found = [
            each
            for each in self._asked.values()
            if each.at == Place(ctx.account, ctx.region)
            and params.get("status") in (None, each.status)
            and (not (name := params.get("logGroupName")) or any(group.name == name for group in each.groups))
        ]
        return page(params, "queries", found, lambda each: each.id, _shown, size="maxResults", usual=1000)

    @operation("GetLogRecord")
    async def record(self, ctx: Context, params: Params) -> Result:
        """All fields of the event that `@ptr` points at."""
        if params.get("unmask"):
            raise errors.unsupported("unmask", "nothing is masked")
        name, (time, stream, position) = read_pointer(params["logRecordPointer"])
        group = await self._archive.there(Group(ctx.account, ctx.region, name))
        found = await self._archive.page(
            group, [stream], start_ms=time, end_ms=time + 1, limit=1, beyond=(time, stream, position - 1)
        )
        if not found.events or found.events[0].position != position:
            raise errors.gone("log record")
        (event,) = found.events
        fields = row(event, group=name, account=ctx.account, pointer=pointer(group, event))
        fields.discover()
        return {"logRecord": {key: text(value) for key, value in fields.items() if value is not None}}

    @operation("GetLogGroupFields")
    async def fields(self, ctx: Context, params: Params) -> Result:
        """The fields of the last events, and how many of these have them, in per cent."""
        group = await self._archive.group(ctx, params)
        streams = sorted(await self._archive.store.ask(lambda files: files.streams(group)))
        centre = params.get("time")
        bounds = {} if centre is None else {"start_ms": (centre - 480) * 1000, "end_ms": (centre + 480) * 1000}
        found = await self._archive.page(group, streams, limit=_SAMPLE, newest=True, **bounds)
        counts: dict[str, int] = {}
        for event in found.events:
            fields = row(event, group=group.name, account=ctx.account, pointer="")
            fields.discover()
            for key in fields:
                counts[key] = counts.get(key, 0) + 1
        shown = [{"name": key, "percent": count * 100 // len(found.events)} for key, count in sorted(counts.items())]
        return {"logGroupFields": [each for each in shown if each["name"] != "@ptr"]}

    async def _run(self, asked: Asked, task: Task) -> None:
        try:
            async with self._places:
                asked.status = "Running"
                await self._archive.store.flush()
                async with asyncio.timeout(limits.QUERY_SECONDS):
                    asked.outcome = await _work(task)
                asked.status = "Failed" if asked.outcome.failure else "Complete"
        except TimeoutError:
            asked.status = "Timeout"
        except (OSError, msgspec.DecodeError):  # killed by what it may take of the machine, or not begun
            asked.status = "Failed"
        finally:
            asked.ended_ms = int(self._archive.clock.now() * 1000)
            self._running.pop(asked.id, None)

    async def _groups(self, ctx: Context, params: Params) -> list[Group]:
        name, names, identifiers = (params.get(key) for key in ("logGroupName", "logGroupNames", "logGroupIdentifiers"))
        if sum(each is not None for each in (name, names, identifiers)) != 1:
            raise errors.invalid("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be given.")
        wanted = [name] if name is not None else names or identifiers or []
        if not 1 <= len(wanted) <= limits.QUERY_GROUPS:
            raise errors.invalid(f"A query is about 1 to {limits.QUERY_GROUPS} log groups.")
        return [await self._archive.there(identified(ctx, each)) for each in dict.fromkeys(wanted)]

    def _own(self, ctx: Context, params: Params) -> Asked:
        asked = self._asked.get(params["queryId"])
        if asked is None or asked.at != Place(ctx.account, ctx.region):
            raise errors.gone("query")
        return asked


async def _work(task: Task) -> Outcome:
    """Run the worker. Raises OSError, DecodeError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        _WORKER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        told, _ = await process.communicate(msgspec.json.encode(task))
        return msgspec.json.decode(told, type=Outcome)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _check_language(params: Params) -> None:
    if params.get("queryLanguage", "CWLI") != "CWLI":
        raise errors.unsupported(f"queryLanguage {params['queryLanguage']}", "queries are in the language of Insights")


def _shown(asked: Asked) -> dict[str, Any]:
    return {
        "queryLanguage": "CWLI",
        "queryId": asked.id,
        "queryString": asked.text,
        "status": asked.status,
        "createTime": asked.made_ms,
        "logGroupName": asked.groups[0].name,
        "bytesScanned": float(asked.outcome.size),
        "queryDuration": max(0, asked.ended_ms - asked.made_ms),
    }
