"""Attempts: each in a child, none with an effect."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from lambent.sandbox.launcher import INSIDE
from lambent.sandbox.probe import is_rootless
from tests.unit.sandbox.inside.programs import run


def test_an_attempt_tells_what_went_wrong_and_changes_nothing() -> None:
    done = run(
        """
        import os
        from _lambent_inside.attempts import attempt
        def fail(): raise OSError(1, "not allowed")
        def vanish(): os._exit(3)
        def stray(): os.chdir("/")
        before = os.getcwd()
        print([attempt(fail), attempt(vanish), attempt(stray)], os.getcwd() == before)
        """
    )
    assert done.stdout == "['[Errno 1] not allowed', 'ended with status 768', None] True\n", done.stderr


@pytest.mark.parametrize("how", ["rootless", pytest.param("root", marks=pytest.mark.root)])
def test_every_part_is_tried(how: str) -> None:
    if how == "root" and is_rootless():
        pytest.skip("needs root")
    command = [sys.executable, "-I", "-S", str(INSIDE / "launcher.py"), f"--attempts={how}"]
    done = subprocess.run(command, capture_output=True, timeout=30)
    found = json.loads(done.stdout)
    assert {"user namespace", "net namespace", "private mounts", "system call filter"} <= found.keys()
    assert found["system call filter"] is None
    if how == "root":
        assert set(found.values()) == {None}
