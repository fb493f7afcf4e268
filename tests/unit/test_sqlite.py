"""Group commit, isolation of changes, errors, threads: what the store and the queue rest on."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambent.sqlite import Database

SCHEMA = ("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)",)


class Broken(Exception):
    """The caller's error family."""


def database(path: Path, version: int = 1) -> Database:
    return Database(path, SCHEMA, version=version, failure=Broken)


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Database]:
    async with database(tmp_path / "deep" / "t.db") as opened:
        yield opened


def insert(number: int, text: str = "") -> object:
    return lambda connection: connection.execute("INSERT INTO t VALUES (?, ?)", [number, text]).lastrowid


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def numbers(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT n FROM t ORDER BY n")]


async def test_writers_that_wait_together_share_one_commit(opened: Database) -> None:
    before = opened.commits
    assert await asyncio.gather(*(opened.write(insert(n)) for n in range(200))) == list(range(200))
    assert opened.commits == before + 1


async def test_writers_that_wait_for_a_commit_share_the_next(opened: Database) -> None:
    async def writer(name: int) -> None:
        for turn in range(10):
            await opened.write(insert(name * 10 + turn))

    before = opened.commits
    await asyncio.gather(*(writer(name) for name in range(50)))
    assert opened.commits == before + 10
    assert len(await opened.read(numbers)) == 500


class SlowChange:
    """A change that holds the writer's thread until told to go on."""

    def __init__(self) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()

    def __call__(self, connection: sqlite3.Connection) -> int:
        self.reached.set()
        assert self.go_on.wait(10)
        return threading.get_ident()


async def test_who_was_answered_joins_those_who_wait(opened: Database) -> None:
    slow = SlowChange()

    async def writer(name: int) -> None:
        for turn in range(5):
            await opened.write(insert(name * 10 + turn))

    async with asyncio.TaskGroup() as group:
        for name in range(10):
            group.create_task(writer(name))
        group.create_task(opened.write(slow))
        await asyncio.to_thread(slow.reached.wait, 10)
        for name in range(10, 20):
            group.create_task(writer(name))
        await asyncio.sleep(0)
        slow.go_on.set()
    # One commit ahead of the others, then all together: not each crowd in turn.
    assert opened.commits == 6


async def test_one_after_the_other_each_has_its_commit(opened: Database) -> None:
    before = opened.commits
    for n in range(5):
        await opened.write(insert(n))
    assert opened.commits == before + 5


async def test_a_large_crowd_is_split(opened: Database) -> None:
    before = opened.commits
    await asyncio.gather(*(opened.write(insert(n)) for n in range(2500)))
    assert opened.commits == before + 3


async def test_what_changes_nothing_costs_no_commit(opened: Database) -> None:
    before = opened.commits
    assert await opened.write(numbers) == []
    with pytest.raises(ZeroDivisionError):
        await opened.write(lambda connection: connection.execute("INSERT INTO t VALUES (1, '')") and 1 / 0)
    await opened.read(numbers)
    assert opened.commits == before


async def test_a_change_that_raises_is_undone_alone(opened: Database) -> None:
    def insert_and_raise(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (2, '')")
        raise LookupError("no")

    results = await asyncio.gather(
        opened.write(insert(1)),
        opened.write(insert_and_raise),
        opened.write(insert(1)),
        opened.write(insert(3)),
        return_exceptions=True,
    )
    assert results[0] == 1 and results[3] == 3
    assert isinstance(results[1], LookupError)
    assert isinstance(results[2], Broken) and "UNIQUE" in str(results[2])
    assert await opened.read(numbers) == [1, 3]


async def test_a_change_that_ends_the_transaction_fails_all_who_share_it(opened: Database) -> None:
    # As SQLite itself does when the disk is full.
    results = await asyncio.gather(
        opened.write(insert(1)), opened.write(lambda connection: connection.rollback()), return_exceptions=True
    )
    assert [type(result) for result in results] == [Broken, Broken]
    assert await opened.read(numbers) == []
    assert await opened.write(insert(2)) == 2


async def test_a_full_disk_is_the_callers_error_and_nothing_is_half_written(opened: Database) -> None:
    await opened.write(lambda connection: connection.execute("PRAGMA max_page_count=10"))
    with pytest.raises(Broken, match="full"):
        await opened.write(insert(1, "x" * 100_000))
    assert await opened.write(insert(2)) == 2
    assert await opened.read(numbers) == [2]


async def test_a_read_sees_every_write_that_returned(opened: Database) -> None:
    for n in range(20):
        await opened.write(insert(n))
        assert await opened.read(numbers) == list(range(n + 1))


async def test_reads_cannot_write_and_their_errors_are_the_callers(opened: Database) -> None:
    with pytest.raises(Broken, match="readonly"):
        await opened.read(insert(1))
    with pytest.raises(Broken, match="no such table"):
        await opened.read(lambda connection: connection.execute("SELECT * FROM absent"))
    with pytest.raises(ZeroDivisionError):
        await opened.read(lambda connection: 1 / 0)


async def test_the_loop_goes_on_while_the_disk_is_slow(opened: Database) -> None:
    slow = SlowChange()
    writing = asyncio.create_task(opened.write(slow))
    await asyncio.to_thread(slow.reached.wait, 10)
    # The writer stands still; the loop and the reader do not, and further writers queue up behind.
    behind = [asyncio.create_task(opened.write(insert(n))) for n in range(3)]
    assert await opened.read(numbers) == []
    assert not writing.done() and not any(task.done() for task in behind)
    before = opened.commits
    slow.go_on.set()
    assert await writing != threading.get_ident()
    await asyncio.gather(*behind)
    assert opened.commits == before + 1


async def test_who_is_cancelled_before_its_turn_writes_nothing(opened: Database) -> None:
    kept, cancelled = asyncio.create_task(opened.write(insert(1))), asyncio.create_task(opened.write(insert(2)))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert await kept == 1
    assert cancelled.cancelled() or cancelled.cancelling()
    assert await opened.read(numbers) == [1]


async def test_who_is_cancelled_during_the_commit_harms_nobody(opened: Database) -> None:
    slow = SlowChange()
    writing = asyncio.create_task(opened.write(slow))
    await asyncio.to_thread(slow.reached.wait, 10)
    writing.cancel()
    slow.go_on.set()
    assert await opened.write(insert(1)) == 1
    with pytest.raises(asyncio.CancelledError):
        await writing


async def test_leaving_waits_for_those_behind_the_commit_that_is_under_way(tmp_path: Path) -> None:
    slow = SlowChange()
    async with database(tmp_path / "t.db") as leaving:
        first = asyncio.create_task(leaving.write(slow))
        await asyncio.to_thread(slow.reached.wait, 10)
        behind = [asyncio.create_task(leaving.write(insert(n))) for n in range(3)]
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.01, slow.go_on.set)
    assert await first and await asyncio.gather(*behind) == [0, 1, 2]


async def test_leaving_commits_what_waits_and_refuses_the_rest(tmp_path: Path) -> None:
    async with database(tmp_path / "t.db") as leaving:
        waiting = [asyncio.create_task(leaving.write(insert(n))) for n in range(5)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*waiting) == list(range(5))
    for call in (leaving.write, leaving.read):
        with pytest.raises(Broken, match="not open"):
            await call(numbers)
    assert names(tmp_path) == ["t.db"]
    async with database(tmp_path / "t.db") as again:
        assert await again.read(numbers) == list(range(5))


async def test_full_synchronous_write_ahead_log(opened: Database) -> None:
    def pragmas(connection: sqlite3.Connection) -> list[object]:
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]

    assert await opened.write(pragmas) == ["wal", 2]


async def test_the_files_are_the_owners_alone(opened: Database, tmp_path: Path) -> None:
    await opened.write(insert(1))
    assert names(tmp_path / "deep") == ["t.db", "t.db-shm", "t.db-wal"]
    assert {stat.S_IMODE((tmp_path / "deep" / name).stat().st_mode) for name in names(tmp_path / "deep")} == {0o600}


async def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    async with database(tmp_path / "t.db", version=2):
        pass
    with pytest.raises(Broken, match="schema version 2, this Lambent knows 1"):
        await database(tmp_path / "t.db").__aenter__()


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 2000])
async def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.db").write_bytes(content)
    with pytest.raises(Broken, match=re.escape(str(tmp_path / "t.db"))):
        await database(tmp_path / "t.db").__aenter__()
    assert (tmp_path / "t.db").read_bytes() == content


async def test_a_place_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Broken):
        await database(tmp_path / "file" / "t.db").__aenter__()


async def test_no_thread_is_left(tmp_path: Path) -> None:
    before = threading.active_count()
    async with database(tmp_path / "t.db") as opened:
        await opened.write(insert(1))
        await opened.read(numbers)
        assert threading.active_count() == before + 2
    assert threading.active_count() == before


CHILD = """
import asyncio, sys
from pathlib import Path
from lambent.sqlite import Database

async def main():
    schema = ("CREATE TABLE t (n INTEGER PRIMARY KEY)",)
    async with Database(Path("t.db"), schema, version=1, failure=Exception) as database:
        for n in range(int(sys.argv[1])):
            await database.write(lambda connection: connection.execute("INSERT INTO t VALUES (?)", [n]))
            await database.read(lambda connection: connection.execute("SELECT * FROM t").fetchone())
        print(database.commits)

asyncio.run(main())
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace counts the fsyncs")
def test_one_sync_of_the_log_for_each_commit_and_none_on_the_main_thread(tmp_path: Path) -> None:
    def logs_synced(writes: int) -> tuple[int, int]:
        trace = tmp_path / f"trace-{writes}"
        directory = tmp_path / str(writes)
        directory.mkdir()
        command = ["strace", "-f", "-y", "-e", "trace=fsync,fdatasync,pwrite64", "-o", trace, sys.executable]
        run = subprocess.run([*command, "-c", CHILD, str(writes)], cwd=directory, capture_output=True, text=True)
        if "ptrace" in run.stderr or "Operation not permitted" in run.stderr:
            pytest.skip("tracing is not allowed here")
        assert run.returncode == 0, run.stderr
        lines = trace.read_text().splitlines()
        assert len({line.split()[0] for line in lines if "t.db" in line}) == 1
        main_thread = lines[-1].split()[0]
        assert not any(line.split()[0] == main_thread and "t.db" in line for line in lines)
        return sum("sync(" in line and "t.db-wal>" in line for line in lines), int(run.stdout)

    few, many = logs_synced(3), logs_synced(13)
    assert many[1] - few[1] == 10
    assert many[0] - few[0] == 10
    assert names(tmp_path / "3") == ["t.db"]
