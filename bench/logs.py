"""What logs cost: `python -m bench --only logs`. In this process, on a disk; CPU time of all its threads.

Taking in a function's lines is held against writing the same bytes to a file, looking for a word against reading the
same bytes and searching them with `bytes.find`, as `grep` would: both do no more than must be done.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from bench.report import Row
from lambent.clock import MovableClock
from lambent.observe.log_files import Group, LogFiles
from lambent.observe.log_lines import needle_of
from lambent.observe.log_search import Wanted, page
from lambent.observe.logs import LogStore
from lambent.services.logs.patterns.pattern import compiled

GROUP = Group("000000000000", "us-east-1", "/aws/lambda/f")
BATCH = 20_000
_START = 1_790_000_000_000
_TEXT = "[INFO]\t2026-11-28T16:00:00.000Z\t8f5c1e0a-0000-4000-8000-%012d\tserved"
_WORD = "000000123456"


def logs(data: Path, scale: int) -> list[Row]:
    """The rows: of `scale` times 250,000 events."""
    count = 250_000 * scale
    written, took = asyncio.run(_take_in(data / "logs", count))
    raw = _cpu(lambda: _write_raw(data / "raw", data / "logs"))
    files = LogFiles(data / "logs")
    files.recover()
    while files.pack():
        pass
    files = LogFiles(data / "logs")
    size_mb = files.sizes(GROUP)["s"] / 1e6
    pattern = compiled(_WORD)
    wanted = Wanted(matches=lambda text: pattern.match(text) is not None, needle=needle_of(_WORD))
    _search(files, wanted)  # indexes are read once
    word = min(_cpu(lambda: _search(files, wanted)) for _ in range(3))
    found = min(_cpu(lambda: _find(data / "raw")) for _ in range(3))
    every = _cpu(lambda: _search(files, Wanted(matches=lambda text: "nowhere" in text)))
    durable = asyncio.run(_put(data / "put", count // 5))
    return [
        Row("log events written by functions: CPU", took / written * 1e6, "us/event", took / raw, "raw write"),
        Row("... a second of CPU", written / took, "events", mark=100_000, at_least=True),
        Row("log events put durably, a second of CPU", durable, "events", mark=100_000, at_least=True),
        Row("a word in packed logs, per 100 MB: CPU", word / size_mb * 100, "s", word / found, "bytes.find", mark=1.0),
        Row("a pattern that must read each event, per 100 MB: CPU", every / size_mb * 100, "s"),
        Row("logs on the disk, packed", sum(files.stored(GROUP).values()) / size_mb / 1e4, "%"),
    ]


async def _take_in(root: Path, count: int) -> tuple[int, float]:
    """Lines of one stream, as fast as the disk takes them: how many, CPU seconds."""
    async with LogStore(root, MovableClock()) as store:
        stream = store.stream(*GROUP, "s")
        began = time.process_time()
        for start in range(0, count, BATCH):
            for number in range(start, start + BATCH):
                stream.write(_START + number, _TEXT % number)
            await store.flush()
        took = time.process_time() - began
    return count - stream.dropped, took


async def _put(root: Path, count: int) -> float:
    """Events a second of CPU through `put`, four batches at once."""
    async with LogStore(root, MovableClock()) as store:
        began = time.process_time()
        for start in range(0, count, 4 * 5000):
            batches = [
                [(_START + number, _TEXT % number) for number in range(first, first + 5000)]
                for first in range(start, start + 4 * 5000, 5000)
            ]
            await asyncio.gather(*(store.put(GROUP, f"s{number}", each) for number, each in enumerate(batches)))
        return count / (time.process_time() - began)


def _write_raw(target: Path, source: Path) -> None:
    """The same bytes, from memory into one file."""
    pieces = sorted(source.rglob("s.log*"), key=lambda path: path.stat().st_mtime_ns)
    data = b"".join(path.read_bytes() for path in pieces if path.suffix not in (".gz", ".idx"))
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for start in range(0, len(data), 2**20):
        os.write(descriptor, data[start : start + 2**20])
    os.close(descriptor)


def _find(path: Path) -> None:
    word = _WORD.encode()
    with path.open("rb") as file:
        while data := file.read(2**18):
            data.find(word)


def _search(files: LogFiles, wanted: Wanted) -> None:
    beyond = None
    while True:
        told = page(files, GROUP, ["s"], wanted, limit=10_000, beyond=beyond)
        beyond = told.next
        if beyond is None:
            return


def _cpu(work: Callable[[], None]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before
