"""Asynchronous events: how many are accepted durably a second and at how many fsyncs each, how fast they are worked
off, and how long one waits until its first attempt begins.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.load import Connection, Drivers
from bench.report import Row
from bench.target import Target
from bench.warm import RUNTIME
from lambent.cli.client import Client
from lambent.cli.local_server import LocalServer
from lambent.settings import Settings

CALLERS = 128
ACCEPTS_MARK, FSYNCS_MARK, DRAIN_MARK, P50_MARK_MS, P99_MARK_MS = 4000, 0.05, 2000, 5.0, 50.0
_SLEEPER = {"lambda_function.py": "import time\n\n\ndef lambda_handler(event, context):\n    time.sleep(60)\n"}
_A_SECOND = 300


def events(data: Path, scale: int) -> list[Row]:
    """On a server of its own."""
    with LocalServer(data) as running:
        target = Target(running)
        client = Client(Settings(data=data, endpoint=running.endpoint))
        rows = _accepts(target, client, scale)
        target.deploy("drained", RUNTIME)
        target.first("drained")
        return [*rows, *_waits(target, client, scale), _drained(target, client, 4000 * scale)]


def _accepts(target: Target, client: Client, scale: int) -> list[Row]:
    """Of a function that is busy with the first: nothing but accepting happens."""
    target.deploy("busy", RUNTIME, _SLEEPER)
    target.api.put_function_concurrency(FunctionName="busy", ReservedConcurrentExecutions=1)
    drivers = Drivers(target.address, target.event("busy"), CALLERS)
    drivers.run(0.5)
    commits, best, accepted = _told(client)["Commits"], 0.0, 0
    for _ in range(3 * scale):
        replies, seconds = drivers.run(0.5)
        accepted += replies
        best = max(best, replies / seconds)
    drivers.close()
    commits = _told(client)["Commits"] - commits
    target.delete("busy")
    return [
        Row(f"asynchronous events accepted durably, {CALLERS} callers", best, "/s", mark=ACCEPTS_MARK, at_least=True),
        Row("fsyncs an accepted event", commits / accepted, "", mark=FSYNCS_MARK),
    ]


def _waits(target: Target, client: Client, scale: int) -> list[Row]:
    """From acceptance until an attempt begins, at a steady rate."""
    request, count = target.event("drained"), _A_SECOND * min(scale, 2)
    with closing(Connection(target.address)) as connection:
        start = time.perf_counter()
        for number in range(count):
            time.sleep(max(0.0, start + number / _A_SECOND - time.perf_counter()))
            connection.exchange(request)
    _until_drained(client, "drained")
    accepted: dict[str, float] = {}
    waited = []
    for line in client.lines("/_lambent/events", {}):
        step = json.loads(line)
        if step["what"] == "accepted":
            accepted[step["event"]] = step["time"]
        elif step["what"] == "started" and step["event"] in accepted:
            waited.append((step["time"] - accepted[step["event"]]) * 1000)
    waited.sort()
    name = f"accepted to attempted at {_A_SECOND}/s"
    return [
        Row(f"{name}: p50", waited[len(waited) // 2], "ms", mark=P50_MARK_MS),
        Row(f"{name}: p99", waited[len(waited) * 99 // 100], "ms", mark=P99_MARK_MS),
    ]


def _drained(target: Target, client: Client, count: int) -> Row:
    """Of what a burst leaves behind when the last of it is accepted."""
    drivers = Drivers(target.address, target.event("drained"), CALLERS)
    sent = 0
    while sent < count:
        sent += drivers.run(0.1)[0]
    drivers.close()
    start = time.perf_counter()
    left = sum(sum(depth) for line, depth in _told(client)["Waiting"].items() if line.endswith("/drained"))
    _until_drained(client, "drained")
    rate = left / (time.perf_counter() - start)
    return Row("events worked off, of a burst", rate, "/s", mark=DRAIN_MARK, at_least=True)


def _until_drained(client: Client, function: str) -> None:
    while any(line.endswith(f"/{function}") for line in _told(client)["Waiting"]):
        time.sleep(0.02)


def _told(client: Client) -> Any:
    return json.loads(b"".join(client.lines("/_lambent/async", {})))
