"""Running the programs that `prepare` needs: package installers, compilers, interpreters."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

Say = Callable[[str], None]
"""Told each step and each failure."""

_SECONDS = 600


def run(command: list[str], folder: Path | None = None) -> str:
    """Run a program, in `folder`; returns why it failed, or nothing."""
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1] if lines else f"exit status {done.returncode}"
