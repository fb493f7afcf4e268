"""A query over log files, as its process asks it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from lambent.observe.log_files import Group, LogFiles
from lambent.services.logs.insights.worker import Outcome, Task, ask


def task(root: Path, query: str, **more: object) -> Task:
    given = {
        "root": str(root),
        "account": "1",
        "region": "here",
        "groups": [("g", 0), ("h", 0)],
        "start_ms": 0,
        "end_ms": 100,
        "query": query,
        "limit": 100,
        "now_ms": 0,
        "memory": 2**30,
        "seconds": 20,
    }
    return Task(**{**given, **more})  # type: ignore[arg-type]


def fill(root: Path) -> None:
    files = LogFiles(root)
    for group in ("g", "h"):
        files.append(Group("1", "here", group), "s", [(n, f"{group} {n}") for n in range(0, 200, 10)])


def test_groups_and_times(tmp_path: Path) -> None:
    fill(tmp_path)
    outcome = ask(task(tmp_path, "stats count(*) as c by @log", groups=[("g", 50), ("h", 0)]))
    assert [[each["value"] for each in row] for row in outcome.rows] == [["1:g", "6"], ["1:h", "11"]]
    assert (outcome.matched, outcome.failure) == (17, "")
    assert outcome.scanned == 40 and outcome.size > 0


def test_in_its_process(tmp_path: Path) -> None:
    fill(tmp_path)
    told = subprocess.run(
        [sys.executable, "-m", "lambent.services.logs.insights.worker"],
        input=msgspec.json.encode(task(tmp_path, "filter @message like /g 1/ | fields @message")),
        capture_output=True,
        check=True,
    )
    outcome = msgspec.json.decode(told.stdout, type=Outcome)
    assert [row[0]["value"] for row in outcome.rows] == ["g 100", "g 10"]
