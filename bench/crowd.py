"""Many environments: a burst of first calls, a thousand of them started and left idle, and what each one weighs."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from bench.cpu import children, cpu_ns, private_mb
from bench.load import burst
from bench.report import Row
from bench.target import Target
from bench.warm import RUNTIME
from lambent.cli.local_server import LocalServer, descendants

BURST = 300
CROWD = 1000
HOLD_SECONDS = 16.0
"""How long each of the crowd holds its environment, so that every call needs one of its own."""

IDLE_SECONDS = 4.0
WEIGHED = 20
HOLDING = {
    "lambda_function.py": "import time\n\ndef lambda_handler(event, context):\n    began = time.time()\n"
    "    time.sleep(max(0.0, event['until'] - began))\n    return began\n"
}


def environments(data: Path, crowd: int = CROWD) -> list[Row]:
    """On a server of its own, whose environments are all of one function."""
    with LocalServer(data) as running:
        target = Target(running)
        target.deploy("burst", RUNTIME, memory_mb=128)
        time.sleep(1.0)
        answers = burst(target.address, [target.invocation("burst")] * BURST, 30.0)
        last = answers[-1][0] if len(answers) == BURST else 30.0
        target.delete("burst")
        return [
            Row(f"burst of {BURST} first calls: answered", len(answers), "calls", mark=BURST, at_least=True),
            Row(f"burst of {BURST} first calls: the last answer", last, "s", mark=4.0),
            *_crowd(target, crowd),
        ]


def _crowd(target: Target, crowd: int) -> list[Row]:
    server = target.server.pid
    target.deploy("crowd", RUNTIME, HOLDING, memory_mb=128)
    time.sleep(2.0)
    before = _available_mb()
    event = json.dumps({"until": time.time() + HOLD_SECONDS}).encode()
    answers = burst(target.address, [target.invocation("crowd", event)] * crowd, 60.0)
    began = sorted(float(body) for _, body in answers)
    middle = began[len(began) // 10 : -len(began) // 10]
    time.sleep(2.0)
    used = before - _available_mb()
    everybody = [server, *descendants(server)]
    start, began_at = sum(map(cpu_ns, everybody)), time.monotonic()
    time.sleep(IDLE_SECONDS)
    share = (sum(map(cpu_ns, everybody)) - start) / (time.monotonic() - began_at) / 1e9
    return [
        Row(
            "environments started a second", (len(middle) - 1) / (middle[-1] - middle[0]), "/s", mark=150, at_least=True
        ),
        Row(f"{len(answers)} idle environments: share of a core", share * 100, "%", mark=1.0),
        Row(f"{len(answers)} idle environments: memory of the machine", used / 1024, "GB", mark=5.0),
        Row("idle environment: private memory", _private_mb(server), "MB", mark=4.0),
    ]


def _private_mb(server: int) -> float:
    """What one environment's processes share with nobody: the mean of some.

    A launcher has one process in a world of its own, which is the parent of all supervisors.
    """
    worlds = [world for launcher in children(server) for world in children(launcher)]
    supervisors = [supervisor for world in worlds for supervisor in children(world)]
    supervisors = supervisors[:: max(1, len(supervisors) // WEIGHED)]  # the first were prepared, and are larger
    return sum(private_mb(pid) for each in supervisors for pid in (each, *descendants(each))) / len(supervisors)


def _available_mb() -> float:
    lines: Sequence[str] = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("MemAvailable:"))
