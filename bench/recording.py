"""What it costs to record everything of a warm invocation: `python -m bench --only recording`.

Two servers in turn: one records, of an actively traced function, its log, metrics, traces, bill and trail; the other,
the same program but for `servers.silent`, nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.measure import compare
from bench.report import Row
from bench.target import Target
from bench.warm import CALLERS, RUNTIME
from lambent.cli.local_server import LocalServer

SILENT = ("-m", "bench.servers.silent")
MOST = 1.25


def recording(data: Path, scale: int) -> list[Row]:
    """CPU of the server for an invocation that is recorded, over that of one that is not."""
    rows = []
    with LocalServer(data / "all") as recorded, LocalServer(data / "nothing", program=SILENT) as silent:
        targets = Target(recorded), Target(silent)
        for target in targets:
            target.deploy("warm", RUNTIME)
            target.api.update_function_configuration(FunctionName="warm", TracingConfig={"Mode": "Active"})
            target.api.get_waiter("function_updated_v2").wait(FunctionName="warm", WaiterConfig={"Delay": 1})
            target.first_ms("warm")
        names = "recorded", "not recorded"
        contestants = [
            replace(target.contestant("", target.invocation("warm")), name=name)
            for name, target in zip(names, targets, strict=True)
        ]
        for callers in (1, CALLERS):
            taken = compare(contestants, connections=callers, windows=20 * scale, seconds=0.06)
            much, little = (min(taken[name].server_us) for name in names)
            what = f"warm invocation, everything recorded, {callers} caller{'s' if callers > 1 else ''}: server's CPU"
            rows.append(Row(what, much, "us", much / little, "nothing recorded", mark=MOST, mark_is_ratio=True))
    return rows
