"""The read-only root that all environments of one launcher share: a small tmpfs with binds of the host's programs.

Built once by the launcher in a mount namespace of its own; each environment gets a copy of that namespace. What
only the launcher and a supervisor may see (this code, the code of all functions) hangs below `HIDDEN`, which a
supervisor detaches before the function's code runs.
"""

from __future__ import annotations

import os
import shutil
import stat
from typing import Any, Dict, Sequence

from . import linux

HIDDEN = "/run/lambent"
INSIDE = HIDDEN + "/inside"
TREES = HIDDEN + "/trees"
TASK = "/var/task"
OPT = "/opt"
RUNTIME = "/var/runtime"
LANG = "/var/lang"
EMPTY = "/mnt"
USER, UID, GID = "sbx_user1051", 993, 990
HOSTNAME = "sandbox"

_DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
_COPIED = ("ld.so.cache", "mime.types", "protocols", "services", "ssl/openssl.cnf", "ca-certificates.conf")
_BOUND = ("alternatives", "ssl/certs", "pki", "ca-certificates", "fonts")
_FILES = {
    "passwd": "root:x:0:0:root:/root:/sbin/nologin\n%s:x:%d:%d::/home/%s:/sbin/nologin\n" % (USER, UID, GID, USER),
    "group": "root:x:0:\n%s:x:%d:\n" % (USER, GID),
    "hosts": "127.0.0.1 localhost %s sandbox.localdomain\n::1 localhost\n" % HOSTNAME,
    "hostname": HOSTNAME + "\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
}


def build(plan: "Dict[str, Any]") -> str:
    """Build the root at `plan["staging"]`, enter it, and return the interpreter's path inside it.

    Needs a mount namespace of its own and, for /proc, to be in the pid namespace that it shall show.
    """
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    root = plan["staging"]
    linux.mount("tmpfs", root, "tmpfs", linux.MS_NOSUID, "size=8m,mode=755")
    for directory in ("dev", "etc", "home", "proc", "run", "tmp", EMPTY[1:], TASK[1:], OPT[1:], RUNTIME[1:]):
        os.makedirs(os.path.join(root, directory))
    _programs(root)
    _etc(root + "/etc", plan["nameservers"])
    _devices(root + "/dev", as_root=not plan["rootless"])
    _library(root + RUNTIME, plan["library"])
    if "node_modules" in plan["library"]:  # where `import` of Node.js looks last: it heeds no search path
        os.symlink(RUNTIME + "/node_modules", root + "/node_modules")
    _hidden(root + HIDDEN, plan)
    interpreter = _interpreters(root, plan)
    linux.restrict(root, linux.MOUNT_ATTR_RDONLY | linux.MOUNT_ATTR_NOSUID)
    os.chdir(root)
    # A new proc can only be mounted while another is in sight, where root is not the machine's.
    linux.mount("proc", root + "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    linux.pivot_root_here()
    _quick_groups()
    return interpreter


def _programs(root: str) -> None:
    _bind(root, "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = "/" + name
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
        elif os.path.isdir(path):
            _bind(root, path, path)


def _bind(root: str, source: str, target: str) -> None:
    os.makedirs(root + target, exist_ok=True)
    linux.bind(source, root + target)


def _etc(etc: str, nameservers: "Sequence[str]") -> None:
    resolvers = "".join("nameserver %s\n" % server for server in nameservers)
    for name, text in (*_FILES.items(), ("resolv.conf", resolvers)):
        with open(os.path.join(etc, name), "w") as file:
            file.write(text)
    for name in _COPIED:
        source, target = os.path.join("/etc", name), os.path.join(etc, name)
        if os.path.isfile(source):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)
    java = sorted(name for name in os.listdir("/etc") if name.startswith("java-"))  # where Debian keeps its settings
    for name in (*_BOUND, *java):
        if os.path.isdir(os.path.join("/etc", name)):
            _bind(etc, os.path.join("/etc", name), "/" + name)
    os.symlink("/usr/share/zoneinfo/UTC", os.path.join(etc, "localtime"))
    os.symlink("/usr/lib/os-release", os.path.join(etc, "os-release"))


def _devices(dev: str, as_root: bool) -> None:
    for name, numbers in _DEVICES.items():
        path = os.path.join(dev, name)
        if as_root:
            os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(*numbers))
            os.chmod(path, 0o666)
        else:
            open(path, "w").close()
            linux.bind("/dev/" + name, path)
    for name, target in _LINKS.items():
        os.symlink(target, os.path.join(dev, name))


def _library(runtime: str, entries: "Dict[str, str]") -> None:
    """Show each library entry (name: real path). Files are copied: a mount each would be dearer."""
    for name, source in entries.items():
        target = os.path.join(runtime, name)
        if os.path.isdir(source):
            os.mkdir(target)
            linux.bind(source, target)
        else:
            shutil.copyfile(source, target)
            os.chmod(target, 0o644)


def _hidden(hidden: str, plan: "Dict[str, Any]") -> None:
    os.makedirs(hidden)
    linux.mount("tmpfs", hidden, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=1m,mode=700")
    _bind(hidden, plan["inside"], "/inside")
    os.mkdir(hidden + "/groups")
    for name, source in plan["trees"].items():
        _bind(hidden, source, "/trees/" + name)


def _interpreters(root: str, plan: "Dict[str, Any]") -> str:
    """Show the function's language as /var/lang, as Lambda does, and return the launcher's own interpreter.

    They are one for managed Python; else ours is hidden, and there may be no language at all.
    """
    ours = (plan["executable"], plan["prefix"])
    if plan["python"]:
        return _show(root, ours, LANG)
    if plan["language"] is not None:
        _show(root, plan["language"], LANG)
    return _show(root, ours, HIDDEN + "/lang")


def _show(root: str, program: "Sequence[str]", place: str) -> str:
    executable, prefix = program
    inner = seen_as(executable, prefix, place)
    if inner == executable:
        if place == LANG:
            os.symlink("/usr", root + LANG)
    elif prefix:
        _bind(root, prefix, place)
    else:
        os.makedirs(root + os.path.dirname(inner))
        open(root + inner, "w").close()
        linux.bind(executable, root + inner)
    return inner


def seen_as(executable: str, prefix: str, place: str = LANG) -> str:
    """The path, inside, of an interpreter that is installed in `prefix` (empty: it needs no other file of it)."""
    if prefix == "/usr" or (not prefix and executable.startswith("/usr/")):
        return executable
    if not prefix:
        return os.path.join(place, "bin", os.path.basename(executable))
    inner = os.path.relpath(executable, prefix)
    if inner.startswith(".."):
        raise ValueError("%s is not inside its prefix %s" % (executable, prefix))
    return os.path.join(place, inner)


def _quick_groups() -> None:
    """Ask the kernel for quick moves between control groups while this launcher lives.

    Without it the first move after a pause waits for a grace period (6 ms and more). The option belongs to a
    hierarchy but acts on all; an empty one of our own, mounted only here, vanishes with this process. Not allowed
    without root: then moves are slow, and nothing else changes.
    """
    try:
        linux.mount("lambent", HIDDEN + "/groups", "cgroup", linux.MS_NODEV, "none,name=lambent,favordynmods")
    except OSError:
        return
