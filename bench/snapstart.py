"""SnapStart: first invocations of versions whose function was captured with heavy imports, against a bare fork of a
process as large, and against a fresh process with the same imports."""

from __future__ import annotations

import base64
import io
import statistics
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from bench import starts
from bench.report import Row
from bench.target import EVENT, ROLE, Target
from lambent.model.runtime import Runtime
from lambent.runtimes.discover import discover
from lambent.runtimes.library import Library
from lambent.runtimes.places import Places
from lambent.settings import Settings

FUNCTION = "captured"
RUNTIMES = ("python3.14", "python3.13", "python3.12")
IMPORTS = """
import asyncio, concurrent.futures, ctypes, decimal, email.mime.text, fractions, logging.config, multiprocessing
import pydoc, sqlite3, statistics, tarfile, unittest.mock, xml.dom.minidom, xmlrpc.client
import boto3
session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
clients = [session.client(name) for name in ("s3", "dynamodb", "lambda")]
"""
"""AWS's clients, and as much of the standard library as a large web framework takes up."""

_HANDLER = "def lambda_handler(event, context):\n    return {'ok': event['ok']}\n"
_FORK_OF_THIS_SIZE = """
import os, statistics, time
taken = []
for _ in range(30):
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    taken.append(time.perf_counter() - start)
print(statistics.median(taken) * 1000)
"""


def restores(target: Target, scale: int) -> list[Row]:
    """Rows of this part; none where no runtime on this machine can be captured."""
    machine = discover(Places.of(Settings.from_environment()))
    found = next((machine[name] for name in RUNTIMES if name in machine), None)
    if found is None:
        return []
    restored, cold, warm = _first_invocations(target.api, found.name, 1 + 2 * scale)
    with tempfile.TemporaryDirectory(prefix="lambent-bench-library-") as directory:
        fresh, fork = _baselines(found, Library(Path(directory))(found), 1 + scale)
    added = statistics.median(cold) - statistics.median(warm)
    return [
        Row(f"{found.name}: bare fork of a process with heavy imports", fork, "ms"),
        Row(f"{found.name}: a fresh process with them", fresh, "ms"),
        Row("SnapStart: Restore Duration, median", statistics.median(restored), "ms"),
        _row(added, fork, "bare fork", 8.0),
        _row(added, fresh, "fresh process", 0.05),
    ]


def _row(added: float, base: float, of: str, mark: float) -> Row:
    name = "SnapStart: what a cold start adds to a call, median"
    return Row(name, added, "ms", added / base, of=of, mark=mark, mark_is_ratio=True)


def _first_invocations(api: Any, runtime: str, count: int) -> tuple[list[float], list[float], list[float]]:
    """Restore Durations, and milliseconds at the client of first and of second invocations, of so many versions."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("lambda_function.py", IMPORTS + _HANDLER)
    api.create_function(
        FunctionName=FUNCTION,
        Runtime=runtime,
        Role=ROLE,
        Handler="lambda_function.lambda_handler",
        MemorySize=1769,
        SnapStart={"ApplyOn": "PublishedVersions"},
        Code={"ZipFile": package.getvalue()},
    )
    restored, cold, warm = [], [], []
    for number in range(count):
        api.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION, WaiterConfig={"Delay": 1})
        version = api.publish_version(FunctionName=FUNCTION, Description=str(number))["Version"]
        waiter = api.get_waiter("published_version_active")
        waiter.wait(FunctionName=FUNCTION, Qualifier=version, WaiterConfig={"Delay": 1})
        log, seen = _invoke(api, version)
        restored.append(float(log.rpartition("Restore Duration: ")[0].rpartition("Restore Duration: ")[2].split()[0]))
        cold.append(seen)
        warm += [_invoke(api, version)[1] for _ in range(3)]
        api.update_function_configuration(FunctionName=FUNCTION, Description=f"after {number}")
    return restored, cold, warm


def _invoke(api: Any, version: str) -> tuple[str, float]:
    start = time.perf_counter()
    answer = api.invoke(FunctionName=FUNCTION, Qualifier=version, Payload=EVENT, LogType="Tail")
    seen = (time.perf_counter() - start) * 1000
    if answer["Payload"].read() != b'{"ok": "yes"}':
        raise RuntimeError(f"{FUNCTION} answered something else: {answer}")
    return base64.b64decode(answer["LogResult"]).decode(), seen


def _baselines(runtime: Runtime, library: Path, count: int) -> tuple[float, float]:
    """Milliseconds of a fresh process with the imports, and of a bare fork of one."""
    setup = f"import sys; sys.path.insert(0, {str(library)!r})\n{IMPORTS}"
    command = [runtime.executable, "-I", "-S", "-c"]
    forks = subprocess.run([*command, setup + _FORK_OF_THIS_SIZE], capture_output=True, check=True)
    return starts.process_ms([*command, setup], count), float(forks.stdout)
