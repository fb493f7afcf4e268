"""What is the SQLite store's own: commits, files, restarts. The rest is tests/contract/test_store.py."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.sqlite import Database
from lambent.store.base import ABSENT, Conflict, Record, Write
from lambent.store.sqlite import SqliteStore


async def test_records_and_revisions_outlive_the_process(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "state.db") as store:
        kept = await store.put("kept", b"1")
        await store.put("gone", b"1")
        await store.delete("gone")
    async with SqliteStore(tmp_path / "state.db") as store:
        assert await store.list("") == [Record("kept", b"1", kept)]
        # Above the deleted record's revision, and the deletion's.
        assert await store.put("gone", b"2", expect=ABSENT) > kept + 2


async def test_concurrent_writers_share_a_commit(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "state.db") as store:
        before = store.commits
        revisions = await asyncio.gather(
            *(store.put(f"k{n}", b"") for n in range(50)), store.transact([Write("a", b""), Write("b", b"")])
        )
        assert store.commits == before + 1
        assert len(set(revisions)) == 51


async def test_a_conflict_does_not_spoil_its_neighbours_commit(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "state.db") as store:
        results = await asyncio.gather(
            *(store.put("same", b"%d" % n, expect=ABSENT) for n in range(10)), return_exceptions=True
        )
        assert sum(isinstance(result, Conflict) for result in results) == 9
        assert store.commits == 1
        record = await store.get("same")
        assert record is not None and record.revision in results


async def test_reading_conflicts_and_deleting_nothing_cost_no_commit(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "state.db") as store:
        await store.put("a", b"")
        before = store.commits
        await store.get("a")
        await store.list("")
        await store.count("")
        assert not await store.delete("b")
        with pytest.raises(Conflict):
            await store.put("a", b"", expect=ABSENT)
        assert store.commits == before


async def test_listing_a_prefix_does_not_look_at_other_keys(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "state.db"):
        pass
    async with Database(tmp_path / "state.db", (), version=1, failure=PlatformError) as database:
        for where in ("key >= 'a' AND key < 'b' AND key > 'a1'", "key = 'a'"):
            statement = (
                f"EXPLAIN QUERY PLAN SELECT key, value, revision FROM records WHERE {where} ORDER BY key LIMIT 5"
            )
            plan = await database.read(lambda connection, sql=statement: connection.execute(sql).fetchall())
            assert [row[3].split(" (")[0] for row in plan] == ["SEARCH records USING INDEX sqlite_autoindex_records_1"]


async def test_the_last_page_costs_what_the_first_costs(tmp_path: Path) -> None:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    async with SqliteStore(tmp_path / "state.db") as store:
        await store.transact([Write(f"a/{number:04d}", b"") for number in range(2000)])
        await store._database.read(lambda connection: connection.set_progress_handler(count, 1))
        costs = []
        for after in ("", "a/0500", "a/1940"):
            steps = 0
            assert len(await store.list("a/", after=after, limit=50)) == 50
            costs.append(steps)
    assert max(costs) - min(costs) <= 10
    assert min(costs) > 50


async def test_what_is_no_store_is_a_platform_error(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"x" * 5000)
    with pytest.raises(PlatformError, match=r"state\.db"):
        await SqliteStore(tmp_path / "state.db").__aenter__()


async def test_a_closed_store_is_a_platform_error(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "state.db") as store:
        pass
    with pytest.raises(PlatformError):
        await store.get("a")
    with pytest.raises(PlatformError):
        await store.put("a", b"")
