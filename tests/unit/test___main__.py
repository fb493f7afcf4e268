"""`python -m lambent` is the `lambent` command."""

from __future__ import annotations

import subprocess
import sys

import lambent


def test_the_module_runs_the_command() -> None:
    ran = subprocess.run([sys.executable, "-m", "lambent", "--version"], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, f"lambent {lambent.__version__}\n")
