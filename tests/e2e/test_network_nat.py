"""The network `nat`, tried in a machine of its own: what functions reach, what they do not, and that nothing stays."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lambent.sandbox.probe import is_rootless

ROOT = Path(__file__).resolve().parents[2]
INTERNET, MACHINE = "203.0.113.9", "203.0.113.1"


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """What the program of nat_world.py found."""
    if is_rootless():
        pytest.skip("links and rules need root")
    done = subprocess.run(
        ["unshare", "--net", "--mount", sys.executable, "-m", "tests.e2e.nat_world"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_functions_reach_the_outside_by_the_machines_address_names_and_lambent(found: dict[str, Any]) -> None:
    assert found["seen as"] == MACHINE
    assert found["name"] == INTERNET
    assert found["endpoint"]
    received, sent = found["bytes"]
    assert 3 * 54 + len(MACHINE) <= received <= 5000  # a handshake, what it was told, and whatever neighbours say
    assert 3 * 54 <= sent <= 5000


def test_functions_reach_neither_machine_nor_each_other_nor_metadata(found: dict[str, Any]) -> None:
    assert found["own"] != found["other"]
    assert found["reached"] == []
    assert found["control"] == [[INTERNET, 8080]]  # the same attempt at what is allowed


def test_functions_have_no_rights_over_their_network(found: dict[str, Any]) -> None:
    assert found["refused"] == {
        "raw": errno.EPERM,
        "packet": errno.EAFNOSUPPORT,
        "ping": errno.EACCES,
        "spoof": errno.EADDRNOTAVAIL,
        "transparent": errno.EPERM,
        "address": errno.EPERM,
        "down": errno.EPERM,
        "forward": errno.EACCES,
        "ipv6": errno.EACCES,
    }


def test_nobody_hears_a_shout_and_a_forged_address_gets_nowhere(found: dict[str, Any]) -> None:
    assert found["far"] == ["honest"]
    assert found["neighbour heard"] == errno.EAGAIN
    assert found["machine heard"] == []


def test_nobody_outside_reaches_a_function(found: dict[str, Any]) -> None:
    assert found["inwards"] is False


def test_nothing_stays_after_a_shutdown_or_a_kill(found: dict[str, Any]) -> None:
    assert found["before"] == ["lo"]
    assert found["held"] == {"links": ["lambent0", "lo", "wan"], "reached": [[INTERNET, 8080]]}
    assert found["during"] == found["again"] == ["lambent0", "lo", "wan"]
