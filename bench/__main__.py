"""`make bench`: run everything, print the table, keep the figures in bench/results. Exit status 1 for a void run.

Takes about a minute; `--quick` (`make bench BENCH=--quick`) a third of it, with fewer windows.
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

from bench import report, sections
from bench.target import Target
from lambent.cli.local_server import LocalServer

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """One run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer windows: for a first look, not for claims")
    scale = 1 if parser.parse_args().quick else 4
    started = time.time()
    with tempfile.TemporaryDirectory(prefix="lambent-bench-") as directory:
        data = Path(directory)
        with LocalServer(data) as running:
            target = Target(running)
            rows, drift = sections.invocations(target, scale)
            rows += sections.cold_starts(target, scale)
        rows += sections.server(data, scale)
    void = drift > report.MOVED_AT_MOST
    print(report.table(rows))
    print(f"\nThe echo moved by {drift:.0%} during the run{': THE RUN IS VOID' if void else ''}.")
    print(f"Measured in {time.time() - started:.0f} s; kept in {_keep(rows, drift, void, started)}")
    return 1 if void else 0


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
