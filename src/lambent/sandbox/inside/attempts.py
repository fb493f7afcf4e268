"""Tries on this machine what isolation is made of, one part after the other: `python -I -S launcher.py --attempts`.

Every attempt runs in a child of its own, so that nothing lasts. The answer names each part with None, or why it does
not work.
"""

from __future__ import annotations

import os
import platform
import tempfile
from functools import partial
from typing import Callable, Dict

from . import linux, seccomp

_NAMESPACES = {
    "mount namespace": linux.CLONE_NEWNS,
    "pid namespace": linux.CLONE_NEWPID,
    "ipc namespace": linux.CLONE_NEWIPC,
    "uts namespace": linux.CLONE_NEWUTS,
    "net namespace": linux.CLONE_NEWNET,
    "cgroup namespace": linux.CLONE_NEWCGROUP,
}


def all_parts(rootless: bool) -> "Dict[str, str | None]":
    """Every part that the isolated sandbox cannot do without. `rootless`: in a user namespace of its own."""
    unshare = partial(linux.own_user_namespace, 0, 0) if rootless else linux.unshare
    found = {"user namespace": attempt(partial(linux.own_user_namespace, 0, 0))}
    for name, flag in _NAMESPACES.items():
        found[name] = attempt(partial(unshare, flag))
    found["private mounts"] = attempt(partial(_mounts, unshare))
    found["system call filter"] = attempt(_filter)
    return found


def attempt(work: "Callable[[], None]") -> "str | None":
    """Do `work` in a child; None if it went well, else what it raised."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        why = ""
        try:
            work()
        except BaseException as error:
            why = "%s" % (error,) or type(error).__name__
        finally:
            os.write(write, why.encode()[:4000])
            os._exit(0 if not why else 1)
    os.close(write)
    with os.fdopen(read) as answer:
        why = answer.read()
    _, status = os.waitpid(pid, 0)
    return why or (None if status == 0 else "ended with status %d" % status)


def _mounts(unshare: "Callable[[int], None]") -> None:
    """A root of one's own with a /proc of one's own, as a launcher makes it."""
    unshare(linux.CLONE_NEWNS | linux.CLONE_NEWPID)
    failed = attempt(_root)
    if failed is not None:
        raise OSError(failed)


def _root() -> None:
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    root = tempfile.gettempdir()
    linux.mount("tmpfs", root, "tmpfs", linux.MS_NOSUID, "size=1m")
    for name in ("proc", "usr"):
        os.mkdir(os.path.join(root, name))
    linux.bind("/usr", root + "/usr")
    linux.restrict(root, linux.MOUNT_ATTR_RDONLY)
    linux.mount("proc", root + "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    os.chdir(root)
    linux.pivot_root_here()


def _filter() -> None:
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.load_filter(seccomp.program(platform.machine()))
