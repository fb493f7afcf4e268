"""First invocations of functions, and the server's own start, against what a process costs at all."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from bench import snapstart, starts
from bench.report import Row
from bench.target import NODE_CODE, Target
from bench.warm import RUNTIME
from lambent.cli.local_server import LocalServer
from lambent.runtimes.discover import discover
from lambent.runtimes.places import Places
from lambent.settings import Settings

UNPREPARED = ("-m", "bench.servers.unprepared")
PREPARE_SECONDS = 0.5
"""Within this another environment is ready after one was taken."""

NODE = ("nodejs22.x", "nodejs24.x", "nodejs20.x")


def cold_starts(target: Target, scale: int) -> list[Row]:
    """With a prepared environment ready for each, and by a server that prepares none."""
    base = starts.smallest_python_ms(6 * scale)
    prepared = _first_ms(target, "cold", RUNTIME, 4 * scale)
    inits = [target.first(name)[1] for name in _deployed(target, "init", RUNTIME, 2 * scale)]
    with LocalServer(target.server.data / "unprepared", program=UNPREPARED) as running:
        unprepared = _first_ms(Target(running), "cold", RUNTIME, 4 * scale)
    base = min(base, starts.smallest_python_ms(6 * scale))
    of = "python -I -S -c pass"
    return [
        Row("bare fork", starts.bare_fork_ms(20 * scale), "ms"),
        Row(of, base, "ms"),
        Row("fresh process with a function's imports", starts.fresh_imports_ms(2 + scale // 2), "ms"),
        Row("cold start: Init Duration, median", statistics.median(inits), "ms"),
        _row("cold start, environment prepared: first answer, median", prepared, base, of, 0.6),
        _row("cold start, nothing prepared: first answer, median", unprepared, base, of, 1.2),
        *_node(target, scale),
        *snapstart.restores(target, scale),
    ]


def _row(name: str, taken: list[float], base: float, of: str, mark: float) -> Row:
    value = statistics.median(taken)
    return Row(name, value, "ms", value / base, of=of, mark=mark, mark_is_ratio=True)


def _first_ms(target: Target, prefix: str, runtime: str, count: int, code: dict[str, str] | None = None) -> list[float]:
    taken = [target.first_ms(name) for name in _deployed(target, prefix, runtime, count, code)]
    return taken[1:]  # what is loaded once is the first one's to pay


def _deployed(target: Target, prefix: str, runtime: str, count: int, code: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
    """Names of new functions, each deployed and left alone for a while before it is given out."""
    for number in range(count):
        name = f"{prefix}-{number}"
        if code is None:
            target.deploy(name, runtime)
        else:
            target.deploy(name, runtime, code)
        time.sleep(PREPARE_SECONDS)
        yield name


def _node(target: Target, scale: int) -> list[Row]:
    """The same for Node.js, where it is there."""
    found = discover(Places.of(Settings.from_environment(data=target.server.data)))
    runtime = next((found[name] for name in NODE if name in found), None)
    if runtime is None:
        return []
    of = "node -e 0"
    base = min(starts.process_ms([runtime.executable, "-e", "0"], 3 * scale) for _ in range(2))
    taken = _first_ms(target, "node", runtime.name, 3 * scale, NODE_CODE)
    return [Row(of, base, "ms"), _row(f"cold start, {runtime.name}: first answer, median", taken, base, of, 1.5)]


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
