"""The demo, as a stranger runs it: the whole of it, then its parts that must fail when something is not as claimed."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

LAMBENT = str(Path(sys.executable).with_name("lambent"))


@pytest.mark.slow
def test_the_demo_holds_and_leaves_its_pictures(tmp_path: Path) -> None:
    told = subprocess.run(
        [LAMBENT, "demo", "--output", "pictures"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    png = (tmp_path / "pictures" / "thumbnail.png").read_bytes()
    assert struct.unpack(">II", png[16:24]) == (400, 300)
    assert (tmp_path / "pictures" / "photo.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    for shown in (
        "$ aws lambda create-function",
        "START RequestId: ",
        "END RequestId: ",
        "REPORT RequestId: ",
        "Init Duration: ",
        "10 answers",
        '"errorType": "ValueError"',
        "Task timed out after 3.00 seconds",
        "All of it as claimed",
    ):
        assert shown in told.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pictures"]
