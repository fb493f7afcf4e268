"""System V objects go with the processes that made them. Tried in an IPC namespace of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lambent.sandbox.inside import ipc

PROGRAM = """
import ctypes
from lambent.sandbox.inside import ipc, linux

linux.unshare(linux.CLONE_NEWIPC)
libc = ctypes.CDLL(None)
assert libc.shmget(0, 4096, 0o1600) >= 0
assert libc.msgget(0, 0o1600) >= 0
assert libc.semget(0, 1, 0o1600) >= 0
print(ipc.remove_all(), ipc.remove_all())
"""


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_every_kind_is_removed_once() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("3 0\n", "")


def test_where_there_is_no_list_nothing_is_removed(tmp_path: Path) -> None:
    assert ipc.remove_all(str(tmp_path)) == 0
