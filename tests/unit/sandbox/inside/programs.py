"""Runs code of the inside as the inside runs: in a process of its own, without Lambent, under its private name."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Sequence

from lambent.sandbox.launcher import INSIDE

_HEAD = f"""
import importlib.util, sys
_spec = importlib.util.spec_from_file_location("launcher", {str(INSIDE / "launcher.py")!r})
_launcher = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_launcher)
_launcher.load_package("_lambent_inside")
"""


def program(source: str, *arguments: str) -> list[str]:
    """The command that runs `source`, which may import `_lambent_inside`."""
    return [sys.executable, "-I", "-S", "-c", _HEAD + textwrap.dedent(source), *arguments]


def run(source: str, *arguments: str, pass_fds: Sequence[int] = ()) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    command = program(source, *arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=30, pass_fds=pass_fds)
