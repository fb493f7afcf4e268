"""Control files."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lambent.sandbox.cgroups import files
from tests.unit.sandbox.worlds import sleeper


def test_fields_are_the_lines_that_have_a_number(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("oom_kill 3\nunder_oom 0\nnonsense\nname text\n")
    assert files.fields(tmp_path / "stat") == {"oom_kill": 3, "under_oom": 0}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "limit").touch()
    files.write(tmp_path / "limit", "12")
    assert files.read(tmp_path / "limit") == "12"


def test_waiting_ends_when_it_is_done_or_when_the_time_is_over() -> None:
    answers = iter([False, False, True])
    assert files.wait_until(lambda: next(answers), 5) is True
    began = time.monotonic()
    assert files.wait_until(lambda: False, 0.01) is False
    assert time.monotonic() - began >= 0.01


def test_a_group_is_removed_once_and_a_missing_one_counts_as_removed(tmp_path: Path) -> None:
    (tmp_path / "group").mkdir()
    assert files.remove(tmp_path / "group") is True
    assert files.remove(tmp_path / "group") is True


def test_members_are_killed_and_unreachable_or_ended_ones_skipped(tmp_path: Path) -> None:
    with sleeper() as member, subprocess.Popen(["true"]) as ended:
        ended.wait()
        (tmp_path / "cgroup.procs").write_text(f"0\n{member.pid}\n4194304\n")
        files.kill_members(tmp_path / "cgroup.procs")
        assert member.wait(10) == -signal.SIGKILL


def test_a_control_is_opened_once_and_again_after_close(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("1")
    control = files.Control(path, os.O_RDWR)
    assert control.read() == b"1"
    path.rename(tmp_path / "moved")
    control.write(b"2")
    assert (tmp_path / "moved").read_text() == "2"
    assert control.read() == b"2"
    control.close()
    control.close()
    with pytest.raises(FileNotFoundError):
        control.read()
