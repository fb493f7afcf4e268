"""One SQLite file: one writer thread with group commit, one reader thread, and lookups of single rows at once.

Shared by the store and the queue, which own their schemas and statements. This module knows no table;
it only says when a change is durable and how many commits (each one fsync of the log) that took.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

T = TypeVar("T")

Change = Callable[[sqlite3.Connection], T]
"""Runs on the writer's or the reader's thread, inside its transaction. Must not keep the connection."""

_Outcome = tuple[bool, Any]
"""(True, result) or (False, exception)."""

_BATCH = 1000
"""Changes in one transaction, at most: bounds how long the first of them waits for the last."""

_CACHE_KIB = 4096

_LOG_BYTES = 16 * 1024 * 1024
"""What the log is cut back to after a transaction larger than that."""


class Database:
    """A database file in WAL mode with synchronous FULL: a change is on the disk when `write` returns.

    Changes that wait at the same time share one transaction and one fsync; each has its own savepoint,
    so one that raises is undone alone. Errors of SQLite become `failure`, the caller's error family.
    """

    def __init__(self, path: Path, schema: Sequence[str], *, version: int, failure: type[Exception]) -> None:
        self._path = path
        self._schema = schema
        self._version = version
        self._failure = failure
        self._pending: list[tuple[Change[Any], asyncio.Future[Any]]] = []
        self._wanted = asyncio.Event()
        self._committer: asyncio.Task[None] | None = None
        self._open = False
        self._commits = 0

    @property
    def commits(self) -> int:
        """Transactions that changed something and were made durable since opening."""
        return self._commits

    async def __aenter__(self) -> Self:
        """Open the file, making it and its tables if absent. Raises `failure`, also for another schema version."""
        self._writing = ThreadPoolExecutor(1, "lambent-sqlite-write")
        self._reading = ThreadPoolExecutor(1, "lambent-sqlite-read")
        try:
            await asyncio.get_running_loop().run_in_executor(self._writing, self._connect)
        except BaseException:
            self._writing.shutdown(wait=False)
            raise
        self._open = True
        self._committer = asyncio.create_task(self._commit_while_open(), name=f"commit {self._path.name}")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Commit what waits, then close."""
        self._open = False
        self._wanted.set()
        if self._committer is not None:
            await self._committer
        loop = asyncio.get_running_loop()
        # The readers first: the last connection to close folds the log into the file, and readers may not.
        self._looker.close()
        await loop.run_in_executor(self._reading, self._reader.close)
        await loop.run_in_executor(self._writing, self._writer.close)
        self._reading.shutdown()
        self._writing.shutdown()

    async def write(self, change: Change[T]) -> T:
        """Run `change` in a transaction and return its result once that is durable.

        Whatever `change` raises is raised here and its effects are undone. A caller that is cancelled
        before its turn writes nothing; after that the change may be durable all the same.
        """
        self._demand_open()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._pending.append((change, future))
        self._wanted.set()
        return await future

    def look_up(self, query: Change[T]) -> T:
        """`read` of a row by its key, on the event loop: ten microseconds, where a thread's turn takes a hundred.

        It has a connection of its own, so that it waits neither for a write nor for a long query.
        """
        self._demand_open()
        return self._query(self._looker, query)

    async def read(self, query: Change[T]) -> T:
        """Run `query` on the reading connection: it sees every write that returned before the call."""
        self._demand_open()
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._query, self._reader, query)

    def _demand_open(self) -> None:
        if not self._open:
            raise self._failure(f"{self._path}: the database is not open")

    async def _commit_while_open(self) -> None:
        """The writer's turn-taking: hand over all that waits, settle it, again."""
        loop = asyncio.get_running_loop()
        while self._open or self._pending:
            await self._wanted.wait()
            self._wanted.clear()
            waiting = [job for job in self._pending if not job[1].done()]
            batch, self._pending = waiting[:_BATCH], waiting[_BATCH:]
            if batch:
                outcomes = await loop.run_in_executor(self._writing, self._commit, [change for change, _ in batch])
                for (_, future), outcome in zip(batch, outcomes, strict=True):
                    _settle(future, outcome)
                # Whoever was just answered may write again at once: let those writes join the next batch.
                await asyncio.sleep(0)
            if self._pending:
                self._wanted.set()

    def _commit(self, changes: Sequence[Change[Any]]) -> list[_Outcome]:
        """One transaction of many changes, on the writer's thread. Never raises an `Exception`."""
        connection = self._writer
        outcomes: list[_Outcome] = []
        changed = False
        try:
            connection.execute("BEGIN IMMEDIATE")
            for change in changes:
                before = connection.total_changes
                outcomes.append(self._attempt(change))
                changed |= outcomes[-1][0] and connection.total_changes != before
            connection.execute("COMMIT")
        except Exception as error:
            with contextlib.suppress(sqlite3.Error):
                connection.rollback()
            return [(False, self._translated(error))] * len(changes)
        self._commits += changed
        return outcomes

    def _attempt(self, change: Change[Any]) -> _Outcome:
        """One change in its savepoint. Raises sqlite3.Error when the whole transaction is lost (a full disk)."""
        connection = self._writer
        connection.execute("SAVEPOINT change")
        try:
            result = change(connection)
        except Exception as error:
            connection.execute("ROLLBACK TO change")
            connection.execute("RELEASE change")
            return False, self._translated(error)
        connection.execute("RELEASE change")
        return True, result

    def _query(self, connection: sqlite3.Connection, query: Change[T]) -> T:
        try:
            return query(connection)
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> Exception:
        if not isinstance(error, sqlite3.Error):
            return error
        failure = self._failure(f"{self._path}: {error}")
        failure.__cause__ = error
        return failure

    def _connect(self) -> None:
        """Open all connections, or none. Runs on the writer's thread; raises `failure`."""
        with contextlib.ExitStack() as opened:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # Records hold functions' variables: nobody else's to read. The log files inherit the mode.
                self._path.touch(mode=0o600)
                self._writer = opened.enter_context(contextlib.closing(self._connection()))
                self._writer.execute("PRAGMA journal_mode=WAL")
                self._writer.execute("PRAGMA synchronous=FULL")
                self._writer.execute(f"PRAGMA journal_size_limit={_LOG_BYTES}")
                self._prepare(self._writer)
                self._reader = opened.enter_context(contextlib.closing(self._connection()))
                self._looker = opened.enter_context(contextlib.closing(self._connection()))
                for connection in (self._reader, self._looker):
                    connection.execute("PRAGMA query_only=ON")
            except (OSError, sqlite3.Error) as error:
                raise self._failure(f"{self._path}: {error}") from error
            opened.pop_all()

    def _connection(self) -> sqlite3.Connection:
        # Opened on one thread, used by one other at a time: SQLite is serialized in any case.
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables of a new file; refuse a file of another schema version."""
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, self._version):
            raise self._failure(f"{self._path}: schema version {found}, this Lambent knows {self._version}")
        if found == 0:
            connection.execute("BEGIN IMMEDIATE")
            for statement in self._schema:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={self._version:d}")
            connection.execute("COMMIT")


def _settle(future: asyncio.Future[Any], outcome: _Outcome) -> None:
    if future.done():
        return
    succeeded, value = outcome
    if succeeded:
        future.set_result(value)
    else:
        future.set_exception(value)
