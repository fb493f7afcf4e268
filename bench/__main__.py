"""`make bench`: run everything, print the table, keep the figures in bench/results. Exit status 1 for a void run.

Takes about five minutes. `--quick` (`make bench BENCH=--quick`) has fewer windows and smaller crowds, `--only PART`
runs one part.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from bench import (
    asynchronous,
    buses,
    cold,
    control,
    crowd,
    frozen,
    identity,
    logs,
    queues,
    recording,
    report,
    series,
    topics,
    warm,
)
from bench.target import Target
from lambent.cli.local_server import LocalServer

PARTS = (
    *("warm", "cold", "frozen", "crowd", "control", "asynchronous", "buses", "topics", "queues", "identity", "logs"),
    *("recording", "series"),
)
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """One run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer windows: for a first look, not for claims")
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    arguments = parser.parse_args()
    os.environ["LAMBENT_INVOCATIONS_PER_SECOND"] = (
        "0"  # for the servers to come: the machine is measured, not AWS's limit
    )
    started = time.time()
    with tempfile.TemporaryDirectory(prefix="lambent-bench-") as directory:
        rows, drift = _run(Path(directory), arguments.only, quick=arguments.quick)
    void = drift > report.MOVED_AT_MOST
    print(report.table(rows))
    print(f"\nThe echo moved by {drift:.0%} during the run{': THE RUN IS VOID' if void else ''}.")
    print(f"Measured in {time.time() - started:.0f} s; kept in {_keep(rows, drift, void, started)}")
    return 1 if void else 0


def _run(data: Path, only: str | None, *, quick: bool) -> tuple[list[report.Row], float]:
    """The rows, and by which share the echo moved."""
    scale = 1 if quick else 4
    rows: list[report.Row] = []
    drift = 0.0
    wanted = PARTS if only is None else (only,)
    if "warm" in wanted or "cold" in wanted:
        with LocalServer(data / "first") as running:
            target = Target(running)
            if "warm" in wanted:
                rows, drift = warm.invocations(target, scale)
            if "cold" in wanted:
                rows += cold.cold_starts(target, scale)
        if "cold" in wanted:
            rows += cold.server(data / "first", scale)
    if "frozen" in wanted and os.geteuid() == 0:
        rows += frozen.thaw_and_freeze(data / "frozen", scale)
    if "crowd" in wanted:
        rows += crowd.environments(data / "crowd", 200 if quick else crowd.CROWD)
    if "control" in wanted:
        rows += control.control_plane(data / "control", scale)
    if "asynchronous" in wanted:
        rows += asynchronous.events(data / "asynchronous", scale)
    if "buses" in wanted:
        rows += buses.buses(data / "buses", scale)
    if "topics" in wanted:
        rows += topics.topics(data / "topics", scale, 1000 if quick else topics.AUDIENCE)
    if "identity" in wanted:
        rows += identity.identity(scale)
    if "queues" in wanted:
        rows += queues.queues(data / "queues", scale, 300 if quick else queues.MAPPINGS)
    if "logs" in wanted:
        rows += logs.logs(data / "logs", scale)
    if "recording" in wanted:
        rows += recording.recording(data / "recording", scale)
    if "series" in wanted:
        rows += series.series(data / "series", scale)
    return rows, drift


def _keep(rows: list[report.Row], drift: float, void: bool, started: float) -> str:
    """Write the run's JSON; returns the path as it is to be shown."""
    RESULTS.mkdir(exist_ok=True)
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(started))
    target = RESULTS / f"{moment}.json"
    run = {
        "started": started,
        "void": void,
        "echo_moved": drift,
        "machine": {"cpus": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()},
        "rows": [{**asdict(row), "met": row.met} for row in rows],
    }
    target.write_text(json.dumps(run, indent=2) + "\n")
    return str(target.relative_to(RESULTS.parent.parent))


if __name__ == "__main__":
    raise SystemExit(main())
