"""The Store in one SQLite file: the default. Group commit and threads are `lambent.sqlite`'s business."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from lambent.model.errors import PlatformError
from lambent.sqlite import Database
from lambent.store.base import ABSENT, Conflict, Record, Write
from lambent.store.keys import check_writes, prefix_end

_SCHEMA = (
    # Text compares byte by byte in UTF-8, which is by code point. The key's own index serves counting.
    "CREATE TABLE records (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL)",
    # Kept apart from the records, so that a revision never comes again when its record is deleted.
    "CREATE TABLE revision (last INTEGER NOT NULL)",
    "INSERT INTO revision VALUES (0)",
)


class SqliteStore:
    """Records in `path`. Concurrent writes share commits; a write has returned only when it is on the disk."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, version=1, failure=PlatformError)

    @property
    def commits(self) -> int:
        """Durable transactions since opening, one fsync each."""
        return self._database.commits

    async def __aenter__(self) -> Self:
        """Open the file. Raises PlatformError."""
        await self._database.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._database.__aexit__(*exc)

    async def get(self, key: str) -> Record | None:
        """See `Store.get`."""
        records = self._database.look_up(lambda connection: _select(connection, "key = ?", [key], 1))
        return records[0] if records else None

    async def list(self, prefix: str, *, after: str = "", limit: int = 1000) -> list[Record]:
        """See `Store.list`."""
        where, values = _range(prefix)
        if after >= prefix:
            # One lower bound only: of two, SQLite would begin at the first and walk to the second.
            where, values = where.replace(">=", ">"), [after, *values[1:]]
        return await self._database.read(lambda connection: _select(connection, where, values, max(limit, 0)))

    async def count(self, prefix: str) -> int:
        """See `Store.count`."""
        where, values = _range(prefix)

        def query(connection: sqlite3.Connection) -> int:
            return int(connection.execute(f"SELECT count(*) FROM records WHERE {where}", values).fetchone()[0])

        return await self._database.read(query)

    async def put(self, key: str, value: bytes, *, expect: int | None = None) -> int:
        """See `Store.put`."""
        return await self.transact([Write(key, value, expect)])

    async def delete(self, key: str, *, expect: int | None = None) -> bool:
        """See `Store.delete`."""
        write = Write(key, None, expect)
        check_writes([write])

        def change(connection: sqlite3.Connection) -> bool:
            if _revision(connection, key) == ABSENT and expect in (None, ABSENT):
                return False
            _transact(connection, [write])
            return True

        return await self._database.write(change)

    async def transact(self, writes: Sequence[Write]) -> int:
        """See `Store.transact`."""
        check_writes(writes)
        return await self._database.write(lambda connection: _transact(connection, writes))


def _range(prefix: str) -> tuple[str, list[str]]:
    """The condition for keys that start with `prefix`, and its values."""
    above = prefix_end(prefix)
    return ("key >= ?", [prefix]) if above is None else ("key >= ? AND key < ?", [prefix, above])


def _select(connection: sqlite3.Connection, where: str, values: Sequence[str], limit: int) -> list[Record]:
    statement = f"SELECT key, value, revision FROM records WHERE {where} ORDER BY key LIMIT ?"
    return [Record(*row) for row in connection.execute(statement, [*values, limit])]


def _revision(connection: sqlite3.Connection, key: str) -> int:
    row = connection.execute("SELECT revision FROM records WHERE key = ?", [key]).fetchone()
    return ABSENT if row is None else int(row[0])


def _transact(connection: sqlite3.Connection, writes: Sequence[Write]) -> int:
    for write in writes:
        if write.expect is not None and (found := _revision(connection, write.key)) != write.expect:
            raise Conflict(write.key, write.expect, found)
    revision = int(connection.execute("UPDATE revision SET last = last + 1 RETURNING last").fetchone()[0])
    for write in writes:
        if write.value is None:
            connection.execute("DELETE FROM records WHERE key = ?", [write.key])
        else:
            connection.execute(
                "INSERT INTO records VALUES (?1, ?2, ?3)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision",
                [write.key, write.value, revision],
            )
    return revision
