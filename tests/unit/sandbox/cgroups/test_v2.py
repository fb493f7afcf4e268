"""Version 2: the numbers that are written, on files; freezing and killing on a unified hierarchy that is mounted."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambent.sandbox.cgroups import files
from lambent.sandbox.cgroups.base import Limits, most_processes
from lambent.sandbox.cgroups.detect import mounts
from lambent.sandbox.cgroups.v2 import V2Group, V2Groups
from tests.unit.sandbox.worlds import sleeper

MB = 1024 * 1024


def unified() -> Path | None:
    """Where the unified hierarchy is mounted, with whatever controllers."""
    found = [mount.path for mount in mounts(Path("/proc/self/mountinfo").read_text()) if mount.kind == "cgroup2"]
    return found[0] if found and os.access(found[0], os.W_OK) else None


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    contents = {
        "memory.max": "",
        "memory.swap.max": "",
        "memory.current": "1000",
        "memory.peak": "5000",
        "memory.events": "low 0\noom 3\noom_kill 2\n",
        "pids.max": "",
        "cpu.max": "",
        "cpu.stat": "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n",
        "cgroup.freeze": "",
        "cgroup.events": "populated 1\nfrozen 1\n",
    }
    for name, text in contents.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_limits_are_written_where_the_kernel_wants_them(directory: Path) -> None:
    group = V2Group(directory)
    group.limit(Limits(memory=128 * MB))
    group.set_cpu(0.25)
    found = [(directory / name).read_text() for name in ("memory.max", "memory.swap.max", "pids.max", "cpu.max")]
    assert found == [str(128 * MB), "0", "1024", "25000 100000"]
    (directory / "cpu.max").write_text("")
    group.set_cpu(None)
    assert (directory / "cpu.max").read_text() == "max 100000"


def test_usage_is_read_in_bytes_and_nanoseconds(directory: Path) -> None:
    group = V2Group(directory)
    assert (group.usage().memory_peak, group.usage().cpu_ns) == (5000, 1_500_000)
    assert group.oom_kills() == 2
    assert group.cpu_times() == (1_000_000, 500_000)
    (directory / "cgroup.procs").write_text("7\n12\n")
    (directory / "pids.current").write_text("5\n")
    assert (group.members(), group.tasks()) == ([7, 12], 5)
    assert group.memory() == 1000


def test_kernels_without_a_peak_tell_the_present_use(directory: Path) -> None:
    (directory / "memory.peak").unlink()
    group = V2Group(directory)
    group.take_peak()
    assert group.usage().memory_peak == 1000


def test_a_reset_counts_for_the_descriptor_that_made_it(directory: Path) -> None:
    group = V2Group(directory)
    group.take_peak()
    (directory / "memory.peak").rename(directory / "moved")  # the group must go on with the file that it opened
    (directory / "moved").write_text("77")
    assert group.usage().memory_peak == 77


def test_freezing_waits_for_the_kernels_word(directory: Path) -> None:
    group = V2Group(directory)
    group.freeze()
    assert (directory / "cgroup.freeze").read_text() == "1"
    group.thaw()
    assert (directory / "cgroup.freeze").read_text() == "0"


def test_controllers_are_handed_down(tmp_path: Path) -> None:
    for path in (tmp_path / "lambent", tmp_path / "lambent" / "instance"):
        path.mkdir()
        (path / "cgroup.subtree_control").touch()
    (tmp_path / "lambent" / "instance" / "pids.max").touch()
    groups = V2Groups(tmp_path, "instance")
    groups.prepare()
    assert (tmp_path / "lambent" / "instance" / "pids.max").read_text() == str(most_processes())
    assert (tmp_path / "lambent" / "instance" / "cgroup.subtree_control").read_text() == "+memory +cpu +pids"
    thawing = groups.thawing()
    assert (thawing.directory, thawing.name, thawing.text) == (tmp_path / "lambent" / "instance", "cgroup.freeze", "0")


real = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0 or unified() is None, reason="needs root and a unified hierarchy"),
]


@pytest.fixture
def base() -> Iterator[Path]:
    """A directory of the unified hierarchy, perhaps without controllers."""
    mount = unified()
    assert mount is not None
    path = mount / f"lambent-test-{uuid.uuid4().hex[:8]}"
    path.mkdir()
    yield path
    path.rmdir()


@pytest.mark.parametrize("_", [pytest.param("real", marks=real)])
def test_real_processes_freeze_and_are_killed_while_frozen(base: Path, _: str) -> None:
    (base / "lambent" / "instance" / "left").mkdir(parents=True)
    group = V2Group(base / "lambent" / "instance" / "left")
    with sleeper() as process:
        (fd,) = group.open()
        os.write(fd, str(process.pid).encode())
        os.close(fd)
        group.freeze()
        assert group.remove() is False
        assert V2Groups(base, "instance").sweep() == 1
        assert process.wait(10) == -9
    assert files.wait_until(group.remove, 5)
    V2Groups(base, "instance").close()
    assert [path for path in base.iterdir() if path.is_dir()] == []
