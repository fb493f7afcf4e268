"""Log lines of functions: taken in memory, appended to files behind the caller's back, read and followed.

Never blocks and never fails a caller of `LogStream.write`; never calls fsync for it. What was flushed survives
`kill -9`; what was not, `FLUSH_SECONDS` of lines at most, does not. What was `put` is on the disk when that returns.
Files are `log_files`' business, which of them to read for a question `log_search`'s, who follows them
`log_following`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from lambent.context import Clock
from lambent.model.errors import PlatformError
from lambent.observe import log_search
from lambent.observe.log_files import Group, LogEvent, LogFiles
from lambent.observe.log_following import Following, Tail
from lambent.observe.log_permits import Permits
from lambent.observe.log_search import Page, Place, Wanted
from lambent.observe.log_stream import LINE_COST, Lines, LogStream

FLUSH_SECONDS = 0.2
"""A flush begins this long after the first line that waits, or once `FLUSH_BYTES` wait."""

BUFFER_BYTES = 32 * 1024 * 1024
"""What may wait for a slow disk, all streams together; lines above that are dropped and counted."""

SEARCHES = 1
"""Pages that are looked for at once; more wait, since all share the interpreter with invocations."""

READS = 3
"""Other reads at once: of a group with a million streams one may take seconds, and all parts share the threads."""

T = TypeVar("T")
P = ParamSpec("P")

_Batch = list[tuple[LogStream, Lines]]

Watcher = Callable[[Group, str], None]
"""Told of a group and a stream of it that has grown; on the event loop, must return at once."""

Tapped = Callable[[Group, Lines], None]
"""Told of lines of a group; on the event loop, must return at once."""

Copied = Callable[[Group, str, Lines], None]
"""Told of lines of a group's stream; on the event loop, must return at once."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Sent:
    """Events that somebody waits for to be on the disk."""

    group: Group
    stream: str
    lines: Lines
    size: int
    stored: asyncio.Future[None]


class LogStore:
    """The logs below `root`. Open it with `async with`; leaving it writes what still waits.

    `buffered` and `capacity` are bytes; `capacity` is 0 while the store is not open.
    """

    def __init__(self, root: Path, clock: Clock, permits: Permits | None = None) -> None:
        """`permits` judges the roles of streams; without, all may write."""
        self._files = LogFiles(root)
        self._clock = clock
        self._permits = permits
        self._sent: list[_Sent] = []
        self._tidying: asyncio.Task[None] | None = None
        self._watchers: list[Watcher] = []
        self._mark = ""
        self._tapped: Tapped = _nobody
        self._copied: Copied | None = None
        self._touched: list[LogStream] = []
        self._dirty = asyncio.Event()
        self._urgent = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._flush_asked: list[asyncio.Future[None]] = []
        self._flusher: asyncio.Task[None] | None = None
        # Its own: the shared threads may be unpacking packages for seconds.
        self._appender = ThreadPoolExecutor(1, "lambent-logs")
        self._searcher = ThreadPoolExecutor(SEARCHES, "lambent-log-search")
        self._reading = asyncio.Semaphore(READS)
        self._following = Following(self._read)
        self.buffered = 0
        self.capacity = 0

    async def __aenter__(self) -> Self:
        self.capacity = BUFFER_BYTES
        await self._read(LogFiles.recover)
        self._flusher = asyncio.create_task(self._flush_while_open(), name="flush logs")
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.capacity = 0
        self._dirty.set()
        self._urgent.set()
        if self._flusher is not None:
            await self._flusher
        if self._tidying is not None:
            await self._tidying
        self._appender.shutdown()
        self._searcher.shutdown()
        self._following.close()

    def stream(
        self, account: str, region: str, group: str, name: str, role: str = "", *, in_json: bool = False
    ) -> LogStream:
        """The stream `name` of a log group; its file is made when the first line is flushed, if `role` may do that.

        `in_json`: what the store itself has to say is JSON.
        """
        return LogStream(self, Group(account, region, group), name, role, in_json=in_json)

    async def put(self, group: Group, stream: str, lines: Lines) -> bool:
        """Store events; on return they outlive a loss of power. False if too much waits. Raises PlatformError."""
        size = sum(len(text) + LINE_COST for _, text in lines)
        if size > self.capacity - self.buffered:
            return False
        sent = _Sent(group, stream, lines, size, asyncio.get_running_loop().create_future())
        self.buffered += size
        self._sent.append(sent)
        self._dirty.set()
        self._urgent.set()
        try:
            await asyncio.shield(sent.stored)
        except OSError as error:
            raise PlatformError(f"cannot store logs: {error}") from error
        return True

    async def change(self, work: Callable[Concatenate[LogFiles, P], T], *arguments: P.args, **options: P.kwargs) -> T:
        """Do what makes or removes files, after all that was written before. Raises PlatformError."""
        await self.flush()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._appender, partial(work, self._files, *arguments, **options))
        except OSError as error:
            raise PlatformError(f"cannot change logs: {error}") from error
        finally:
            self._tidy()

    async def ask(self, look: Callable[Concatenate[LogFiles, P], T], *arguments: P.args, **options: P.kwargs) -> T:
        """What `look` finds in the files; sees every earlier write. Raises PlatformError."""
        await self.flush()
        return await self._read(look, *arguments, **options)

    async def _read(self, look: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Run `look` in a thread; what the file system refuses becomes PlatformError."""
        try:
            async with self._reading:
                return await asyncio.to_thread(look, self._files, *arguments, **options)
        except OSError as error:
            raise PlatformError(f"cannot read logs: {error}") from error

    async def look(self, look: Callable[Concatenate[LogFiles, P], T], *arguments: P.args, **options: P.kwargs) -> T:
        """The same at once, without what is still waiting to be written. Raises PlatformError."""
        return await self._read(look, *arguments, **options)

    async def page(
        self,
        group: Group,
        streams: Sequence[str],
        wanted: Wanted,
        *,
        limit: int,
        beyond: Place | None = None,
        newest: bool = False,
    ) -> Page:
        """See `log_search.page`; sees every earlier write. Raises PlatformError."""
        await self.flush()
        search = partial(
            log_search.page, self._files, group, streams, wanted, limit=limit, beyond=beyond, newest=newest
        )
        try:
            return await asyncio.get_running_loop().run_in_executor(self._searcher, search)
        except OSError as error:
            raise PlatformError(f"cannot read logs: {error}") from error

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Tell `watcher` of every stream that grows; the returned function ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def tap(self, mark: str, tapped: Tapped) -> None:
        """Hand every line that has `mark` in it to `tapped`, as it is written. There is one tap."""
        self._mark, self._tapped = mark, tapped

    def copy(self, copied: Copied) -> None:
        """Hand all that streams of environments take to `copied`, too, once it is written. There is one."""
        self._copied = copied

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
        return await self._read(LogFiles.newest, name, start_ms=start_ms, limit=limit)

    async def follow(
        self, account: str, region: str, group: str, *, start_ms: int | None = None, limit: int = 0
    ) -> AsyncIterator[LogEvent]:
        """What `read` gives, then every later event of every stream, new ones too, until the store closes.

        Nothing is missed or told twice between the two. Follows from the first iteration on; close the
        iterator (`contextlib.aclosing`) when done.
        """
        name = Group(account, region, group)
        await self.flush()
        follower = self._following.begin(name)
        try:
            async with self._flushing:  # what is told of the past must end where what comes begins
                past = await self._read(LogFiles.newest, name, start_ms=start_ms, limit=limit)
                follower.positions = await self._read(LogFiles.sizes, name)
            for event in past:
                yield event
            async for event in self._following.events(name, follower):
                yield event
        finally:
            self._following.end(name, follower)

    async def tail(self, group: Group) -> Tail:
        """What comes of a group's streams, old and new: on return nothing that comes is missed. Close it when done.

        Raises PlatformError.
        """
        await self.flush()
        follower = self._following.begin(group)
        try:
            follower.positions = await self._read(LogFiles.sizes, group)
        except BaseException:
            self._following.end(group, follower)
            raise
        return Tail(self._following, group, follower)

    async def groups(self, account: str, region: str) -> list[str]:
        """Names of the log groups that have at least one event, sorted."""
        await self.flush()
        return await self._read(LogFiles.groups, account, region)

    async def streams(self, account: str, region: str, group: str) -> list[str]:
        """Names of the group's streams that have at least one event, sorted."""
        await self.flush()
        return await self._read(LogFiles.streams, Group(account, region, group))

    def touch(self, stream: LogStream) -> None:
        """`LogStream` says that lines wait where none did."""
        self._touched.append(stream)
        self._dirty.set()

    def hurry(self) -> None:
        """`LogStream` says that much waits."""
        self._urgent.set()

    async def _flush_while_open(self) -> None:
        while self.capacity or self._touched or self._sent:
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
        if self._permits is not None:
            while unknown := [
                each for each in self._touched if each.role and not self._permits.knows(each.group, each.role)
            ]:
                for stream in unknown:
                    await self._permits.learn(stream.group, stream.role, self._files.made)
        touched, self._touched = self._touched, []
        sent, self._sent = self._sent, []
        size = self.buffered
        now_ms = int(self._clock.now() * 1000)
        batch = [(stream, stream.take(now_ms)) for stream in touched]
        if self._permits is not None:
            batch = [(stream, lines) for stream, lines in batch if self._permits.allows(stream.group, stream.role)]
        stored = await asyncio.get_running_loop().run_in_executor(self._appender, self._append, batch, sent, now_ms)
        self.buffered -= size
        if mark := self._mark:
            written = [(each.group, lines) for each, lines in batch] + [(each.group, each.lines) for each in sent]
            for group, lines in written:
                if marked := [line for line in lines if mark in line[1]]:
                    self._tapped(group, marked)
        if self._copied is not None:
            for stream, lines in batch:
                self._copied(stream.group, stream.name, lines)
        for group, name in [
            *((each.group, each.name) for each, _ in batch),
            *((each.group, each.stream) for each in sent),
        ]:
            self._following.grew(group, name)
            for watcher in self._watchers:
                watcher(group, name)
        for future, failure in stored:
            _settle(future, failure)
        self._tidy()

    def _append(
        self, batch: _Batch, sent: Sequence[_Sent], now_ms: int
    ) -> list[tuple[asyncio.Future[None], OSError | None]]:
        """Write it all; how it went with what somebody waits for."""
        for stream, lines in batch:
            try:
                self._files.append(stream.group, stream.name, lines)
            except OSError as error:
                stream.dropped += len(lines)
                _log.error("%d lines of log stream %s were lost: %s", len(lines), stream.name, error)
        stored: list[tuple[asyncio.Future[None], OSError | None]] = []
        for each in sent:
            failure: OSError | None = None
            try:
                self._files.append_durably(each.group, each.stream, each.lines, now_ms)
            except OSError as error:
                failure = error
            stored.append((each.stored, failure))
        return stored

    def _tidy(self) -> None:
        """Let what grows no more be packed, and what was removed go, one after the other, behind everybody's back."""
        if (self._files.unpacked or self._files.removed) and (self._tidying is None or self._tidying.done()):
            self._tidying = asyncio.create_task(self._tidy_all(), name="pack logs")

    async def _tidy_all(self) -> None:
        try:
            while await self._read(LogFiles.pack) or await self._read(LogFiles.clear):
                pass
        except PlatformError as error:
            _log.error("a log file could not be packed: %s", error)


def _nobody(group: Group, lines: Lines) -> None:
    """Is told of lines where there is no tap."""


def _settle(stored: asyncio.Future[None], failure: OSError | None) -> None:
    if not stored.done():
        if failure is None:
            stored.set_result(None)
        else:
            stored.set_exception(failure)
