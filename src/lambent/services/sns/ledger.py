"""The ledger of deliveries: messages that several parcels share, each once, and what FIFO topics have seen.

A letter is held by as many parcels as wait for it, and goes with the last. One whose holders were counted twice (a
crash in between) goes when its time is over.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Self

import msgspec

from lambent.model.errors import PlatformError
from lambent.sqlite import Database

_SCHEMA = (
    "CREATE TABLE letters (id TEXT PRIMARY KEY, held INTEGER NOT NULL, until REAL NOT NULL, body BLOB NOT NULL)",
    "CREATE INDEX letters_by_age ON letters (until)",
    "CREATE TABLE seen (topic TEXT NOT NULL, scope TEXT NOT NULL, deduplication TEXT NOT NULL, until REAL NOT NULL,"
    " message TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (topic, scope, deduplication)) WITHOUT ROWID",
    "CREATE INDEX seen_by_age ON seen (until)",
)
_KEEP = """
INSERT INTO letters VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET held = held + excluded.held
"""


class Sighting(msgspec.Struct, frozen=True):
    """A FIFO message that was taken: its id and its number."""

    message: str
    sequence: int


class Ledger:
    """In one SQLite file. Open it with `async with`. Raises PlatformError."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, version=1, failure=PlatformError)

    async def __aenter__(self) -> Self:
        await self._database.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._database.__aexit__(*exc)

    async def keep(self, letter: str, body: bytes, *, holders: int, until: float) -> None:
        """Keep a body for so many (more) holders, at most until a time."""
        await self._database.write(
            lambda connection: connection.execute(_KEEP, [letter, holders, until, body]).rowcount
        )

    def letter(self, letter: str) -> bytes | None:
        """A body that is kept."""
        row = self._database.look_up(
            lambda connection: connection.execute("SELECT body FROM letters WHERE id = ?", [letter]).fetchone()
        )
        return None if row is None else row[0]

    async def release(self, letter: str) -> None:
        """One holder less; with the last the body goes."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE letters SET held = held - 1 WHERE id = ?", [letter])
            connection.execute("DELETE FROM letters WHERE id = ? AND held <= 0", [letter])

        await self._database.write(change)

    async def sweep(self, *, now: float) -> None:
        """Forget letters whose time is over."""
        await self._database.write(
            lambda connection: connection.execute("DELETE FROM letters WHERE until <= ?", [now]).rowcount
        )

    async def letters(self) -> int:
        """How many bodies are kept."""
        found: int = await self._database.read(
            lambda connection: connection.execute("SELECT count(*) FROM letters").fetchone()[0]
        )
        return found

    def sighting(self, topic: str, scope: str, deduplication: str, *, now: float) -> Sighting | None:
        """The message of the same deduplication id, if it was taken not long ago."""
        row = self._database.look_up(
            lambda connection: connection.execute(
                "SELECT message, sequence FROM seen WHERE topic = ? AND scope = ? AND deduplication = ? AND until > ?",
                [topic, scope, deduplication, now],
            ).fetchone()
        )
        return None if row is None else Sighting(*row)

    async def remember(
        self, topic: str, scope: str, deduplication: str, seen: Sighting, *, now: float, until: float
    ) -> None:
        """Keep in mind that a message was taken, and forget older ones."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM seen WHERE until <= ?", [now])
            connection.execute(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?)",
                [topic, scope, deduplication, until, seen.message, seen.sequence],
            )

        await self._database.write(change)

    async def last_sequence(self) -> int:
        """The highest number that is remembered; 0 for none."""
        found: int | None = await self._database.read(
            lambda connection: connection.execute("SELECT max(sequence) FROM seen").fetchone()[0]
        )
        return found or 0
