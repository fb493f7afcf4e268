"""What freezing and thawing one environment takes, straight at the sandbox."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from pathlib import Path

from bench.report import Row
from bench.target import CODE
from bench.warm import RUNTIME
from lambent.runtimes.discover import discover
from lambent.runtimes.library import Library
from lambent.runtimes.places import Places
from lambent.sandbox.base import EnvironmentSpec
from lambent.sandbox.isolated import IsolatedSandbox
from lambent.settings import Settings


def thaw_and_freeze(data: Path, scale: int) -> list[Row]:
    """The median of many, while the function's process waits for its next invocation."""
    return [Row("thaw + freeze", asyncio.run(_measured(data, 50 * scale)), "ms", mark=0.2)]


async def _measured(data: Path, count: int) -> float:
    runtime = discover(Places.of(Settings.from_environment(data=data)))[RUNTIME]
    code = data / "code" / "package"
    code.mkdir(parents=True)
    for name, text in CODE.items():
        (code / name).write_text(text)
    spec = EnvironmentSpec("0" * 32, runtime, code, None, 128, 512, "lambda_function.lambda_handler", {})
    async with IsolatedSandbox(data, Library(data / "runtime")) as sandbox:
        environment = await sandbox.start(spec)
        process = await environment.start_runtime()
        assert process.channel is not None
        process.channel.setblocking(False)
        await asyncio.get_running_loop().sock_recv(process.channel, 64)  # it says that it is ready
        taken = []
        for _ in range(count):
            await environment.freeze()
            start = time.perf_counter()
            await environment.thaw()
            await environment.freeze()
            taken.append((time.perf_counter() - start) * 1000)
        await environment.thaw()
        process.channel.close()
        for descriptor in (process.logs, process.telemetry):
            if descriptor is not None:
                os.close(descriptor)
    return statistics.median(taken)
