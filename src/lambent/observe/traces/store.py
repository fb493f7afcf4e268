"""Segments in one SQLite file, by trace. What `put` has returned after survives `kill -9`."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Self

from lambent.context import Clock
from lambent.model.errors import PlatformError
from lambent.observe.flusher import Flusher
from lambent.observe.traces.segments import BadSegment, Segment, parse
from lambent.sqlite import Database

KEPT_SECONDS = 30 * 86_400
AGEING_SECONDS = 3600
FLUSH_SECONDS = 1.0
MOST_WAITING = 20_000
"""Segments that may wait for the disk; more are dropped and counted."""

MOST_WAITING_BYTES = 64 * 1024 * 1024
"""Of their documents likewise: one may have 64 KB."""

MOST_OF_TRACE = 2000
"""Segments of one trace that are read back."""

_SCHEMA = (
    "CREATE TABLE segments (account TEXT NOT NULL, region TEXT NOT NULL, trace TEXT NOT NULL, id TEXT NOT NULL,"
    " start REAL NOT NULL, document TEXT NOT NULL, PRIMARY KEY (account, region, trace, id)) WITHOUT ROWID",
    "CREATE INDEX segments_by_time ON segments (account, region, start)",
)


Watcher = Callable[[str, str, Segment], None]
"""(account, region, segment); must return at once."""


def _nobody(account: str, region: str, segment: Segment) -> None:
    """Is told where nobody watches."""


class TraceStore:
    """Open it with `async with`; leaving it writes what still waits."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._database = Database(path, _SCHEMA, version=1, failure=PlatformError)
        self._clock = clock
        self._waiting: list[tuple[str, str, Segment]] = []
        self._waiting_bytes = 0
        self._flusher = Flusher(self.flush, FLUSH_SECONDS, "traces")
        self._aged = 0.0
        self._watcher: Watcher = _nobody
        self.dropped = 0
        """Segments that were lost: the disk did not keep up."""

    async def __aenter__(self) -> Self:
        await self._database.__aenter__()
        await self._flusher.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._flusher.__aexit__(*exc)
        await self._database.__aexit__(*exc)

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` of every segment that is added. There is one."""
        self._watcher = watcher

    def add(self, account: str, region: str, segment: Segment) -> None:
        """A segment that is in the file soon, or once `flush` returns. A later one of the same id takes its place."""
        size = self._waiting_bytes + len(segment.document)
        if len(self._waiting) >= MOST_WAITING or size > MOST_WAITING_BYTES:
            self.dropped += 1
            return
        self._waiting_bytes = size
        self._waiting.append((account, region, segment))
        self._watcher(account, region, segment)
        self._flusher.wake()

    async def flush(self) -> None:
        """What was added before the call is durable on return. Raises PlatformError."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        now = self._clock.now()
        oldest = now - KEPT_SECONDS if now - self._aged >= AGEING_SECONDS else None
        if oldest is not None:
            self._aged = now
        if waiting or oldest is not None:
            await self._database.write(lambda connection: _write(connection, waiting, oldest))

    async def traces(self, account: str, region: str, start: float, end: float) -> dict[str, list[Segment]]:
        """The traces of which a segment began from `start` to `end`, with all their segments; the newest first."""
        await self.flush()
        return await self._database.read(lambda connection: _between(connection, account, region, start, end))

    async def of(self, account: str, region: str, ids: Sequence[str]) -> dict[str, list[Segment]]:
        """The segments of some traces, those alone that there are."""
        await self.flush()
        return await self._database.read(lambda connection: _of(connection, account, region, ids))


def _write(connection: sqlite3.Connection, waiting: Iterable[tuple[str, str, Segment]], oldest: float | None) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?)",
        [
            (account, region, segment.trace_id, segment.id, segment.start, segment.document)
            for account, region, segment in waiting
        ],
    )
    if oldest is not None:
        connection.execute("DELETE FROM segments WHERE start < ?", (oldest,))


def _between(
    connection: sqlite3.Connection, account: str, region: str, start: float, end: float
) -> dict[str, list[Segment]]:
    rows = connection.execute(
        "SELECT trace, max(start) AS latest FROM segments WHERE account = ? AND region = ? AND start BETWEEN ? AND ?"
        " GROUP BY trace ORDER BY latest DESC",
        (account, region, start, end),
    ).fetchall()
    return _of(connection, account, region, [row[0] for row in rows])


def _of(connection: sqlite3.Connection, account: str, region: str, ids: Sequence[str]) -> dict[str, list[Segment]]:
    found = {}
    for trace in ids:
        rows = connection.execute(
            "SELECT document FROM segments WHERE account = ? AND region = ? AND trace = ? ORDER BY start, id LIMIT ?",
            (account, region, trace, MOST_OF_TRACE),
        )
        segments = []
        for (document,) in rows:
            with contextlib.suppress(BadSegment):
                segments.append(parse(document))
        if segments:
            found[trace] = segments
    return found
