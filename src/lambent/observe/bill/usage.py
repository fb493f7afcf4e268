"""What functions used, by day: counted as invocations end, kept in one SQLite file.

Written every few seconds; of a `kill -9` at most those seconds are lost. Nothing is ever deleted: a function that is
called all year leaves a few rows a day.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

import msgspec

from lambent.context import Clock
from lambent.model.errors import PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Ended, InitType, Invocation
from lambent.observe.flusher import Flusher
from lambent.sqlite import Database

FLUSH_SECONDS = 5.0
ROUNDED_SECONDS = 300.0
"""Provisioned concurrency is billed in steps of so long, and written so often."""

FREE_STORAGE_MB = 512
FREE_STREAM_BYTES = 6 * 1024 * 1024
LEAST_CACHED_SECONDS = 3 * 3600.0
"""A snapshot is billed for so long at least."""

FREE_SNAPSHOTS = "java"
"""Runtimes whose snapshots cost nothing."""

EVENT_BYTES, MORE_EVENT_BYTES = 256 * 1024, 64 * 1024
"""An asynchronous event is one request up to so many bytes, and one more for each portion beyond."""

DAY = 86_400
GB = 1024.0
"""In MB."""

_COLUMNS = "day, account, region, function, version, alias, architecture, kind"
_SCHEMA = (
    "CREATE TABLE usage (day TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, function TEXT NOT NULL,"
    " version TEXT NOT NULL, alias TEXT NOT NULL, architecture TEXT NOT NULL, kind TEXT NOT NULL, amount REAL NOT NULL,"
    f" PRIMARY KEY ({_COLUMNS})) WITHOUT ROWID",
)


_Place = tuple[str, str, str, str, str, str, str]
"""All members of a line but the kind."""


class Kind(StrEnum):
    """What is paid for; the price table knows them by these names. GB are 1,024 MB of memory, or 2^30 bytes."""

    REQUESTS = "requests"
    GB_SECONDS = "gb_seconds"
    PROVISIONED = "provisioned_gb_seconds"
    """Duration in environments of provisioned concurrency."""
    CONCURRENCY = "provisioned_concurrency_gb_seconds"
    """Provisioned concurrency being there, used or not."""
    STORAGE = "storage_gb_seconds"
    """/tmp above 512 MB."""
    STREAMED = "streamed_gb"
    """Answers in pieces, above 6 MB each."""
    RESTORED = "restored_gb"
    """Snapshots that were restored."""
    CACHED = "cached_gb_seconds"
    """Snapshots of published versions being there."""


_Tally = defaultdict[Kind, float]


class Line(msgspec.Struct, frozen=True):
    """One kind of usage of one version by one address on one day (`YYYY-MM-DD`, UTC). `alias` may be empty."""

    day: str
    account: str
    region: str
    function: str
    version: str
    alias: str
    architecture: str
    kind: str


class Used(msgspec.Struct, frozen=True):
    """How much of it."""

    line: Line
    amount: float


class _Held(msgspec.Struct, frozen=True):
    """Provisioned concurrency that is there since a time."""

    shares: tuple[tuple[FunctionVersion, int], ...]
    alias: str
    since: float


class Usage:
    """The `invoke.witness.Witness` of the bill. Open it with `async with`; leaving it writes what still waits."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._database = Database(path, _SCHEMA, version=1, failure=PlatformError)
        self._clock = clock
        self._open: dict[_Place, _Tally] = {}
        self._known: dict[tuple[str, str], tuple[int, _Tally]] = {}
        """The tally of a version by the address it was invoked by, and its day, so that neither is worked out anew."""
        self._held: dict[str, _Held] = {}
        self._cached: dict[str, tuple[FunctionVersion, float]] = {}
        """Versions that have a snapshot, by ARN, and since when that is not counted."""
        self._flusher = Flusher(self.flush, FLUSH_SECONDS, "usage figures")
        self._counting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._database.__aenter__()
        await self._flusher.__aenter__()
        self._counting = asyncio.create_task(self._count_held(), name="count provisioned concurrency")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._counting is not None:
            self._counting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._counting
        for arn in list(self._held):
            self.provisioned(arn, ())
        self._count_cached(self._clock.now())
        await self._flusher.__aexit__(*exc)
        await self._database.__aexit__(*exc)

    def ended(self, ended: Ended) -> None:
        """An invocation is over."""
        function, report = ended.function, ended.report
        seconds = report.billed_ms / 1000
        tally = self._tally(function, ended.invocation.invoked_arn)
        tally[Kind.REQUESTS] += 1.0 + _more(ended.invocation)
        kind = Kind.PROVISIONED if ended.init_type is InitType.PROVISIONED else Kind.GB_SECONDS
        if ended.init_type is not InitType.MANAGED:  # whose hosts are paid for instead
            tally[kind] += seconds * function.memory_mb / GB
        if function.ephemeral_mb > FREE_STORAGE_MB:
            tally[Kind.STORAGE] += seconds * (function.ephemeral_mb - FREE_STORAGE_MB) / GB
        if ended.streamed > FREE_STREAM_BYTES:
            tally[Kind.STREAMED] += (ended.streamed - FREE_STREAM_BYTES) / 2**30
        if report.restore_ms is not None and not function.runtime.startswith(FREE_SNAPSHOTS):
            tally[Kind.RESTORED] += function.memory_mb / GB

    def throttled(self, function: FunctionVersion, invoked_arn: str, trace_id: str | None = None) -> None:
        """What is refused costs nothing."""

    def provisioned(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """From now on so many environments of some versions are to be there for an address; none: no more."""
        now = self._clock.now()
        held = self._held.pop(arn, None)
        if held is not None:
            # From when it is there until it is not, in whole steps.
            self._hold(held, -(-(now - held.since) // ROUNDED_SECONDS) * ROUNDED_SECONDS)
        if shares:
            alias = arn.split(":", 7)[7] if arn.count(":") == 7 else ""
            self._held[arn] = _Held(tuple(shares), "" if alias.isdecimal() else alias, now)

    def kept(self, function: FunctionVersion) -> None:
        """From now on there is a snapshot of a version."""
        if not function.runtime.startswith(FREE_SNAPSHOTS):
            self._cached.setdefault(function.arn, (function, self._clock.now()))
            self._flusher.wake()

    def gone(self, arn: str) -> None:
        """A version, or a function with its versions, is there no more: what is missing to the least time is added."""
        now, below = self._clock.now(), arn + ":"
        for each in [key for key in self._cached if key == arn or key.startswith(below)]:
            function, since = self._cached.pop(each)
            self._cache(function, max(now, function.last_modified + LEAST_CACHED_SECONDS) - since)

    async def read(self, account: str, first: str, last: str) -> list[Used]:
        """What an account used from one day to another, both included; in order of days."""
        self._count_cached(self._clock.now())
        await self.flush()
        return await self._database.read(lambda connection: _read(connection, account, first, last))

    async def flush(self) -> None:
        """What was counted is durable on return. Raises PlatformError."""
        tallies, self._open = self._open, {}
        self._known.clear()
        if tallies:
            rows = [(*place, kind.value, amount) for place, tally in tallies.items() for kind, amount in tally.items()]
            await self._database.write(lambda connection: _write(connection, rows))

    def _tally(self, function: FunctionVersion, invoked_arn: str) -> _Tally:
        key, day = (function.arn, invoked_arn), int(self._clock.now() // DAY)
        known = self._known.get(key)
        if known is not None and known[0] == day:
            return known[1]
        tally = self._opened(function, _alias(invoked_arn, function.version))
        self._known[key] = day, tally
        return tally

    def _opened(self, function: FunctionVersion, alias: str) -> _Tally:
        day = datetime.fromtimestamp(self._clock.now(), UTC).strftime("%Y-%m-%d")
        name = ":".join(function.arn.split(":")[:7])
        place = day, function.account, function.region, name, function.version, alias, function.architecture
        self._flusher.wake()
        return self._open.setdefault(place, defaultdict(float))

    def _cache(self, function: FunctionVersion, seconds: float) -> None:
        if seconds > 0:
            self._opened(function, "")[Kind.CACHED] += function.memory_mb / GB * seconds

    def _count_cached(self, now: float) -> None:
        for arn, (function, since) in self._cached.items():
            self._cache(function, now - since)
            self._cached[arn] = function, now

    def _hold(self, held: _Held, seconds: float) -> None:
        for function, count in held.shares:
            self._opened(function, held.alias)[Kind.CONCURRENCY] += count * function.memory_mb / GB * seconds

    async def _count_held(self) -> None:
        """Write down what is there in whole steps, so that a crash loses one at most."""
        while True:
            await self._clock.sleep(ROUNDED_SECONDS)
            now = self._clock.now()
            for arn, held in list(self._held.items()):
                steps = (now - held.since) // ROUNDED_SECONDS
                if steps:
                    self._hold(held, steps * ROUNDED_SECONDS)
                    later = held.since + steps * ROUNDED_SECONDS
                    self._held[arn] = msgspec.structs.replace(held, since=later)
            self._count_cached(now)


def _more(invocation: Invocation) -> int:
    """How many requests more an event of this size counts as, once."""
    if invocation.accepted is None or invocation.attempt > 1:
        return 0
    return max(0, -(-(len(invocation.payload) - EVENT_BYTES) // MORE_EVENT_BYTES))


def _alias(invoked_arn: str, version: str) -> str:
    parts = invoked_arn.split(":", 7)
    return parts[7] if len(parts) == 8 and parts[7] != version else ""


def _write(connection: sqlite3.Connection, rows: Iterable[tuple[str | float, ...]]) -> None:
    insert = (
        f"INSERT INTO usage ({_COLUMNS}, amount) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        f" ON CONFLICT ({_COLUMNS}) DO UPDATE SET amount = amount + excluded.amount"
    )
    connection.executemany(insert, rows)


def _read(connection: sqlite3.Connection, account: str, first: str, last: str) -> list[Used]:
    select = f"SELECT {_COLUMNS}, amount FROM usage WHERE account = ? AND day BETWEEN ? AND ? ORDER BY {_COLUMNS}"
    return [Used(Line(*row[:8]), row[8]) for row in connection.execute(select, (account, first, last))]
