"""Which control groups this process may use: version 1 or 2, as root or where delegated, else none with a reason."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NamedTuple

from lambent.sandbox.cgroups import files, v1, v2
from lambent.sandbox.cgroups.base import Groups
from lambent.sandbox.cgroups.none import NoGroups


class Mount(NamedTuple):
    """A mounted hierarchy: `kind` is `cgroup` or `cgroup2`, `options` the superblock's."""

    kind: str
    path: Path
    options: frozenset[str]


def mounts(mountinfo: str) -> list[Mount]:
    """The hierarchies in the text of /proc/self/mountinfo."""
    found = []
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        superblock = right.split(" ")
        if superblock[0] in ("cgroup", "cgroup2"):
            path = left.split(" ")[4].encode().decode("unicode_escape")
            found.append(Mount(superblock[0], Path(path), frozenset(superblock[-1].split(","))))
    return found


def detect(instance: str, *, proc: Path = Path("/proc/self")) -> Groups:
    """The groups that work here for `instance` (a name for the data directory, safe as a file name)."""
    found = mounts((proc / "mountinfo").read_text())
    controllers = {name: mount.path for mount in found for name in mount.options if name in v1.CONTROLLERS}
    if all(name in controllers for name in v1.CONTROLLERS):
        if all(os.access(path, os.W_OK) for path in controllers.values()):
            return v1.V1Groups({**controllers, **_beside(found)}, instance)
        return NoGroups("control groups version 1 are not ours to write: this needs root")
    unified = [mount.path for mount in found if mount.kind == "cgroup2"]
    if not unified:
        return NoGroups("no control groups are mounted")
    return _unified(unified[0], instance, proc)


def _beside(found: list[Mount]) -> dict[str, Path]:
    """The unified hierarchy, if it is mounted beside those of version 1 and can freeze (since Linux 5.2)."""
    for mount in found:
        if mount.kind == "cgroup2" and os.access(mount.path, os.W_OK) and _can_freeze(mount.path):
            return {v1.UNIFIED: mount.path}
    return {}


def _can_freeze(mount: Path) -> bool:
    """Whether its groups have a freezer: the topmost one never has, so one is made to see."""
    probe = mount / f"lambent-probe-{os.getpid()}"
    try:
        probe.mkdir()
    except OSError:
        return False
    try:
        return (probe / "cgroup.freeze").exists()
    finally:
        probe.rmdir()


def _unified(mount: Path, instance: str, proc: Path) -> Groups:
    """The first of the candidate directories that lets us hand controllers down."""
    reasons = []
    for base in _candidates(mount, (proc / "cgroup").read_text()):
        try:
            _delegate(base)
            groups = v2.V2Groups(base, instance)
            groups.prepare()
            return groups
        except OSError as error:
            reasons.append(f"{base}: {error.strerror}")
    return NoGroups("control groups version 2 are not delegated to us (" + "; ".join(reasons) + ")")


def _candidates(mount: Path, membership: str) -> list[Path]:
    """The top of the hierarchy for root, then the group that we are in, which a service manager may have delegated."""
    own = next((line[3:] for line in membership.splitlines() if line.startswith("0::/")), "/")
    return list(dict.fromkeys([mount, mount / own.lstrip("/")])) if os.geteuid() == 0 else [mount / own.lstrip("/")]


def _delegate(base: Path) -> None:
    """Hand the controllers to the children of `base`; a group that holds processes (us) must be emptied for it."""
    wanted = " ".join(f"+{name}" for name in v2.CONTROLLERS)
    try:
        files.write(base / "cgroup.subtree_control", wanted)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        leaf = base / "lambent-daemon"
        leaf.mkdir(exist_ok=True)
        files.write(leaf / "cgroup.procs", "0")
        files.write(base / "cgroup.subtree_control", wanted)
