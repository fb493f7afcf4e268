"""What one start of an environment costs, process by process: `python -m bench.anatomy [--count N] [--prepared]`.

Straight at the sandbox, one start after the other. CPU is the scheduler's accounting, and faults are pages that were
copied or mapped when they were first touched: both say more than a clock does on a shared machine. Memory is what one
environment shares with nobody while its runtime waits.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from bench.cpu import PROC, children, cpu_ns, private_mb
from bench.report import Row, table
from bench.target import CODE
from bench.warm import RUNTIME
from lambent.cli.local_server import descendants
from lambent.runtimes.discover import discover
from lambent.runtimes.library import Library
from lambent.runtimes.places import Places
from lambent.sandbox.base import EnvironmentSpec, RuntimeProcess
from lambent.sandbox.environment import LaunchedEnvironment
from lambent.sandbox.isolated import IsolatedSandbox
from lambent.sandbox.stock import NONE, Sizes
from lambent.settings import Settings

WARM_UP = 4
PREPARE_SECONDS = 0.3
"""Within this another environment is ready."""

Figures = dict[str, list[float]]


def main() -> None:
    """One run; prints its table."""
    parser = argparse.ArgumentParser(prog="python -m bench.anatomy", description=__doc__)
    parser.add_argument("--count", type=int, default=30, help="starts that are measured")
    parser.add_argument("--prepared", action="store_true", help="with an environment ready for each")
    parser.add_argument("--runtime", default=RUNTIME)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lambent-anatomy-") as directory:
        taken = uvloop.run(_starts(Path(directory), arguments.runtime, arguments.count, arguments.prepared))
    print(table([Row(name, statistics.median(values), name.rpartition(", ")[2]) for name, values in taken.items()]))


async def _starts(data: Path, name: str, count: int, prepared: bool) -> Figures:
    runtime = discover(Places.of(Settings.from_environment(data=data)))[name]
    code = data / "code" / "package"
    code.mkdir(parents=True)
    for file, text in CODE.items():
        (code / file).write_text(text)
    taken: Figures = {}
    async with IsolatedSandbox(data, Library(data / "runtime"), prepared=Sizes() if prepared else NONE) as sandbox:
        for number in range(WARM_UP + count):
            if prepared:
                sandbox.warm(runtime)
                await asyncio.sleep(PREPARE_SECONDS)
            spec = EnvironmentSpec(
                f"{number:032x}", runtime, code, None, 128, 512, "lambda_function.lambda_handler", {}
            )
            await _one(sandbox, spec, taken if number >= WARM_UP else {})
    return taken


async def _one(sandbox: IsolatedSandbox, spec: EnvironmentSpec, taken: Figures) -> None:
    launcher = _launcher()
    before = {pid: _spent(pid) for pid in (os.getpid(), launcher) if pid}
    with _timed(taken, "until the runtime is ready, ms"):
        environment = await sandbox.start(spec)
        process = await environment.start_runtime()
        assert process.channel is not None
        await asyncio.get_running_loop().sock_recv(process.channel, 64)
    if launcher:
        for who, pid in (("platform", os.getpid()), ("launcher", launcher)):
            _note(taken, who, _spent(pid), before[pid])
        for supervisor in (pid for pid in children(launcher) if _is_of(pid, environment)):
            _note(taken, "supervisor", _spent(supervisor))
            for runtime in descendants(supervisor):
                _note(taken, "runtime", _spent(runtime))
                taken.setdefault("runtime: memory of its own, KB", []).append(private_mb(runtime) * 1024)
            taken.setdefault("supervisor: memory of its own, KB", []).append(private_mb(supervisor) * 1024)
    with _timed(taken, "end, ms"):
        await _end(environment, process)
    if launcher:
        _note(taken, "platform, with the end", _spent(os.getpid()), before[os.getpid()])


async def _end(environment: LaunchedEnvironment, process: RuntimeProcess) -> None:
    assert process.channel is not None
    process.channel.close()
    for descriptor in (process.logs, process.telemetry):
        if descriptor is not None:
            os.close(descriptor)
    await environment.kill()


def _launcher() -> int:
    """The parent of all supervisors: the child of our child; 0 before there is one."""
    return next((inner for outer in children(os.getpid()) for inner in children(outer)), 0)


def _is_of(pid: int, environment: LaunchedEnvironment) -> bool:
    return environment.name in (PROC / str(pid) / "cgroup").read_text()


def _spent(pid: int) -> tuple[float, float]:
    """Milliseconds on a processor and minor faults of a process so far."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return cpu_ns(pid) / 1e6, float(fields[7])


def _note(taken: Figures, who: str, after: tuple[float, float], before: tuple[float, float] = (0.0, 0.0)) -> None:
    taken.setdefault(f"{who}: CPU, ms", []).append(after[0] - before[0])
    taken.setdefault(f"{who}: faults, pages", []).append(after[1] - before[1])


@contextmanager
def _timed(taken: Figures, name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    taken.setdefault(name, []).append((time.perf_counter() - start) * 1000)


if __name__ == "__main__":
    main()
