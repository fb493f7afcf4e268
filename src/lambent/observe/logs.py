"""Log lines of functions: taken in memory, appended to files behind the caller's back, read and followed.

Never blocks and never fails a caller of `LogStream.write`; never calls fsync. What was flushed survives
`kill -9`; what was not, `FLUSH_SECONDS` of lines at most, does not. Files are `log_files`' business.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from lambent.context import Clock
from lambent.model.errors import PlatformError
from lambent.observe.log_files import Group, LogEvent, LogFiles

FLUSH_SECONDS = 0.2
FLUSH_BYTES = 1024 * 1024
"""A flush begins this long after the first line that waits, or once so many bytes wait."""

BUFFER_BYTES = 32 * 1024 * 1024
"""What may wait for a slow disk, all streams together; lines above that are dropped and counted."""

_LINE_COST = 64
"""What a waiting line is taken to cost besides its characters."""

T = TypeVar("T")
P = ParamSpec("P")

_Batch = list[tuple["LogStream", list[tuple[int, str]]]]

_log = logging.getLogger(__name__)


class LogStream:
    """One environment's log. Made by `LogStore.stream`; used from the event loop only."""

    __slots__ = ("_reported", "_size", "_store", "_waiting", "dropped", "group", "name")

    def __init__(self, store: LogStore, group: Group, name: str) -> None:
        self._store = store
        self._waiting: list[tuple[int, str]] = []
        self._size = 0
        self._reported = 0
        self.group = group
        self.name = name
        self.dropped = 0
        """Lines lost so far: the disk did not keep up, or the store was closed."""

    def write(self, timestamp_ms: int, message: str) -> None:
        """Add one event, epoch milliseconds and text without a line end. In its file some 200 ms later.

        What waits of one stream may be as much as is left for all: streams that flood leave room for those that do not.
        """
        store = self._store
        size = len(message) + _LINE_COST
        if self._size + size > store.capacity - store.buffered:
            self.dropped += 1
            return
        self._size += size
        store.buffered += size
        if not self._waiting:
            store.touch(self)
        self._waiting.append((timestamp_ms, message))
        if store.buffered >= FLUSH_BYTES:
            store.hurry()

    def take(self, now_ms: int) -> list[tuple[int, str]]:
        """What waits, for the store to write; after it a line that tells of drops not yet told of."""
        lines, self._waiting, self._size = self._waiting, [], 0
        if self.dropped > self._reported:
            lost, self._reported = self.dropped - self._reported, self.dropped
            lines.append((now_ms, f"[lambent] {lost} log lines were dropped here: the disk did not keep up"))
        return lines


@dataclass(slots=True, eq=False)
class _Follower:
    """Streams that grew since the follower last looked."""

    grown: set[str] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class LogStore:
    """The logs below `root`. Open it with `async with`; leaving it writes what still waits.

    `buffered` and `capacity` are bytes; `capacity` is 0 while the store is not open.
    """

    def __init__(self, root: Path, clock: Clock) -> None:
        self._files = LogFiles(root)
        self._clock = clock
        self._touched: list[LogStream] = []
        self._dirty = asyncio.Event()
        self._urgent = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._flush_asked: list[asyncio.Future[None]] = []
        self._flusher: asyncio.Task[None] | None = None
        # Its own: the shared threads may be unpacking packages for seconds.
        self._appender = ThreadPoolExecutor(1, "lambent-logs")
        self._followers: dict[Group, set[_Follower]] = {}
        self._closed = False
        self.buffered = 0
        self.capacity = 0

    async def __aenter__(self) -> Self:
        self.capacity = BUFFER_BYTES
        self._flusher = asyncio.create_task(self._flush_while_open(), name="flush logs")
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.capacity = 0
        self._dirty.set()
        self._urgent.set()
        if self._flusher is not None:
            await self._flusher
        self._appender.shutdown()
        self._closed = True
        for followers in self._followers.values():
            for follower in followers:
                follower.wake.set()

    def stream(self, account: str, region: str, group: str, name: str) -> LogStream:
        """The stream `name` of a log group; its file is made when the first line is flushed."""
        return LogStream(self, Group(account, region, group), name)

    async def flush(self) -> None:
        """Append all that was written before the call; on return readers see it."""
        if self.buffered:
            done = asyncio.get_running_loop().create_future()
            self._flush_asked.append(done)
            self._dirty.set()
            self._urgent.set()
            await done

    async def read(
        self, account: str, region: str, group: str, *, start_ms: int | None = None, limit: int = 1000
    ) -> list[LogEvent]:
        """The newest `limit` events of the group, no older than `start_ms`, oldest first; sees every earlier write."""
        await self.flush()
        name = Group(account, region, group)
        return await _in_thread(self._files.newest, name, start_ms=start_ms, limit=limit)

    async def follow(
        self, account: str, region: str, group: str, *, start_ms: int | None = None, limit: int = 0
    ) -> AsyncIterator[LogEvent]:
        """What `read` gives, then every later event of every stream, new ones too, until the store closes.

        Nothing is missed or told twice between the two. Follows from the first iteration on; close the
        iterator (`contextlib.aclosing`) when done.
        """
        name = Group(account, region, group)
        follower = _Follower()
        await self.flush()
        async with self._flushing:
            past = await _in_thread(self._files.newest, name, start_ms=start_ms, limit=limit)
            positions = await _in_thread(self._files.sizes, name)
            self._followers.setdefault(name, set()).add(follower)
        try:
            for event in past:
                yield event
            while True:
                grown, follower.grown = follower.grown, set()
                events, unread = await _in_thread(self._read_on, name, grown, positions)
                for event in events:
                    yield event
                follower.grown |= unread
                if not follower.grown:
                    if self._closed:
                        return
                    await follower.wake.wait()
                    follower.wake.clear()
        finally:
            self._followers[name].discard(follower)
            if not self._followers[name]:
                del self._followers[name]

    async def groups(self, account: str, region: str) -> list[str]:
        """Names of the log groups that have at least one event, sorted."""
        await self.flush()
        return await _in_thread(self._files.groups, account, region)

    async def streams(self, account: str, region: str, group: str) -> list[str]:
        """Names of the group's streams that have at least one event, sorted."""
        await self.flush()
        return await _in_thread(self._files.streams, Group(account, region, group))

    def touch(self, stream: LogStream) -> None:
        """`LogStream` says that lines wait where none did."""
        self._touched.append(stream)
        self._dirty.set()

    def hurry(self) -> None:
        """`LogStream` says that much waits."""
        self._urgent.set()

    def _read_on(self, group: Group, grown: set[str], positions: dict[str, int]) -> tuple[list[LogEvent], set[str]]:
        """One portion of each stream that grew, by time, and the streams of which more may be left."""
        events: list[LogEvent] = []
        unread = set()
        for stream in sorted(grown):
            portion, positions[stream] = self._files.since(group, stream, positions.get(stream, 0))
            events += portion
            if portion:
                unread.add(stream)
        return sorted(events, key=lambda event: event.timestamp_ms), unread

    async def _flush_while_open(self) -> None:
        while self.capacity or self._touched:
            await self._dirty.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._urgent.wait()
            self._dirty.clear()
            self._urgent.clear()
            asked, self._flush_asked = self._flush_asked, []
            async with self._flushing:
                await self._flush()
            for done in asked:
                if not done.done():
                    done.set_result(None)

    async def _flush(self) -> None:
        """Write what waits. Only the flusher does this, one flush at a time: all of `buffered` waits when it begins."""
        touched, self._touched = self._touched, []
        size = self.buffered
        now_ms = int(self._clock.now() * 1000)
        batch = [(stream, stream.take(now_ms)) for stream in touched]
        await asyncio.get_running_loop().run_in_executor(self._appender, self._append, batch)
        self.buffered -= size
        for stream in touched:
            for follower in self._followers.get(stream.group, ()):
                follower.grown.add(stream.name)
                follower.wake.set()

    def _append(self, batch: _Batch) -> None:
        for stream, lines in batch:
            try:
                self._files.append(stream.group, stream.name, lines)
            except OSError as error:
                stream.dropped += len(lines)
                _log.error("%d lines of log stream %s were lost: %s", len(lines), stream.name, error)


async def _in_thread(read: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Run `read` in a thread; what the file system refuses becomes PlatformError."""
    try:
        return await asyncio.to_thread(read, *arguments, **options)
    except OSError as error:
        raise PlatformError(f"cannot read logs: {error}") from error
