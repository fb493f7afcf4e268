"""A query at work, in a process of its own: it may take long, and a regular expression for ever; then it is killed.

`python -m lambent.services.logs.insights.worker`: a `Task` as JSON comes in, an `Outcome` goes out. It only reads.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lambent.observe import log_lines, log_segments
from lambent.observe.log_files import LogFiles
from lambent.observe.log_names import Group
from lambent.services.logs.insights.query import Query
from lambent.services.logs.insights.rows import Row, row
from lambent.services.logs.names import pointer


class Task(msgspec.Struct, frozen=True):
    """What is asked: `groups` are names and the times before which their events are not kept; times in milliseconds,
    both ends included. `memory` in bytes, `seconds` of the processor are all that it may take."""

    root: str
    account: str
    region: str
    groups: list[tuple[str, int]]
    start_ms: int
    end_ms: int
    query: str
    limit: int
    now_ms: int
    memory: int
    seconds: int


class Outcome(msgspec.Struct):
    """What came of it."""

    rows: list[list[dict[str, str]]] = []
    matched: int = 0
    scanned: int = 0
    size: int = 0
    failure: str = ""


def ask(task: Task) -> Outcome:
    """Ask all events."""
    outcome = Outcome()
    query = Query(task.query, now_ms=task.now_ms, limit=task.limit)
    try:
        outcome.rows = query.run(_rows(task, outcome))
    except MemoryError:
        outcome.failure = "the query needs more memory than it may take"
    outcome.matched = query.matched
    return outcome


def main() -> int:
    """Read, ask, write."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    resource.setrlimit(resource.RLIMIT_AS, (task.memory, task.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (task.seconds, task.seconds))
    os.nice(10)
    sys.stdout.buffer.write(msgspec.json.encode(ask(task)))
    return 0


def _rows(task: Task, outcome: Outcome) -> Iterator[Row]:
    files = LogFiles(Path(task.root), foreign=True)
    for name, oldest_ms in task.groups:
        group, start = Group(task.account, task.region, name), max(task.start_ms, oldest_ms)
        for stream in files.streams(group):
            for piece, descriptor, blocks in files.opened(group, stream):
                for block in blocks:
                    if block.last_ms < start or block.first_ms > task.end_ms:
                        continue
                    outcome.scanned += block.count
                    outcome.size += block.end - block.start
                    data = log_segments.read(piece, descriptor, block)
                    for event in log_lines.found(data, block.start, stream, start_ms=start, end_ms=task.end_ms + 1):
                        yield row(event, group=name, account=task.account, pointer=pointer(group, event))


if __name__ == "__main__":
    sys.exit(main())
