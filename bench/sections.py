"""The parts of a run. Each starts what it measures, returns rows, and leaves nothing behind."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import starts
from bench.cpu import on_one_core
from bench.load import latencies
from bench.measure import Contestant, Windows, compare
from bench.report import Row, moved
from bench.target import Target
from lambent.cli.local_server import LocalServer, descendants

RUNTIME = f"python3.{sys.version_info.minor}"
CALLERS = 16
NAMES = {"echo": "echo", "hop": "echo + hop to a worker", "invoke": "warm signed invoke"}


@contextmanager
def baseline(name: str, request: bytes) -> Iterator[Contestant]:
    """One of `bench.servers`, running."""
    command = [sys.executable, "-m", f"bench.servers.{name}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            behind = descendants(process.pid)
            yield Contestant(name, ("127.0.0.1", port), request, [process.pid], lambda: behind)
        finally:
            process.kill()


def invocations(target: Target, scale: int) -> tuple[list[Row], float]:
    """Warm invocations against the echo and the hop. Also returns by which share the echo moved meanwhile."""
    rows: list[Row] = []
    drift = 0.0
    target.deploy("warm", RUNTIME)
    target.first("warm")
    warm = target.contestant("invoke", "warm")
    with baseline("echo", warm.request) as echo, baseline("hop", warm.request) as hop:
        contestants = (echo, hop, warm)
        with on_one_core(pid for c in contestants for pid in (*c.server, *c.behind())):
            taken = compare(contestants, connections=1, windows=3 * scale, seconds=0.25)
        rows += _cpu_rows(taken, 1, mark=None)
        drift = max(drift, _drift(taken["echo"]))
        taken = compare(contestants, connections=CALLERS, windows=3 * scale, seconds=0.25)
        rows += _cpu_rows(taken, CALLERS, mark=20.0)
        drift = max(drift, _drift(taken["echo"]))
        for contestant in contestants:
            times = latencies(contestant.address, contestant.request, 250 * scale)
            mark = 1.5 if contestant is warm else None
            rows.append(Row(f"{NAMES[contestant.name]}: p50, 1 caller", times[len(times) // 2] * 1000, "ms", mark=mark))
            rows.append(Row(f"{NAMES[contestant.name]}: p99, 1 caller", times[len(times) * 99 // 100] * 1000, "ms"))
    return rows, drift


def _cpu_rows(taken: dict[str, Windows], callers: int, mark: float | None) -> list[Row]:
    """CPU of each contestant as ratios to the echo's; `mark` is the highest ratio that the invocation may have."""
    rows = []
    least = min(taken["echo"].all_us)
    for name, windows in taken.items():
        what = f"{NAMES[name]}: %s, {f'{callers} callers' if callers > 1 else '1 caller, one core'}"
        everything = min(windows.all_us)
        limit = mark if name == "invoke" else None
        if name != "echo":
            rows.append(
                Row(what % "server's CPU a request", min(windows.server_us), "us", min(windows.server_us) / least)
            )
        rows.append(Row(what % "all CPU a request", everything, "us", everything / least, limit, mark_is_ratio=True))
        if callers > 1:
            rows.append(Row(what % "requests a second", max(windows.per_second), "/s"))
    return rows


def _drift(echo: Windows) -> float:
    """How far apart the echo's best windows of the first and the second half are."""
    half = len(echo.all_us) // 2
    return moved([min(echo.all_us[:half]), min(echo.all_us[half:])])


def cold_starts(target: Target, scale: int) -> list[Row]:
    """First invocations of functions never invoked before, against what starting a process costs at all."""
    seen, inits = [], []
    for number in range(3 * scale):
        target.deploy(f"cold-{number}", RUNTIME)
        client, init = target.first(f"cold-{number}")
        seen.append(client)
        inits.append(init)
    return [
        Row("bare fork", starts.bare_fork_ms(20 * scale), "ms"),
        Row("python -I -S -c pass", starts.smallest_python_ms(4 * scale), "ms"),
        Row("fresh process with a function's imports", starts.fresh_imports_ms(2 + scale // 2), "ms"),
        Row("cold start: Init Duration, median", statistics.median(inits), "ms"),
        Row("cold start: seen by boto3, median", statistics.median(seen), "ms"),
    ]


def server(data: Path, scale: int) -> list[Row]:
    """Start to ready, on a data directory that has been used before, and the memory of an idle server."""
    taken = []
    for _ in range(1 + scale // 2):
        with LocalServer(data) as running:
            taken.append(running.ready_seconds * 1000)
            memory = Target(running).memory_mb()
    return [
        Row("server: start to ready, median", statistics.median(taken), "ms", mark=1500),
        Row("server: idle memory, all processes", memory, "MB", mark=90),
    ]
