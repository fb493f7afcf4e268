"""Events: taken in, and told again: of one stream, or of all that match."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from lambent.context import Context
from lambent.observe.log_files import LogFiles
from lambent.observe.log_lines import Found
from lambent.observe.log_names import Group
from lambent.observe.log_search import FOREVER
from lambent.services.logs import errors, limits
from lambent.services.logs.archive import Archive
from lambent.services.logs.names import event_id, event_token, group_of, read_event_token, read_token, token
from lambent.services.operation import Params, Result, operation

NEXT_TOKEN = "49613307418249047605310503294480746955560574002022252546"
"""Sequence tokens mean nothing any more; clients may still want one."""


class Events:
    """Events of every stream."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @operation("PutLogEvents", body_limit=16 * 1024 * 1024)
    async def put(self, ctx: Context, params: Params) -> Result:
        """Store a batch. On return it is on the disk; `sequenceToken` is not looked at, as on AWS."""
        if params.get("entity"):
            raise errors.unsupported("entity", "there is no related telemetry")
        group, stream, events = group_of(ctx, params), params["logStreamName"], params["logEvents"]
        _check(events)
        if not await self._archive.store.look(LogFiles.has, group, stream):
            await self._archive.there(group)
            if not await self._archive.store.ask(LogFiles.has, group, stream):
                raise errors.no_stream()
        now_ms = int(ctx.clock.now() * 1000)
        days = (await self._archive.settings(group)).retention_days
        kept, rejected = _sifted(events, now_ms, days)
        if kept and not await self._archive.store.put(group, stream, kept):
            raise errors.busy()
        result: dict[str, Any] = {"nextSequenceToken": NEXT_TOKEN}
        if rejected:
            result["rejectedLogEventsInfo"] = rejected
        return result

    @operation("GetLogEvents")
    async def get(self, ctx: Context, params: Params) -> Result:
        """A page of one stream, with tokens that lead on in both directions."""
        _check_unmask(params)
        group, stream = await self._archive.group(ctx, params), params["logStreamName"]
        if not await self._archive.store.ask(LogFiles.has, group, stream):
            raise errors.no_stream()
        newest, beyond = not params.get("startFromHead"), None
        if given := params.get("nextToken"):
            direction, time, position = read_event_token(given)
            newest, beyond = direction == "b", (time, stream, position)
        page = await self._archive.page(
            group,
            [stream],
            start_ms=params.get("startTime", 0),
            end_ms=params.get("endTime", FOREVER),
            limit=params.get("limit", limits.EVENTS),
            beyond=beyond,
            newest=newest,
        )
        events = page.events
        if events:
            backward = event_token("b", events[0].timestamp_ms, events[0].position)
            forward = event_token("f", events[-1].timestamp_ms, events[-1].position)
        else:
            time, _, position = beyond or (0, stream, 0)
            if page.next is not None:  # nothing was found yet, but not everything was looked through
                time, position = page.next[0], max(page.next[2], 0)
            # Whoever turns round finds the event again behind which, or before which, there was none.
            backward = event_token("b", time, position + (not newest))
            forward = event_token("f", time, position) if not newest else _just_before(time, position)
        return {
            "events": [_shown(each) for each in events],
            "nextBackwardToken": backward,
            "nextForwardToken": forward,
        }

    @operation("FilterLogEvents")
    async def filter(self, ctx: Context, params: Params) -> Result:
        """Events of many streams that match, in the order of their times."""
        _check_unmask(params)
        group = await self._archive.group(ctx, params)
        newest, beyond = params.get("startFromHead") is False, None
        if params.get("nextToken"):
            newest, beyond = read_token(params["nextToken"], tuple[bool, tuple[int, str, int]])
        page = await self._archive.page(
            group,
            await self._streams(group, params),
            start_ms=params.get("startTime", 0),
            end_ms=params["endTime"] + 1 if "endTime" in params else FOREVER,
            pattern=params.get("filterPattern", ""),
            limit=params.get("limit", limits.EVENTS),
            beyond=beyond,
            newest=newest,
        )
        events = [{**_shown(each), "logStreamName": each.stream, "eventId": event_id(each)} for each in page.events]
        result: dict[str, Any] = {"events": events[::-1] if newest else events, "searchedLogStreams": []}
        if page.next is not None:
            result["nextToken"] = token((newest, page.next))
        return result

    async def _streams(self, group: Group, params: Params) -> Sequence[str]:
        names, prefix = params.get("logStreamNames"), params.get("logStreamNamePrefix")
        if names and prefix:
            raise errors.both("logStreamNames", "logStreamNamePrefix")
        there = await self._archive.store.ask(LogFiles.streams, group)
        if names:
            if not set(names) <= set(there):
                raise errors.no_stream()
            return sorted(set(names))
        return [name for name in there if name.startswith(prefix or "")]


def _just_before(time_ms: int, position: int) -> str:
    return event_token("f", time_ms, position - 1) if position else event_token("f", max(0, time_ms - 1), 10**39)


def _check(events: Sequence[Params]) -> None:
    """Order, sizes, and the time that a batch spans. Raises ApiError."""
    sizes = [len(event["message"].encode(errors="replace")) + limits.EVENT_COST for event in events]
    if max(sizes) > limits.EVENT_BYTES:
        raise errors.event_too_large(max(sizes), limits.EVENT_BYTES)
    if sum(sizes) > limits.BATCH_BYTES:
        raise errors.batch_too_large(sum(sizes), limits.BATCH_BYTES)
    times = [event["timestamp"] for event in events]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise errors.unordered()
    if times[-1] - times[0] > limits.BATCH_HOURS * limits.HOUR_MS:
        raise errors.too_long()


def _sifted(events: Sequence[Params], now_ms: int, days: int | None) -> tuple[list[tuple[int, str]], dict[str, int]]:
    """What is stored, and where what is not ends or begins: too old, expired, too new."""
    too_old = now_ms - limits.PAST_DAYS * limits.DAY_MS
    expired = 0 if days is None else now_ms - days * limits.DAY_MS
    too_new = now_ms + limits.FUTURE_HOURS * limits.HOUR_MS
    times = [event["timestamp"] for event in events]
    rejected = {}
    if old := sum(time < too_old for time in times):
        rejected["tooOldLogEventEndIndex"] = old
    if gone := sum(time < expired for time in times):
        rejected["expiredLogEventEndIndex"] = gone
    if new := sum(time > too_new for time in times):
        rejected["tooNewLogEventStartIndex"] = len(times) - new
    kept = events[max(old, gone) : len(times) - new]
    return [(event["timestamp"], event["message"]) for event in kept], rejected


def _check_unmask(params: Params) -> None:
    if params.get("unmask"):
        raise errors.unsupported("unmask", "nothing is masked")


def _shown(event: Found) -> dict[str, Any]:
    return {"timestamp": event.timestamp_ms, "message": event.message, "ingestionTime": event.ingested_ms}
