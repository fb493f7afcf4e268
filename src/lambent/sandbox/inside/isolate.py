"""How a supervisor isolates its environment, step by step, and gives up every right.

The sockets are the bare ones of `_socket`: what wraps them costs the supervisor pages of its own, of which every
environment would have a copy.

Order matters and is fixed: namespaces other than user are made, and everything is mounted, while the process still
belongs to the launcher's user namespace; the function's own user namespace is made last, so that nothing in it can
ever have power over those mounts and that network.
"""

from __future__ import annotations

import _socket
import fcntl
import os
import resource
import struct
from typing import Any, Dict, List

from . import linux, root

RUNTIME_API = ("127.0.0.1", 9001)
ENDPOINT = ("127.0.0.1", 4566)
OPEN_FILES = 1024
CORE_LIMIT = 1
"""Bytes of a core dump. Not 0: the kernel would still pipe dumps to a program of the machine, run as its root, where
`core_pattern` names one; with 1, which is meant for such programs themselves, it does neither. The filter keeps it."""

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_MASKED_FILES = ("kcore", "keys", "kmsg", "latency_stats", "sched_debug", "sysrq-trigger", "timer_list")
_MASKED_TREES = ("acpi", "bus", "fs", "irq", "scsi")


def separate() -> None:
    """Enter new namespaces (the pid namespace came with the fork) with a hostname, a loopback and a /proc."""
    linux.unshare(
        linux.CLONE_NEWNS | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS | linux.CLONE_NEWNET | linux.CLONE_NEWCGROUP
    )
    _socket.sethostname(root.HOSTNAME)
    _loopback_up()
    flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    linux.mount("proc", "/proc", "proc", flags)
    for name in _MASKED_FILES:
        if os.path.exists("/proc/" + name):
            linux.bind("/dev/null", "/proc/" + name)
    for name in _MASKED_TREES:
        if os.path.isdir("/proc/" + name):
            linux.bind(root.EMPTY, "/proc/" + name)


def _loopback_up() -> None:
    probe = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    request = bytearray(struct.pack("=16sh14x", b"lo", 0))
    fcntl.ioctl(probe, _SIOCGIFFLAGS, request)
    flags = struct.unpack_from("=h", request, 16)[0] | _IFF_UP
    fcntl.ioctl(probe, _SIOCSIFFLAGS, struct.pack("=16sh14x", b"lo", flags))
    probe.close()


def listeners(with_runtime_api: bool) -> "Dict[str, _socket.socket]":
    """Sockets that listen inside this network namespace, for the platform to serve."""
    wanted = {"endpoint": ENDPOINT}
    if with_runtime_api:
        wanted["runtime_api"] = RUNTIME_API
    return {name: listen(address) for name, address in wanted.items()}


def listen(address: "tuple[str, int]") -> _socket.socket:
    """A listening TCP socket."""
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(128)
    return listener


def furnish(order: "Dict[str, Any]", descriptors: "List[int]") -> None:
    """Show /var/task, /opt and /tmp, then hide the code of all others.

    `order`: `code` and `layers` as `TREE/relative/path` (layers may be None), `uid` the host uid or None, and either a
    descriptor of a mounted /tmp or `tmp_mb`.
    """
    linux.bind(os.path.join(root.TREES, order["code"]), root.TASK)
    if order["layers"] is not None:
        linux.bind(os.path.join(root.TREES, order["layers"]), root.OPT)
    if descriptors:
        linux.place(descriptors[0], "/tmp")
    else:
        linux.mount("tmpfs", "/tmp", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=%dm" % order["tmp_mb"])
    if order["uid"] is not None:
        os.chown("/tmp", order["uid"], order["uid"])
    os.chmod("/tmp", 0o700)
    linux.detach(root.HIDDEN)
    os.chdir("/")


def drop(host_id: "int | None", filter_program: bytes, capabilities: int) -> None:
    """Become the function's user for good: own host uid (when root), own user namespace, no capability (of as many as
    the kernel knows), the filter."""
    resource.setrlimit(resource.RLIMIT_CORE, (CORE_LIMIT, CORE_LIMIT))
    files = min(OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if host_id is not None:
        os.setgroups([])
        os.setresgid(host_id, host_id, host_id)
        os.setresuid(host_id, host_id, host_id)
        linux.prctl(linux.PR_SET_DUMPABLE, 1)  # else /proc/self is root's and the maps cannot be written
    linux.own_user_namespace(root.UID, root.GID)
    linux.drop_capabilities(capabilities)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.load_filter(filter_program)
    linux.prctl(linux.PR_SET_DUMPABLE, 0)  # the function, of the same uid, must not look into its supervisor
