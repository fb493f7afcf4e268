"""StartLiveTail: events as they come, a frame of them a second, as long as somebody reads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from lambent.context import Context
from lambent.observe.log_following import Tail
from lambent.observe.log_lines import LogEvent
from lambent.observe.log_names import Group
from lambent.services.logs import errors, limits
from lambent.services.logs.archive import Archive, checked
from lambent.services.logs.names import identified
from lambent.services.operation import Params, Result, operation

_FRAME_SECONDS = 1.0

Event = Mapping[str, Mapping[str, Any]]


class LiveTail:
    """Sessions; a few at once."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._sessions = 0
        self._closed = asyncio.Event()

    def close(self) -> None:
        """The server is about to end: so do all sessions."""
        self._closed.set()

    @property
    def closed(self) -> bool:
        """Whether sessions must end."""
        return self._closed.is_set()

    async def pause(self) -> None:
        """Let events come together, or the server end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FRAME_SECONDS):
                await self._closed.wait()

    @operation("StartLiveTail")
    async def start(self, ctx: Context, params: Params) -> Result:
        """Begin to tell."""
        names, prefixes = params.get("logStreamNames") or (), params.get("logStreamNamePrefixes") or ()
        identifiers = params["logGroupIdentifiers"]
        if names and prefixes:
            raise errors.both("logStreamNames", "logStreamNamePrefixes")
        if (names or prefixes) and len(identifiers) > 1:
            raise errors.invalid("Streams can be named when the session is about one log group.")
        if not all(each.startswith("arn:") for each in identifiers):
            raise errors.invalid("logGroupIdentifiers must be ARNs of log groups.")
        checked(params.get("logEventFilterPattern", ""))
        groups = [await self._archive.there(identified(ctx, each)) for each in identifiers]
        if self._sessions >= limits.TAIL_SESSIONS:
            raise errors.over_limit("live tail sessions")
        return {"responseStream": _Session(self, ctx, groups, params)}

    def began(self) -> None:
        """A session is read from."""
        self._sessions += 1

    def ended(self) -> None:
        """Nobody reads it any more."""
        self._sessions -= 1

    async def follow(self, group: Group) -> Tail:
        """What comes to a group from now on. Raises PlatformError."""
        return await self._archive.store.tail(group)


class _Session:
    """An asynchronous iterator of events. Reads begin with its first step; closing it ends them."""

    def __init__(self, tail: LiveTail, ctx: Context, groups: Sequence[Group], params: Params) -> None:
        self._events = self._told(tail, ctx, groups, params)

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._events

    async def aclose(self) -> None:
        """Nobody reads on. Idempotent."""
        await self._events.aclose()  # type: ignore[attr-defined]

    async def _told(
        self, tail: LiveTail, ctx: Context, groups: Sequence[Group], params: Params
    ) -> AsyncIterator[Event]:
        waiting: list[dict[str, Any]] = []
        sampled = False
        match = checked(params.get("logEventFilterPattern", "")).match
        names, prefixes = params.get("logStreamNames") or (), tuple(params.get("logStreamNamePrefixes") or ())

        async def listen(group: Group, comes: Tail) -> None:
            nonlocal sampled
            async for event in comes:
                if (names and event.stream not in names) or (prefixes and not event.stream.startswith(prefixes)):
                    continue
                if match(event.message) is None:
                    continue
                if len(waiting) < limits.TAIL_EVENTS:
                    waiting.append(_shown(group, event))
                else:
                    sampled = True

        tails: list[Tail] = []
        listeners: list[asyncio.Task[None]] = []
        tail.began()
        ends = ctx.clock.monotonic() + limits.TAIL_HOURS * 3600
        try:
            for group in groups:
                tails.append(await tail.follow(group))
                listeners.append(asyncio.create_task(listen(group, tails[-1]), name="live tail"))
            yield {"sessionStart": _start(ctx, params)}
            while ctx.clock.monotonic() < ends and not tail.closed:
                await tail.pause()
                results, was_sampled = [*waiting], sampled
                waiting.clear()
                sampled = False
                yield {"sessionUpdate": {"sessionMetadata": {"sampled": was_sampled}, "sessionResults": results}}
            yield {"SessionTimeoutException": {"message": "The session has ended."}}
        finally:
            tail.ended()
            for listener in listeners:
                listener.cancel()
            if listeners:
                await asyncio.wait(listeners)
            for comes in tails:
                await comes.aclose()


def _start(ctx: Context, params: Params) -> dict[str, Any]:
    return {
        "requestId": ctx.request_id,
        "sessionId": ctx.ids.request_id(),
        "logGroupIdentifiers": params["logGroupIdentifiers"],
        "logStreamNames": params.get("logStreamNames") or [],
        "logStreamNamePrefixes": params.get("logStreamNamePrefixes") or [],
        "logEventFilterPattern": params.get("logEventFilterPattern", ""),
    }


def _shown(group: Group, event: LogEvent) -> dict[str, Any]:
    return {
        "logStreamName": event.stream,
        "logGroupIdentifier": f"{group.account}:{group.name}",
        "message": event.message,
        "timestamp": event.timestamp_ms,
        "ingestionTime": event.ingested_ms,
    }
