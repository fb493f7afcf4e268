"""What is the SQLite queue's own: commits, restarts, depth. The rest is tests/contract/test_queue.py."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.queue.sqlite import SqliteQueue
from lambent.sqlite import Database


async def test_messages_and_leases_outlive_the_process(tmp_path: Path) -> None:
    async with SqliteQueue(tmp_path / "queue.db") as queue:
        first = await queue.put("q", [b"leased", b"acked", b"waiting"], now=0.0)
        leased, acked = await queue.take("q", limit=2, now=0.0, lease=30.0)
        await queue.ack("q", [acked])
    async with SqliteQueue(tmp_path / "queue.db") as queue:
        assert await queue.depth("q", now=1.0) == (1, 1)
        assert [m.body for m in await queue.take("q", limit=9, now=1.0, lease=30.0)] == [b"waiting"]
        [again] = await queue.take("q", limit=9, now=30.0, lease=30.0)
        assert (again.id, again.attempts) == (leased.id, 2)
        assert await queue.ack("q", [leased]) == 0
        assert await queue.put("q", [b"new"], now=40.0) == [max(first) + 1]


async def test_ids_never_come_again(tmp_path: Path) -> None:
    async with SqliteQueue(tmp_path / "queue.db") as queue:
        [last] = await queue.put("q", [b"1"], now=0.0)
        await queue.ack("q", await queue.take("q", limit=1, now=0.0, lease=1.0))
    async with SqliteQueue(tmp_path / "queue.db") as queue:
        assert await queue.put("q", [b"2"], now=0.0) == [last + 1]


async def test_concurrent_calls_share_a_commit(tmp_path: Path) -> None:
    async with SqliteQueue(tmp_path / "queue.db") as queue:
        before = queue.commits
        await asyncio.gather(*(queue.put(f"q{n % 3}", [b"x"] * 3, now=0.0) for n in range(40)))
        assert queue.commits == before + 1
        taken = await asyncio.gather(*(queue.take(f"q{n}", limit=50, now=0.0, lease=1.0) for n in range(3)))
        assert queue.commits == before + 2
        await asyncio.gather(*(queue.ack(f"q{n}", messages) for n, messages in enumerate(taken)))
        assert queue.commits == before + 3


async def test_looking_in_vain_costs_no_commit(tmp_path: Path) -> None:
    async with SqliteQueue(tmp_path / "queue.db") as queue:
        await queue.put("q", [b"late"], now=0.0, visible_at=9.0)
        before = queue.commits
        assert await queue.take("q", limit=10, now=8.0, lease=1.0) == []
        await queue.depth("q", now=8.0)
        await queue.next_visible("q")
        assert queue.commits == before


async def test_a_take_looks_only_at_what_it_takes(tmp_path: Path) -> None:
    async with SqliteQueue(tmp_path / "queue.db"):
        pass
    statement = (
        "EXPLAIN QUERY PLAN SELECT id, body, attempts, enqueued_at FROM messages JOIN bodies USING (id)"
        " WHERE queue = 'q' AND visible_at <= 1 ORDER BY visible_at, id LIMIT 5"
    )
    async with Database(tmp_path / "queue.db", (), version=1, failure=PlatformError) as database:
        plan = await database.read(lambda connection: [row[3] for row in connection.execute(statement)])
    assert plan[0] == "SEARCH messages USING INDEX messages_in_order (queue=? AND visible_at<?)"
    assert not any("TEMP B-TREE" in step or "SCAN" in step for step in plan)


async def test_nothing_is_left_of_acknowledged_messages(tmp_path: Path) -> None:
    async with SqliteQueue(tmp_path / "queue.db") as queue:
        await queue.put("q", [b"x" * 1000] * 20, now=0.0)
        assert await queue.ack("q", await queue.take("q", limit=20, now=0.0, lease=1.0)) == 20
    async with Database(tmp_path / "queue.db", (), version=1, failure=PlatformError) as database:
        for table in ("messages", "bodies"):
            count = await database.read(
                lambda connection, name=table: connection.execute(f"SELECT count(*) FROM {name}").fetchone()
            )
            assert count == (0,)


HUNDRED_THOUSAND = """
import asyncio, sys
from pathlib import Path
from lambent.queue.sqlite import SqliteQueue

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

async def main():
    async with SqliteQueue(Path("queue.db")) as queue:
        body = b"x" * 400
        await queue.put("q", [body] * 1000, now=0.0)
        await queue.take("q", limit=1000, now=0.0, lease=0.0)
        before = peak = resident()
        for _ in range(99):
            await queue.put("q", [body] * 1000, now=0.0)
            peak = max(peak, resident())
        assert await queue.depth("q", now=0.0) == (100_000, 0)
        count = 0
        while messages := await queue.take("q", limit=1000, now=1.0, lease=1000.0):
            count += await queue.ack("q", messages)
            peak = max(peak, resident())
        assert count == 100_000 and await queue.depth("q", now=1.0) == (0, 0)
        print(peak - before)

asyncio.run(main())
"""


def test_a_hundred_thousand_messages_do_not_grow_memory(tmp_path: Path) -> None:
    # 40 MB of bodies; the page caches are 4 MB each.
    run = subprocess.run([sys.executable, "-c", HUNDRED_THOUSAND], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 16_000_000
    assert (tmp_path / "queue.db").stat().st_size > 40_000_000


async def test_what_is_no_queue_is_a_platform_error(tmp_path: Path) -> None:
    (tmp_path / "queue.db").write_bytes(b"x" * 5000)
    with pytest.raises(PlatformError, match=r"queue\.db"):
        await SqliteQueue(tmp_path / "queue.db").__aenter__()
