"""The Queue in one SQLite file: the default. Group commit and threads are `lambent.sqlite`'s business."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from lambent.model.errors import PlatformError
from lambent.queue.base import Message
from lambent.sqlite import Database

_SCHEMA = (
    # AUTOINCREMENT: an id never comes again, so neither does a receipt.
    "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, visible_at REAL NOT NULL,"
    " enqueued_at REAL NOT NULL, attempts INTEGER NOT NULL)",
    "CREATE INDEX messages_in_order ON messages (queue, visible_at, id)",
    # Apart from the messages, so that leasing a message of a megabyte does not write the megabyte again.
    "CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
)

_VISIBLE = """
SELECT id, body, attempts, enqueued_at FROM messages JOIN bodies USING (id)
WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT ?
"""

_DEPTH = "SELECT count(*) FILTER (WHERE visible_at <= ?2), count(*) FROM messages WHERE queue = ?1"

_HELD = "id = ? AND queue = ? AND id || '-' || attempts = ?"
"""Under this receipt: the spelling is the one that `take` gives."""


class SqliteQueue:
    """Messages in `path`. Concurrent calls share commits; a change has returned only when it is on the disk.

    A take that finds nothing changes nothing, and so costs no fsync. Memory does not grow with depth.
    """

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

    async def put(
        self, queue: str, bodies: Sequence[bytes], *, now: float, visible_at: float | None = None
    ) -> list[int]:
        """See `Queue.put`."""
        visible = now if visible_at is None else max(now, visible_at)

        def change(connection: sqlite3.Connection) -> list[int]:
            ids = []
            for body in bodies:
                cursor = connection.execute(
                    "INSERT INTO messages (queue, visible_at, enqueued_at, attempts) VALUES (?, ?, ?, 0)",
                    [queue, visible, now],
                )
                ids.append(int(cursor.lastrowid or 0))
                connection.execute("INSERT INTO bodies VALUES (?, ?)", [ids[-1], body])
            return ids

        return await self._database.write(change)

    async def take(self, queue: str, *, limit: int, now: float, lease: float) -> list[Message]:
        """See `Queue.take`."""

        def change(connection: sqlite3.Connection) -> list[Message]:
            taken = [
                Message(number, body, f"{number}-{attempts + 1}", attempts + 1, enqueued_at)
                for number, body, attempts, enqueued_at in connection.execute(_VISIBLE, [queue, now, max(limit, 0)])
            ]
            connection.executemany(
                "UPDATE messages SET attempts = ?, visible_at = ? WHERE id = ?",
                [(message.attempts, now + lease, message.id) for message in taken],
            )
            return taken

        return await self._database.write(change)

    async def ack(self, queue: str, messages: Sequence[Message]) -> int:
        """See `Queue.ack`."""

        def change(connection: sqlite3.Connection) -> int:
            acknowledged = 0
            for message in messages:
                held = [message.id, queue, message.receipt]
                if connection.execute(f"DELETE FROM messages WHERE {_HELD}", held).rowcount:
                    connection.execute("DELETE FROM bodies WHERE id = ?", [message.id])
                    acknowledged += 1
            return acknowledged

        return await self._database.write(change)

    async def defer(self, queue: str, message: Message, *, visible_at: float) -> bool:
        """See `Queue.defer`."""
        statement = f"UPDATE messages SET visible_at = ? WHERE {_HELD}"
        values = [visible_at, message.id, queue, message.receipt]
        return await self._database.write(lambda connection: connection.execute(statement, values).rowcount == 1)

    async def depth(self, queue: str, *, now: float) -> tuple[int, int]:
        """See `Queue.depth`."""

        def query(connection: sqlite3.Connection) -> tuple[int, int]:
            visible, total = connection.execute(_DEPTH, [queue, now]).fetchone()
            return visible, total - visible

        return await self._database.read(query)

    async def next_visible(self, queue: str) -> float | None:
        """See `Queue.next_visible`."""

        def query(connection: sqlite3.Connection) -> float | None:
            row = connection.execute("SELECT min(visible_at) FROM messages WHERE queue = ?", [queue]).fetchone()
            return None if row[0] is None else float(row[0])

        return await self._database.read(query)

    async def names(self) -> list[str]:
        """See `Queue.names`."""
        statement = "SELECT DISTINCT queue FROM messages ORDER BY queue"
        return await self._database.read(lambda connection: [row[0] for row in connection.execute(statement)])

    async def reopen(self, *, now: float, beyond: float = 0.0) -> list[str]:
        """See `Queue.reopen`."""
        statement = "UPDATE messages SET visible_at = ? WHERE attempts > 0 AND visible_at > ?"
        values = [now, max(now, beyond)]
        await self._database.write(lambda connection: connection.execute(statement, values).rowcount)
        return await self.names()
