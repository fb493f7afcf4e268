"""What `kill -9` leaves: all that was acknowledged is there, and nothing is torn. See `killed.py`."""

from __future__ import annotations

import importlib.util
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

from lambent.clock import MovableClock
from lambent.observe.logs import LogStore
from lambent.queue.sqlite import SqliteQueue
from lambent.store.blobs import Blobs
from lambent.store.code import CodeStore
from lambent.store.sqlite import SqliteStore

CHILDREN = Path(__file__).with_name("killed.py")
SPECIFICATION = importlib.util.spec_from_file_location("killed", CHILDREN)
assert SPECIFICATION is not None and SPECIFICATION.loader is not None
killed = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(killed)

LIVES = 4
SEED = 20261120


def live_and_be_killed(writer: str, root: Path, life: int, most: int) -> list[list[str]]:
    """Run a child until it has acknowledged up to `most` times, kill it, return all its whole lines as words."""
    lines = random.Random(SEED + life).randrange(1, most)
    with subprocess.Popen([sys.executable, CHILDREN, writer, root, str(life)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        told = b""
        while told.count(b"\n") < lines and (more := os.read(child.stdout.fileno(), 65536)):
            told += more
        assert child.poll() is None, "the child ended by itself"
        child.kill()
        told += child.stdout.read()
    acknowledged = [line.split() for line in told.decode().split("\n")[:-1]]
    assert len(acknowledged) >= lines
    return acknowledged


def assert_sound(path: Path) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


async def test_records(tmp_path: Path) -> None:
    acknowledged: list[list[str]] = []
    for life in range(LIVES):
        acknowledged += live_and_be_killed("write_store", tmp_path, life, most=400)
        async with SqliteStore(tmp_path / "state.db") as store:
            left = {record.key.removeprefix("left/"): record for record in await store.list("left/", limit=10**6)}
            right = {record.key.removeprefix("right/"): record for record in await store.list("right/", limit=10**6)}
            head = await store.get("head")
        assert left.keys() == right.keys()
        for name in left:
            assert left[name].value == right[name].value == killed.filling(name)
            assert left[name].revision == right[name].revision
        for name, revision in acknowledged:
            assert left[name].revision == int(revision)
        last = max(left, key=lambda name: left[name].revision)
        assert head is not None
        assert (head.value, head.revision) == (killed.filling(last), left[last].revision)
        assert len({record.revision for record in left.values()}) == len(left)
        assert_sound(tmp_path / "state.db")


async def test_messages(tmp_path: Path) -> None:
    told: list[list[str]] = []
    for life in range(LIVES):
        told += live_and_be_killed("write_queue", tmp_path, life, most=600)
        async with SqliteQueue(tmp_path / "queue.db") as queue:
            found = {m.id: m.body for m in await queue.take("q", limit=10**6, now=2.0 + 1e6, lease=-1e6)}
        put = {int(words[1]): words[2] for words in told if words[0] == "put"}
        acking = {int(words[1]) for words in told if words[0] == "acking"}
        acked = {int(words[1]) for words in told if words[0] == "acked"}
        assert put.keys() - acking <= found.keys()
        assert not acked & found.keys()
        for identifier, body in found.items():
            if identifier in put:
                assert body == killed.filling(put[identifier])
        assert_sound(tmp_path / "queue.db")
    assert acked


async def test_blobs(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    acknowledged: set[str] = set()
    for life in range(LIVES):
        acknowledged |= {words[0] for words in live_and_be_killed("write_blobs", tmp_path, life, most=60)}
        present = await blobs.digests()
        assert acknowledged <= set(present)
        for digest in present:
            assert await blobs.put(await blobs.read(digest)) == digest
    await blobs.discard_incoming()
    assert list((tmp_path / "blobs" / "incoming").iterdir()) == []


async def test_code(tmp_path: Path) -> None:
    names: dict[str, str] = {}
    for life in range(LIVES):
        names |= dict(live_and_be_killed("write_code", tmp_path, life, most=30))
        code = CodeStore(tmp_path)
        for digest, name in names.items():
            tree = code.tree(digest)
            assert tree.is_dir()
            for number in range(5):
                assert (tree / "package" / f"{number}.py").read_bytes() == killed.filling(f"{name}/{number}")
        for tree in (tmp_path / "code").iterdir():
            assert len(list((tree / "package").iterdir())) == 5
        await code.sweep(names.keys())
        assert {path.name for path in (tmp_path / "code").iterdir()} == names.keys()
        assert await code.blobs.digests() == sorted(names)
        assert list((tmp_path / "tmp").iterdir()) == []


async def test_log_lines(tmp_path: Path) -> None:
    for life in range(LIVES):
        told = live_and_be_killed("write_logs", tmp_path, life, most=60)
        async with LogStore(tmp_path / "logs", MovableClock()) as logs:
            again = logs.stream("1", "here", "/aws/lambda/f", f"{life}-0")
            again.write(10**9, "after")
            events = await logs.read("1", "here", "/aws/lambda/f", limit=10**6)
            sent = await logs.read("1", "here", "sent", limit=10**6)
        assert {turn for (turn,) in told} <= {event.message for event in sent if event.stream == str(life)}
        for number in range(2):
            messages = [event.message for event in events if event.stream == f"{life}-{number}"]
            after = messages.pop() if number == 0 else "after"
            assert after == "after"
            assert len(messages) >= len(told)
            assert [message.split(" ")[0] for message in messages] == [str(turn) for turn in range(len(messages))]
            for turn, message in enumerate(messages):
                assert message == f"{turn} " + "é\n" * random.Random(turn).randrange(3000)
