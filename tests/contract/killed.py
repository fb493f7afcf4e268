"""Children that write, acknowledge each write on stdout, and are killed by `test_durability.py`. Run as a script.

Every acknowledgement is one `os.write` of a whole line, made only after the call it tells of returned.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import random
import sys
import zipfile
from itertools import count
from pathlib import Path

from lambent.clock import MovableClock
from lambent.observe.log_names import Group
from lambent.observe.logs import LogStore
from lambent.queue.sqlite import SqliteQueue
from lambent.store.base import ABSENT, Write
from lambent.store.blobs import Blobs
from lambent.store.code import CodeStore
from lambent.store.sqlite import SqliteStore

WRITERS = 8


def say(*words: object) -> None:
    """Acknowledge, on the pipe to the test."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def filling(name: str, most: int = 20_000) -> bytes:
    """Bytes that only `name` can have, of a length that varies with it: a torn value cannot look whole."""
    digest = hashlib.sha256(name.encode()).digest()
    return digest + digest * (int.from_bytes(digest[:4], "big") % (most // 32))


def package(name: str) -> bytes:
    """A zip file of a few files that only `name` can have."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(5):
            archive.writestr(f"package/{number}.py", filling(f"{name}/{number}"))
    return file.getvalue()


async def write_store(root: Path, life: int) -> None:
    """Pairs of keys in one transaction, and one head that all writers replace."""

    async def writer(number: int) -> None:
        for turn in count():
            name = f"{life}/{number}/{turn}"
            left, right = Write(f"left/{name}", filling(name), ABSENT), Write(f"right/{name}", filling(name), ABSENT)
            revision = await store.transact([left, right, Write("head", filling(name))])
            say(name, revision)

    async with SqliteStore(root / "state.db") as store, asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(writer(number))


async def write_queue(root: Path, life: int) -> None:
    """Putters, and takers that acknowledge half of what they take. Leases outlast the test."""

    async def putter(number: int) -> None:
        for turn in count():
            name = f"{life}/{number}/{turn}"
            for identifier in await queue.put("q", [filling(name)], now=1.0):
                say("put", identifier, name)
            await asyncio.sleep(0)

    async def taker() -> None:
        while True:
            for message in await queue.take("q", limit=3, now=1.0, lease=1e6):
                if message.id % 2:
                    say("acking", message.id)
                    assert await queue.ack("q", [message]) == 1
                    say("acked", message.id)

    async with SqliteQueue(root / "queue.db") as queue, asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(putter(number))
        group.create_task(taker())
        group.create_task(taker())


async def write_blobs(root: Path, life: int) -> None:
    """Blobs of up to a megabyte, several at a time."""

    async def writer(number: int) -> None:
        for turn in count():
            say(await blobs.put(filling(f"{life}/{number}/{turn}", most=1_000_000)))

    blobs = Blobs(root / "blobs")
    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(writer(number))


async def write_code(root: Path, life: int) -> None:
    """Packages, each with its tree."""
    code = CodeStore(root)
    for turn in count():
        name = f"{life}/{turn}"
        say((await code.add(package(name))).digest, name)


async def write_logs(root: Path, life: int) -> None:
    """Lines of two streams, acknowledged when flushed, and events of a third that are sent one by one."""
    async with LogStore(root / "logs", MovableClock()) as logs:
        streams = [logs.stream("1", "here", "/aws/lambda/f", f"{life}-{number}") for number in range(2)]
        for turn in count():
            for stream in streams:
                stream.write(turn, f"{turn} " + "é\n" * random.Random(turn).randrange(3000))
            await logs.flush()
            assert await logs.put(Group("1", "here", "sent"), str(life), [(turn, str(turn))])
            say(turn)


if __name__ == "__main__":
    asyncio.run(globals()[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3])))
