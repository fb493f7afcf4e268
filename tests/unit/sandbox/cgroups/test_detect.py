"""Which control groups are used, from what the kernel says is mounted."""

from __future__ import annotations

import os
from pathlib import Path

from lambent.sandbox.cgroups import detect
from lambent.sandbox.cgroups.none import NoGroups
from lambent.sandbox.cgroups.v1 import CONTROLLERS, V1Groups

V1 = "33 24 0:29 / {0}/cpu,cpuacct rw,nosuid shared:10 - cgroup cgroup rw,cpu,cpuacct\n" + "".join(
    f"4{number} 24 0:3{number} / {{0}}/{name} rw - cgroup cgroup rw,{name}\n"
    for number, name in enumerate(("memory", "pids", "freezer"))
)
V2 = "34 24 0:30 / {0} rw,nosuid shared:11 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"


def process(tmp_path: Path, mountinfo: str, membership: str = "0::/\n") -> Path:
    """A directory that looks like /proc/self, over hierarchies in `tmp_path`."""
    (tmp_path / "mountinfo").write_text(mountinfo.format(tmp_path / "fs"))
    (tmp_path / "cgroup").write_text(membership)
    (tmp_path / "fs").mkdir(exist_ok=True)
    return tmp_path


def test_mounts_are_read_with_their_options_and_escapes() -> None:
    text = "33 24 0:29 / /sys/fs/a\\040b rw shared:1 master:2 - cgroup none rw,xattr,name=systemd\n" + V2.format("/x")
    found = detect.mounts(text + "21 24 0:4 / /proc rw - proc proc rw\n")
    assert [(mount.kind, str(mount.path)) for mount in found] == [("cgroup", "/sys/fs/a b"), ("cgroup2", "/x")]
    assert "name=systemd" in found[0].options


def test_version_1_is_used_when_every_controller_is_there_and_ours(tmp_path: Path) -> None:
    proc = process(tmp_path, V1 + V2)
    for name in ("cpu,cpuacct", "memory", "pids", "freezer"):
        (tmp_path / "fs" / name).mkdir()
    groups = detect.detect("instance", proc=proc)
    assert isinstance(groups, V1Groups)
    assert set(groups._roots) == set(CONTROLLERS)
    assert groups._roots["cpu"] == groups._roots["cpuacct"]


def test_version_1_of_somebody_else_is_refused_with_the_reason(tmp_path: Path) -> None:
    groups = detect.detect("instance", proc=process(tmp_path, V1))  # the directories do not even exist
    assert isinstance(groups, NoGroups)
    assert "needs root" in groups.features()[0].detail


def test_nothing_mounted_is_told(tmp_path: Path) -> None:
    groups = detect.detect("instance", proc=process(tmp_path, ""))
    assert groups.features()[0].detail == "no control groups are mounted"


def test_version_2_that_is_not_delegated_is_told_with_the_directories_tried(tmp_path: Path) -> None:
    groups = detect.detect("instance", proc=process(tmp_path, V2, "0::/user.slice/us.service\n"))
    assert isinstance(groups, NoGroups)
    assert f"{tmp_path}/fs/user.slice/us.service" in groups.features()[0].detail


def test_root_tries_the_top_first_and_others_only_their_own_group() -> None:
    candidates = detect._candidates(Path("/fs"), "1:name=systemd:/x\n0::/own\n")
    assert candidates == ([Path("/fs"), Path("/fs/own")] if os.geteuid() == 0 else [Path("/fs/own")])
    assert detect._candidates(Path("/fs"), "0::/\n") == [Path("/fs")]
