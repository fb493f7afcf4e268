"""Metrics in one SQLite file: summed up in memory, written behind the caller's back, or at once where that is asked.

What `flush` has returned after survives `kill -9`; of the rest, `FLUSH_SECONDS` at most do not. Every value is in one
row, in steps as fine as its age allows (`ages`); rows that outgrow their age are put together.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Self

import msgspec

from lambent.context import Clock
from lambent.model.errors import PlatformError
from lambent.observe.flusher import Flusher
from lambent.observe.metrics.ages import AGES, DAY, HOUR, MINUTE, start_of
from lambent.observe.metrics.series import NO_UNIT, Dimensions, Series
from lambent.observe.metrics.summary import Summary
from lambent.sqlite import Database

FLUSH_SECONDS = 5.0
OPEN_ROWS = 50_000
"""So many rows may wait in memory; values that would need more are dropped and counted."""

MOST_SERIES = 200_000
"""Different metrics that are kept; values of more are dropped and counted, so that no function fills the disk."""

MOST_BYTES = 4 * 1024**3
"""With a file of that size no new points are made; values that would need one are dropped and counted."""

SILENT_SECONDS = 15 * DAY
"""Where there are too many metrics, those that had no value for so long make room: one that names a new metric with
each value drives out its own."""

_FORGOTTEN_AT_ONCE = 1000

OURS = "AWS/"
"""Namespaces that begin so are the services' own, and nobody else can fill them: these bounds are not for them."""

_AGED_AT_ONCE = 20_000
"""Rows of one age: more are left to the next flush, so that others' writes do not wait for all of them."""

_SCHEMA = (
    "CREATE TABLE series (id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, namespace TEXT NOT NULL,"
    " name TEXT NOT NULL, dimensions TEXT NOT NULL, last REAL NOT NULL)",
    "CREATE UNIQUE INDEX series_by_name ON series (account, region, namespace, name, dimensions)",
    "CREATE TABLE points (series INTEGER NOT NULL, start INTEGER NOT NULL, step INTEGER NOT NULL, unit TEXT NOT NULL,"
    " summary BLOB NOT NULL, PRIMARY KEY (series, start, step, unit)) WITHOUT ROWID",
    "CREATE INDEX points_by_age ON points (step, start)",
)
_FIND = "SELECT id FROM series WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND dimensions = ?"
_LIST = "SELECT account, region, namespace, name, dimensions FROM series WHERE account = ? AND region = ?"

Row = tuple[Series, int, int, str]
"""(series, start, step, unit)"""

Copied = Callable[[Mapping[Row, Summary]], None]
"""Is told of rows that are being written; must return at once, and change nothing."""

_log = logging.getLogger(__name__)


class Point(msgspec.Struct, frozen=True):
    """What was measured from `start` (epoch seconds) for `step` seconds."""

    start: int
    step: int
    unit: str
    summary: Summary


class MetricStore:
    """Open it with `async with`; leaving it writes what still waits."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._database = Database(path, _SCHEMA, version=1, failure=PlatformError)
        self._clock = clock
        self._open: dict[Row, Summary] = {}
        self._flusher = Flusher(self._flush_and_tell, FLUSH_SECONDS, "metrics")
        self._aged = 0.0
        self._copied: Copied = _nobody
        self.dropped = 0
        """Values that were lost: too many metrics."""

    async def __aenter__(self) -> Self:
        await self._database.__aenter__()
        await self._flusher.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._flusher.__aexit__(*exc)
        await self._database.__aexit__(*exc)

    def add(self, series: Series, summary: Summary, *, at: float, unit: str = NO_UNIT, step: int = MINUTE) -> None:
        """Values of one moment (epoch seconds). In the file some seconds later, or once `flush` returns."""
        step = _step(step, self._clock.now() - at)
        row = (series, start_of(at, step), step, unit)
        found = self._open.get(row)
        if found is not None:
            found.merge(summary)
        elif len(self._open) < OPEN_ROWS or series.namespace.startswith(OURS):
            mine = self._open[row] = Summary()
            mine.merge(summary)
            self._flusher.wake()
        else:
            self.dropped += 1

    def copy(self, copied: Copied) -> None:
        """Hand all that is written to `copied`, too. There is one."""
        self._copied = copied

    async def make_room(self, rows: int) -> None:
        """On return so many rows can be added, if the bound allows them at all. Raises PlatformError."""
        if len(self._open) + rows > OPEN_ROWS:
            await self.flush()

    async def flush(self) -> None:
        """What was added before the call is durable on return. Raises PlatformError."""
        rows, self._open = self._open, {}
        self._copied(rows)
        now = self._clock.now()
        if rows:
            self.dropped += await self._database.write(lambda connection: _write(connection, rows, now))
        if now - self._aged >= HOUR:
            aged, self._aged = self._aged, now
            if await self._database.write(lambda connection: _age(connection, now)):
                self._aged = aged
                self._flusher.wake()

    async def read(self, series: Series, start: float, end: float) -> list[Point]:
        """What was measured from `start` until before `end`, in order."""
        await self.flush()
        return await self._database.read(lambda connection: _read(connection, series, start, end))

    async def listed(
        self, account: str, region: str, namespace: str | None = None, name: str | None = None, since: float = 0.0
    ) -> list[Series]:
        """The metrics of an account, those alone that have had values after `since`; in order."""
        await self.flush()
        return await self._database.read(
            lambda connection: _listed(connection, account, region, namespace, name, since)
        )

    async def _flush_and_tell(self) -> None:
        dropped = self.dropped
        await self.flush()
        if self.dropped != dropped:
            _log.warning("%d values of metrics were dropped: there are too many metrics", self.dropped - dropped)


def _nobody(rows: Mapping[Row, Summary]) -> None:
    """Is told where nobody wants a copy."""


def _step(step: int, age: float) -> int:
    """As fine as `step`, if values of that age are still kept so."""
    return next(kept.step for kept in AGES if kept.step >= step and (age < kept.seconds or kept.then is None))


def _write(connection: sqlite3.Connection, rows: Mapping[Row, Summary], now: float) -> int:
    """Merge rows into those that are there; how many were dropped."""
    dropped = 0
    ids: dict[Series, int | None] = {}
    room: int | None = None
    full = _size(connection) >= MOST_BYTES
    for (series, start, step, unit), summary in rows.items():
        ours = series.namespace.startswith(OURS)
        if series not in ids:
            ids[series] = _id(connection, series, now)
            if ids[series] is None and not ours:
                room = _room(connection, now) if room is None else room
                ids[series] = None if room <= 0 else _new_id(connection, series, now)
                room -= 1
            elif ids[series] is None:
                ids[series] = _new_id(connection, series, now)
        found = ids[series]
        if found is None or not _merge(connection, (found, start, step, unit), summary, may_make=ours or not full):
            dropped += 1
    return dropped


def _room(connection: sqlite3.Connection, now: float) -> int:
    """How many more metrics others may have; it is made, if there is none."""
    count = "SELECT count(*) FROM series WHERE substr(namespace, 1, ?) <> ?"
    room = MOST_SERIES - int(connection.execute(count, (len(OURS), OURS)).fetchone()[0])
    return room if room > 0 else room + _forget_silent(connection, now)


def _forget_silent(connection: sqlite3.Connection, now: float) -> int:
    """Delete others' metrics that have been silent the longest, with all their values; how many."""
    silent = connection.execute(
        "SELECT id FROM series WHERE last < ? AND substr(namespace, 1, ?) <> ? ORDER BY last LIMIT ?",
        (now - SILENT_SECONDS, len(OURS), OURS, _FORGOTTEN_AT_ONCE),
    ).fetchall()
    connection.executemany("DELETE FROM points WHERE series = ?", silent)
    connection.executemany("DELETE FROM series WHERE id = ?", silent)
    return len(silent)


def _size(connection: sqlite3.Connection) -> int:
    """Bytes of the file that are in use."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * size


def _id(connection: sqlite3.Connection, series: Series, now: float) -> int | None:
    """The number of a metric, which has a value now; None if it has none yet."""
    found = connection.execute(_FIND, _key(series)).fetchone()
    if found is None:
        return None
    connection.execute("UPDATE series SET last = ? WHERE id = ?", (now, found[0]))
    return int(found[0])


def _new_id(connection: sqlite3.Connection, series: Series, now: float) -> int | None:
    insert = "INSERT INTO series (account, region, namespace, name, dimensions, last) VALUES (?, ?, ?, ?, ?, ?)"
    return connection.execute(insert, (*_key(series), now)).lastrowid


def _key(series: Series) -> tuple[str, ...]:
    return series.account, series.region, series.namespace, series.name, _text(series.dimensions)


def _merge(
    connection: sqlite3.Connection, key: tuple[int, int, int, str], summary: Summary, *, may_make: bool = True
) -> bool:
    """Add to a point, or make it; False if there is none and it may not be made."""
    select = "SELECT summary FROM points WHERE series = ? AND start = ? AND step = ? AND unit = ?"
    found = connection.execute(select, key).fetchone()
    if found is not None:
        there = Summary.decoded(found[0])
        there.merge(summary)
        summary = there
    elif not may_make:
        return False
    connection.execute("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?)", (*key, summary.encoded()))
    return True


def _age(connection: sqlite3.Connection, now: float) -> bool:
    """Put together, or delete, what is too old for its step, and forget metrics that have nothing left. True: there is
    more of it."""
    more = False
    for age in AGES:
        old = connection.execute(
            "SELECT series, start, step, unit, summary FROM points WHERE step = ? AND start < ? ORDER BY start LIMIT ?",
            (age.step, now - age.seconds, _AGED_AT_ONCE),
        ).fetchall()
        if age.then is not None:
            for series, start, _, unit, data in old:
                _merge(connection, (series, start_of(start, age.then), age.then, unit), Summary.decoded(data))
        connection.executemany(
            "DELETE FROM points WHERE series = ? AND start = ? AND step = ? AND unit = ?", [row[:4] for row in old]
        )
        more = more or len(old) == _AGED_AT_ONCE
    oldest = now - AGES[-1].seconds
    connection.execute(
        "DELETE FROM series WHERE last < ? AND NOT EXISTS (SELECT 1 FROM points WHERE series = series.id)", (oldest,)
    )
    return more


def _read(connection: sqlite3.Connection, series: Series, start: float, end: float) -> list[Point]:
    found = connection.execute(_FIND, _key(series)).fetchone()
    if found is None:
        return []
    rows: Iterable[tuple[int, int, str, bytes]] = connection.execute(
        "SELECT start, step, unit, summary FROM points WHERE series = ? AND start >= ? AND start < ?"
        " ORDER BY start, step",
        (found[0], start, end),
    )
    return [Point(begun, step, unit, Summary.decoded(data)) for begun, step, unit, data in rows]


def _listed(
    connection: sqlite3.Connection, account: str, region: str, namespace: str | None, name: str | None, since: float
) -> list[Series]:
    query, values = _LIST + " AND last >= ?", [account, region, since]
    for column, value in (("namespace", namespace), ("name", name)):
        if value is not None:
            query += f" AND {column} = ?"
            values.append(value)
    rows = connection.execute(query + " ORDER BY namespace, name, dimensions", values)
    return [Series(row[0], row[1], row[2], row[3], _dimensions(row[4])) for row in rows]


def _text(dimensions: Dimensions) -> str:
    return msgspec.json.encode(dimensions).decode()


def _dimensions(text: str) -> Dimensions:
    return msgspec.json.decode(text, type=Dimensions)
