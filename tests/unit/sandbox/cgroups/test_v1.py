"""Version 1: the numbers that are written, on files; and the real thing where this machine has it."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambent.sandbox.cgroups import files
from lambent.sandbox.cgroups.base import Limits, cpus_for, most_processes, quota_us
from lambent.sandbox.cgroups.detect import mounts
from lambent.sandbox.cgroups.v1 import CONTROLLERS, UNIFIED, V1Group, V1Groups
from tests.unit.sandbox.worlds import sleeper

MB = 1024 * 1024


def hierarchies() -> dict[str, Path]:
    """The controllers of this machine."""
    found = mounts(Path("/proc/self/mountinfo").read_text())
    return {name: mount.path for mount in found for name in mount.options if name in CONTROLLERS}


real = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0 or len(hierarchies()) < len(CONTROLLERS), reason="needs root and version 1"),
]


_MEMBER = """
import os, sys, time
for fd in sys.argv[1:]:
    os.write(int(fd), b"0")
x = b"1" * (20 << 20)
print(flush=True)
time.sleep(100)
"""


@pytest.fixture(params=["version 1", "version 2 beside it"])
def groups(request: pytest.FixtureRequest) -> Iterator[V1Groups]:
    found = mounts(Path("/proc/self/mountinfo").read_text())
    beside = [mount.path for mount in found if mount.kind == "cgroup2"]
    if request.param != "version 1" and not beside:
        pytest.skip("version 2 is not mounted beside version 1")
    roots = hierarchies() | ({UNIFIED: beside[0]} if request.param != "version 1" else {})
    made = V1Groups(roots, f"test-{uuid.uuid4().hex[:8]}")
    yield made
    made.sweep()
    made.close()


def test_the_share_is_in_proportion_to_memory_with_a_floor() -> None:
    assert quota_us(cpus_for(1769)) == 100_000
    assert quota_us(cpus_for(10240)) == 578_858
    assert quota_us(cpus_for(128)) == 7_236
    assert quota_us(0.0001) == 1_000


def test_limits_are_written_where_the_kernel_wants_them(tmp_path: Path) -> None:
    names = (
        "memory.limit_in_bytes",
        "memory.memsw.limit_in_bytes",
        "memory.kmem.tcp.limit_in_bytes",
        "pids.max",
        "cpu.cfs_period_us",
        "cpu.cfs_quota_us",
    )
    for name in names:
        (tmp_path / name).touch()
    group = V1Group(dict.fromkeys(CONTROLLERS, tmp_path))
    group.limit(Limits(memory=128 * MB))
    group.set_cpu(0.5)
    assert [(tmp_path / name).read_text() for name in names] == [str(128 * MB)] * 3 + ["1024", "100000", "50000"]
    (tmp_path / "cpu.cfs_quota_us").write_text("")
    group.set_cpu(None)
    assert (tmp_path / "cpu.cfs_quota_us").read_text() == "-1"


def test_controllers_that_are_mounted_together_are_entered_once(tmp_path: Path) -> None:
    (tmp_path / "cgroup.procs").touch()
    opened = V1Group(dict.fromkeys(CONTROLLERS, tmp_path)).open()
    for fd in opened:
        os.close(fd)
    assert len(opened) == 1


@pytest.mark.parametrize("_", [pytest.param("real", marks=real)])
def test_a_process_enters_by_writing_and_is_counted_frozen_and_killed(groups: V1Groups, _: str) -> None:
    group = groups.create("one", Limits(memory=64 * MB))
    group.set_cpu(1.0)
    opened = group.open()
    command = [sys.executable, "-I", "-S", "-c", _MEMBER, *map(str, opened)]
    with subprocess.Popen(command, pass_fds=opened, stdout=subprocess.PIPE) as process:
        for fd in opened:
            os.close(fd)
        assert process.stdout is not None
        process.stdout.readline()
        assert 20 * MB < group.usage().memory_peak < 64 * MB
        assert 20 * MB < group.memory() <= group.usage().memory_peak
        assert group.usage().cpu_ns > 0
        assert (group.members(), group.tasks(), min(group.cpu_times()) >= 0) == ([process.pid], 1, True)
        group.freeze()
        assert group.remove() is False
        group.kill()
        assert process.wait(10) == -9
    assert group.oom_kills() == 0
    assert files.wait_until(group.remove, 5)
    assert group.remove() is True


@pytest.mark.parametrize("_", [pytest.param("real", marks=real)])
def test_what_an_earlier_run_left_is_swept_frozen_or_not(groups: V1Groups, _: str) -> None:
    group = groups.create("left", Limits(memory=64 * MB))
    with sleeper() as process:
        for fd in group.open():
            os.write(fd, str(process.pid).encode())
            os.close(fd)
        group.freeze()
        assert groups.sweep() == 1
        assert process.wait(10) == -9
    assert groups.sweep() == 0


@pytest.mark.parametrize("_", [pytest.param("real", marks=real)])
def test_a_group_that_cannot_be_made_leaves_nothing(groups: V1Groups, _: str) -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        groups.create("bad", Limits(memory=64 * MB, processes=-7))
    assert groups.sweep() == 0


def test_thawing_names_the_directory_of_the_instance(tmp_path: Path) -> None:
    thawing = V1Groups(dict.fromkeys(CONTROLLERS, tmp_path), "instance").thawing()
    assert thawing.directory == tmp_path / "lambent" / "instance"
    assert thawing.directory.is_dir()


def test_all_environments_together_leave_processes_for_the_machine(tmp_path: Path) -> None:
    (tmp_path / "lambent" / "instance").mkdir(parents=True)
    (tmp_path / "lambent" / "instance" / "pids.max").touch()
    with pytest.raises(FileNotFoundError):  # these are plain files: a new directory has no limits in it
        V1Groups(dict.fromkeys(CONTROLLERS, tmp_path), "instance").create("one", Limits(memory=MB))
    most = int((tmp_path / "lambent" / "instance" / "pids.max").read_text())
    assert most == most_processes() < int(Path("/proc/sys/kernel/pid_max").read_text())
