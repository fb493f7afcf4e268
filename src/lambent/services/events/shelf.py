"""Where archived events lie, sealed: one SQLite file, group commit, however many. It knows no rule of the API."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Self

import msgspec

from lambent.model.errors import PlatformError
from lambent.services.events.event import Event
from lambent.sqlite import Database
from lambent.store.seal import Seal

_SCHEMA = (
    "CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, archive TEXT NOT NULL, minute INTEGER NOT NULL,"
    " time REAL NOT NULL, kept REAL NOT NULL, size INTEGER NOT NULL, event BLOB NOT NULL)",
    "CREATE INDEX in_order ON events (archive, minute, number)",
    "CREATE INDEX ages ON events (archive, kept)",
)
_CONTEXT = b"events/archive"
_MINUTE = 60
_NEXT = """
SELECT number, time, event FROM events WHERE archive = :archive AND (minute, number) > (:minute, :number)
AND minute <= :last_minute AND time BETWEEN :first AND :last ORDER BY minute, number LIMIT :limit
"""


class Kept(msgspec.Struct, frozen=True):
    """An archived event with its number."""

    number: int
    event: Event


class Shelf:
    """Events of archives in `path`. Open it with `async with`. Raises PlatformError."""

    def __init__(self, path: Path, seal: Seal) -> None:
        self._seal = seal
        self._database = Database(path, _SCHEMA, version=1, failure=PlatformError)

    async def __aenter__(self) -> Self:
        await self._database.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._database.__aexit__(*exc)

    async def add(self, archive: str, event: Event, now: float) -> None:
        """Keep an event, durable on return."""
        body = self._seal.close(msgspec.msgpack.encode(event), _CONTEXT)
        row = [archive, int(event.time) // _MINUTE, event.time, now, len(event.encoded()), body]
        statement = "INSERT INTO events (archive, minute, time, kept, size, event) VALUES (?, ?, ?, ?, ?, ?)"
        await self._database.write(lambda connection: connection.execute(statement, row).lastrowid)

    async def following(
        self, archive: str, *, first: float, last: float, behind: tuple[float, int], limit: int
    ) -> list[Kept]:
        """Events from `first` to `last`, minute by minute, and within one as they came; those `behind` a time and a
        number."""
        values = {
            "archive": archive,
            "minute": int(behind[0]) // _MINUTE,
            "number": behind[1],
            "last_minute": int(last) // _MINUTE,
            "first": first,
            "last": last,
            "limit": limit,
        }

        def query(connection: sqlite3.Connection) -> list[Kept]:
            rows = connection.execute(_NEXT, values).fetchall()
            return [Kept(number, self._opened(body)) for number, _, body in rows]

        return await self._database.read(query)

    def _opened(self, body: bytes) -> Event:
        return msgspec.msgpack.decode(self._seal.open(body, _CONTEXT), type=Event)

    async def holds(self, archive: str) -> tuple[int, int]:
        """How many bytes and how many events there are."""
        statement = "SELECT coalesce(sum(size), 0), count(*) FROM events WHERE archive = ?"
        size, count = await self._database.read(lambda connection: connection.execute(statement, [archive]).fetchone())
        return size, count

    async def oldest(self, archive: str) -> float | None:
        """Since when the event is kept that is kept for longest; None if there is none."""
        statement = "SELECT min(kept) FROM events WHERE archive = ?"
        found = await self._database.read(lambda connection: connection.execute(statement, [archive]).fetchone()[0])
        return None if found is None else float(found)

    async def drop(self, archive: str, *, until: float | None = None) -> None:
        """Delete an archive's events, or those that are kept since `until` or longer."""
        statement, values = "DELETE FROM events WHERE archive = ?", [archive, until]
        statement += " AND kept <= ?" if until is not None else ""
        bound = values if until is not None else values[:1]
        await self._database.write(lambda connection: connection.execute(statement, bound).rowcount)
