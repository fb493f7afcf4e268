"""Baselines of starting things: a bare fork, the smallest Python, a fresh process with a function's imports."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

_FORKS = """
import os, statistics, sys, time
taken = []
for _ in range(int(sys.argv[1])):
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    taken.append(time.perf_counter() - start)
print(statistics.median(taken) * 1000)
"""

FUNCTION_IMPORTS = "import json, logging, awslambdaric.bootstrap, boto3"
"""What a managed Python environment has at hand before the function's own code."""


def interpreter() -> str:
    """The real interpreter behind the virtual environment, without its start-up files."""
    return str(Path(sys.executable).resolve())


def bare_fork_ms(count: int) -> float:
    """Median milliseconds of fork, exit and wait in a small process."""
    run = subprocess.run([interpreter(), "-I", "-S", "-c", _FORKS, str(count)], capture_output=True, check=True)
    return float(run.stdout)


def process_ms(arguments: list[str], count: int) -> float:
    """Median milliseconds from spawn to exit of a program."""
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def smallest_python_ms(count: int) -> float:
    """Median milliseconds of `python -I -S -c pass`."""
    return process_ms([interpreter(), "-I", "-S", "-c", "pass"], count)


def fresh_imports_ms(count: int) -> float:
    """Median milliseconds of a fresh process that imports what an environment has."""
    return process_ms([sys.executable, "-c", FUNCTION_IMPORTS], count)
