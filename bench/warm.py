"""Warm invocations against the echo and the hop: CPU, throughput, latency."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.cpu import on_one_core
from bench.load import latencies
from bench.measure import Contestant, Windows, compare
from bench.report import Row, moved
from bench.target import Target
from lambent.cli.local_server import descendants

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
    """The rows of warm invocations. Also returns by which share the echo moved meanwhile."""
    rows: list[Row] = []
    target.deploy("warm", RUNTIME)
    target.first("warm")
    warm = target.contestant("invoke", target.invocation("warm"))
    with baseline("echo", warm.request) as echo, baseline("hop", warm.request) as hop:
        contestants = (echo, hop, warm)
        with on_one_core(pid for c in contestants for pid in (*c.server, *c.behind())):
            one = compare(contestants, connections=1, windows=3 * scale, seconds=0.25)
        rows += _cpu_rows(one, 1)
        many = compare(contestants, connections=CALLERS, windows=3 * scale, seconds=0.25)
        rows += _cpu_rows(many, CALLERS)
        rows += _latency_rows(contestants, 250 * scale)
    return rows, max(drift(one["echo"]), drift(many["echo"]))


def _latency_rows(contestants: tuple[Contestant, ...], count: int) -> list[Row]:
    rows, medians = [], {}
    for contestant in contestants:
        times = latencies(contestant.address, contestant.request, count)
        medians[contestant.name] = median = times[len(times) // 2] * 1000
        mark = 1.5 if contestant.name == "invoke" else None
        rows.append(Row(f"{NAMES[contestant.name]}: p50, 1 caller", median, "ms", mark=mark))
        rows.append(Row(f"{NAMES[contestant.name]}: p99, 1 caller", times[len(times) * 99 // 100] * 1000, "ms"))
    added = medians["invoke"] - medians["echo"]
    return [*rows, Row("warm signed invoke: p50 beyond the echo's, 1 caller", added, "ms", mark=0.4)]


def _cpu_rows(taken: dict[str, Windows], callers: int) -> list[Row]:
    """CPU of each contestant as ratios to the echo's: of the process that speaks HTTP, and of the function with it."""
    rows = []
    least = min(taken["echo"].all_us)
    for name, windows in taken.items():
        what = f"{NAMES[name]}: %s, {f'{callers} callers' if callers > 1 else '1 caller, one core'}"
        server, everything = min(windows.server_us), min(windows.all_us)
        ours, whole = (20.0, 12.0) if name == "invoke" else (None, None)
        if name != "echo":
            what_server = what % "server's CPU a request"
            rows.append(Row(what_server, server, "us", server / least, mark=ours, mark_is_ratio=True))
        what_all = what % "all CPU a request"
        rows.append(Row(what_all, everything, "us", everything / least, mark=whole, mark_is_ratio=True))
        if callers > 1:
            rows.append(_throughput_row(what % "requests a second", name, taken))
    return rows


def _throughput_row(what: str, name: str, taken: dict[str, Windows]) -> Row:
    best = max(taken[name].per_second)
    if name != "invoke":
        return Row(what, best, "/s")
    share = best / max(taken["hop"].per_second)
    return Row(what, best, "/s", share, of="hop", mark=0.3, mark_is_ratio=True, at_least=True)


def drift(echo: Windows) -> float:
    """How far apart the echo's best windows of the first and the second half are."""
    half = len(echo.all_us) // 2
    return moved([min(echo.all_us[:half]), min(echo.all_us[half:])])
