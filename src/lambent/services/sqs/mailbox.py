"""Where messages lie: one SQLite file, group commit, whatever the depth. It knows no rule of the API but order.

A queue is named by a text of its own (`ACCOUNT/REGION/GENERATION`). A message is received by moving the time at which
it is visible; its receipt is its number and how often it was received. `source` is the ARN of the queue whose dead
letter it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import msgspec

from lambent.model.errors import PlatformError
from lambent.services.sqs.records import Held, Letter
from lambent.sqlite import Database

_SCHEMA = (
    "CREATE TABLE messages (number INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, visible_at REAL NOT NULL,"
    " expires REAL NOT NULL, sent REAL NOT NULL, first_received REAL, receives INTEGER NOT NULL, lot TEXT,"
    " deduplication TEXT, source TEXT)",
    "CREATE INDEX in_order ON messages (queue, visible_at, number)",
    "CREATE INDEX lots ON messages (queue, lot, number) WHERE lot IS NOT NULL",
    "CREATE INDEX ages ON messages (queue, expires)",
    "CREATE TABLE contents (number INTEGER PRIMARY KEY, content BLOB NOT NULL)",
    "CREATE TABLE seen (queue TEXT NOT NULL, scope TEXT NOT NULL, deduplication TEXT NOT NULL, until REAL NOT NULL,"
    " number INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (queue, scope, deduplication)) WITHOUT ROWID",
)
_Row = tuple[int, float, float | None, int, str | None, str | None, str | None]
_COLUMNS = "number, sent, first_received, receives, lot, deduplication, source"
_STANDARD = f"""
SELECT {_COLUMNS} FROM messages WHERE queue = :queue AND visible_at <= :now AND expires > :now
ORDER BY visible_at, number LIMIT :limit
"""
# A lot (message group) waits while an earlier message of it is held or delayed.
_FIFO = f"""
SELECT {_COLUMNS} FROM messages AS mine WHERE queue = :queue AND visible_at <= :now AND expires > :now AND NOT EXISTS
(SELECT 1 FROM messages AS other WHERE other.queue = :queue AND other.lot = mine.lot AND other.number < mine.number
AND other.visible_at > :now AND other.expires > :now) ORDER BY number LIMIT :limit
"""
_COUNTS = """
SELECT count(*) FILTER (WHERE visible_at <= ?2), count(*) FILTER (WHERE visible_at > ?2 AND receives > 0),
count(*) FILTER (WHERE visible_at > ?2 AND receives = 0) FROM messages WHERE queue = ?1 AND expires > ?2
"""
_DEPTHS = """
SELECT queue, count(*) FILTER (WHERE visible_at <= ?1), count(*) FILTER (WHERE visible_at > ?1) FROM messages
GROUP BY queue
"""
_ANY = "SELECT 1 FROM messages WHERE queue = ? LIMIT 1"
_OLD = """
SELECT 1 FROM messages WHERE queue = ?1 AND expires <= ?2 UNION ALL SELECT 1 FROM seen WHERE queue = ?1 AND until <= ?2
LIMIT 1
"""
_IN_FLIGHT = "SELECT count(*) FROM messages WHERE queue = ? AND visible_at > ? AND receives > 0"


class Counts(msgspec.Struct, frozen=True):
    """How many messages there are to be received, held by somebody, and delayed."""

    visible: int
    in_flight: int
    delayed: int


class Sent(msgspec.Struct, frozen=True):
    """A message as it was put. `content` is the earlier one's if it was a duplicate."""

    number: int
    content: bytes


class Lying(msgspec.Struct, frozen=True):
    """A message as it lies there. `lot` is its group, `source` the ARN of the queue whose dead letter it is."""

    visible_at: float
    sent: float
    receives: int
    lot: str | None
    source: str | None
    content: bytes


class Mailbox:
    """Messages in `path`. Open it with `async with`. Raises PlatformError."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, version=1, failure=PlatformError)
        self._in_flight: dict[str, int] = {}
        """How many messages of a queue are held at most: counted when that might be too many, not at every receipt."""

    @property
    def commits(self) -> int:
        """Durable transactions since opening, one fsync each."""
        return self._database.commits

    async def __aenter__(self) -> Self:
        await self._database.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._database.__aexit__(*exc)

    async def put(self, queue: str, letters: Sequence[Letter], *, remember_seconds: float) -> list[Sent]:
        """Append messages, durable on return. One that was seen within `remember_seconds` is not put again."""
        return await self._database.write(
            lambda connection: [_put(connection, queue, letter, remember_seconds) for letter in letters]
        )

    async def receive(
        self,
        queue: str,
        *,
        limit: int,
        now: float,
        visible_at: float,
        fifo: bool,
        most_receives: int | None = None,
        dead_letters: str | None = None,
        source: str | None = None,
        most_in_flight: int,
    ) -> list[Held] | None:
        """Hold up to `limit` messages until `visible_at`; None if too many are held already.

        Messages that were received `most_receives` times go to the queue `dead_letters` instead, marked with `source`.
        An empty queue costs no transaction: those who poll ask it most of the time.
        """
        if not self._database.look_up(lambda connection: connection.execute(_ANY, [queue]).fetchone()):
            return []

        def change(connection: sqlite3.Connection) -> list[Held] | None:
            if self._in_flight.get(queue, most_in_flight) + limit > most_in_flight:
                self._in_flight[queue] = connection.execute(_IN_FLIGHT, [queue, now]).fetchone()[0]
                if self._in_flight[queue] >= most_in_flight:
                    return None
            found: list[Held] = []
            values = {"queue": queue, "now": now, "limit": limit}
            while len(found) < limit:
                rows = connection.execute(_FIFO if fifo else _STANDARD, values).fetchall()
                dead = [row[0] for row in rows if most_receives is not None and row[3] >= most_receives]
                if dead:  # those that come behind them may be received in their place
                    _bury(connection, dead, str(dead_letters), source, now)
                    continue
                found = [_hold(connection, row, now, visible_at) for row in rows]
                break
            self._in_flight[queue] += len(found)
            return found

        return await self._database.write(change)

    async def delete(self, queue: str, receipts: Sequence[tuple[int, int]]) -> list[bool]:
        """Delete messages by number and receives; False for one that is gone or was received again."""

        def change(connection: sqlite3.Connection) -> list[bool]:
            return [_delete(connection, queue, number, receives) for number, receives in receipts]

        return await self._database.write(change)

    async def hold(self, queue: str, number: int, receives: int, *, now: float, visible_at: float) -> bool:
        """Hold a message longer or shorter; False if nobody holds it under that receipt (any more)."""
        statement = (
            "UPDATE messages SET visible_at = ? WHERE number = ? AND queue = ? AND receives = ? AND visible_at > ?"
        )
        values = [visible_at, number, queue, receives, now]
        return await self._database.write(lambda connection: connection.execute(statement, values).rowcount == 1)

    async def state(self, queue: str, number: int) -> tuple[int, float] | None:
        """How often a message was received, and when it is visible; None if it is gone."""

        def query(connection: sqlite3.Connection) -> tuple[int, float] | None:
            row = connection.execute(
                "SELECT receives, visible_at FROM messages WHERE queue = ? AND number = ?", [queue, number]
            ).fetchone()
            return None if row is None else (row[0], row[1])

        return await self._database.read(query)

    async def counts(self, queue: str, *, now: float) -> Counts:
        """How many messages there are."""
        return await self._database.read(
            lambda connection: Counts(*connection.execute(_COUNTS, [queue, now]).fetchone())
        )

    async def depths(self, *, now: float) -> dict[str, tuple[int, int]]:
        """How many messages every queue has to be received, and held or delayed; with those about to be expired."""
        return await self._database.read(
            lambda connection: {row[0]: (row[1], row[2]) for row in connection.execute(_DEPTHS, [now])}
        )

    async def next_visible(self, queue: str, *, now: float) -> float | None:
        """When the next message becomes visible that is not; None if none does."""

        def query(connection: sqlite3.Connection) -> float | None:
            statement = "SELECT min(visible_at) FROM messages WHERE queue = ? AND visible_at > ? AND expires > ?"
            found: float | None = connection.execute(statement, [queue, now, now]).fetchone()[0]
            return found

        return self._database.look_up(query)

    async def lying(self, queue: str, *, now: float, limit: int) -> list[Lying]:
        """The oldest messages of a queue, whoever holds them. None of them is received by that."""
        statement = (
            "SELECT visible_at, sent, receives, lot, source, content FROM messages JOIN contents USING (number)"
            " WHERE queue = ? AND expires > ? ORDER BY number LIMIT ?"
        )
        return await self._database.read(
            lambda connection: [Lying(*row) for row in connection.execute(statement, [queue, now, limit])]
        )

    async def purge(self, queue: str) -> None:
        """Delete every message of a queue, and what was seen there."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM contents WHERE number IN (SELECT number FROM messages WHERE queue = ?)", [queue]
            )
            connection.execute("DELETE FROM messages WHERE queue = ?", [queue])
            connection.execute("DELETE FROM seen WHERE queue = ?", [queue])

        await self._database.write(change)

    async def expire(self, queue: str, *, now: float) -> None:
        """Delete what is too old, and forget what was seen too long ago; where nothing is, there is no transaction."""
        if not self._database.look_up(lambda connection: connection.execute(_OLD, [queue, now]).fetchone()):
            return

        def change(connection: sqlite3.Connection) -> None:
            old = "SELECT number FROM messages WHERE queue = ? AND expires <= ?"
            connection.execute(f"DELETE FROM contents WHERE number IN ({old})", [queue, now])
            connection.execute("DELETE FROM messages WHERE queue = ? AND expires <= ?", [queue, now])
            connection.execute("DELETE FROM seen WHERE queue = ? AND until <= ?", [queue, now])

        await self._database.write(change)

    async def sources(self, queue: str) -> list[str]:
        """The ARNs of the queues whose dead letters lie in a queue."""
        statement = "SELECT DISTINCT source FROM messages WHERE queue = ? AND source IS NOT NULL"
        return await self._database.read(lambda connection: [row[0] for row in connection.execute(statement, [queue])])

    async def move(
        self, queue: str, targets: Mapping[str, str], other: str | None, *, limit: int, now: float, expires: float
    ) -> list[str]:
        """Move up to `limit` visible messages to the queues that `targets` has for their sources, or to `other`.

        Returns where they went. Those that go nowhere stay, and may stand in the way of others.
        """

        def change(connection: sqlite3.Connection) -> list[str]:
            rows = connection.execute(_STANDARD, {"queue": queue, "now": now, "limit": limit}).fetchall()
            moved = []
            for row in rows:
                to = targets.get(row[6] or "", other)
                if to is None:
                    continue
                connection.execute(
                    "UPDATE messages SET queue = ?, visible_at = ?, expires = ?, source = NULL, receives = 0,"
                    " first_received = NULL WHERE number = ?",
                    [to, now, expires, row[0]],
                )
                moved.append(to)
            return moved

        return await self._database.write(change)


def _put(connection: sqlite3.Connection, queue: str, letter: Letter, remember_seconds: float) -> Sent:
    if letter.deduplication is not None:
        seen = connection.execute(
            "SELECT number, content FROM seen WHERE queue = ? AND scope = ? AND deduplication = ? AND until > ?",
            [queue, letter.scope, letter.deduplication, letter.sent],
        ).fetchone()
        if seen is not None:
            return Sent(seen[0], seen[1])
    cursor = connection.execute(
        "INSERT INTO messages (queue, visible_at, expires, sent, receives, lot, deduplication)"
        " VALUES (?, ?, ?, ?, 0, ?, ?)",
        [queue, letter.visible_at, letter.expires, letter.sent, letter.group, letter.deduplication],
    )
    number = int(cursor.lastrowid or 0)
    connection.execute("INSERT INTO contents VALUES (?, ?)", [number, letter.content])
    if letter.deduplication is not None:
        connection.execute(
            "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?)",
            [queue, letter.scope, letter.deduplication, letter.sent + remember_seconds, number, letter.content],
        )
    return Sent(number, letter.content)


def _hold(connection: sqlite3.Connection, row: _Row, now: float, visible_at: float) -> Held:
    number, sent, first, receives, lot, deduplication, source = row
    connection.execute(
        "UPDATE messages SET visible_at = ?, receives = receives + 1, first_received = coalesce(first_received, ?)"
        " WHERE number = ?",
        [visible_at, now, number],
    )
    content = connection.execute("SELECT content FROM contents WHERE number = ?", [number]).fetchone()[0]
    return Held(
        number=number,
        content=content,
        sent=sent,
        first_received=now if first is None else first,
        receives=receives + 1,
        group=lot,
        deduplication=deduplication,
        source=source,
    )


def _bury(connection: sqlite3.Connection, numbers: Sequence[int], target: str, source: str | None, now: float) -> None:
    connection.executemany(
        "UPDATE messages SET queue = ?, visible_at = ?, source = ? WHERE number = ?",
        [(target, now, source, number) for number in numbers],
    )


def _delete(connection: sqlite3.Connection, queue: str, number: int, receives: int) -> bool:
    statement = "DELETE FROM messages WHERE number = ? AND queue = ? AND receives = ?"
    if not connection.execute(statement, [number, queue, receives]).rowcount:
        return False
    connection.execute("DELETE FROM contents WHERE number = ?", [number])
    return True
