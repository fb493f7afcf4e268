"""The system calls that Python does not offer, through ctypes. Each raises OSError naming the call.

Used on both sides of the wall; holds no policy: who calls what, and when, is decided elsewhere.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

CLONE_NEWTIME = 0x00000080
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 0x2

MOUNT_ATTR_RDONLY = 0x1
MOUNT_ATTR_NOSUID = 0x2
MOUNT_ATTR_NODEV = 0x4

_MADV_POPULATE_WRITE = 23

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
SECCOMP_MODE_FILTER = 2

AT_FDCWD = -100
AT_EMPTY_PATH = 0x1000
AT_RECURSIVE = 0x8000
_MOVE_MOUNT_F_EMPTY_PATH = 0x4
_FSOPEN_CLOEXEC = 0x1
_FSMOUNT_CLOEXEC = 0x1
_FSCONFIG_SET_FLAG = 0
_FSCONFIG_SET_STRING = 1
_FSCONFIG_CMD_CREATE = 6

# Above 423 every architecture has the same numbers.
_SYS_MOVE_MOUNT = 429
_SYS_FSOPEN = 430
_SYS_FSCONFIG = 431
_SYS_FSMOUNT = 432
_SYS_MOUNT_SETATTR = 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_bare_fork = ctypes.PyDLL(None, use_errno=True).fork
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
_libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
_libc.umount2.argtypes = [ctypes.c_char_p, ctypes.c_int]
_libc.unshare.argtypes = [ctypes.c_int]
_libc.setns.argtypes = [ctypes.c_int, ctypes.c_int]
_libc.madvise.argtypes = [ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]


def _check(result: int, call: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, "%s: %s" % (call, os.strerror(code)))
    return result


def _syscall(call: str, number: int, *args: object) -> int:
    return _check(_libc.syscall(ctypes.c_long(number), *args), call)


def fork() -> int:
    """os.fork() without what modules have registered to happen around it (new random numbers, new locks, ...): for a
    child that runs nothing of theirs. Half of the pages that it would write to stay shared. Single-threaded callers
    only."""
    return _check(_bare_fork(), "fork")


def unshare(flags: int) -> None:
    """Give this process new namespaces (a new pid namespace takes effect for its next child)."""
    _check(_libc.unshare(flags), "unshare(0x%x)" % flags)


def own_user_namespace(uid: int, gid: int, flags: int = 0) -> None:
    """Enter a new user namespace (and the namespaces of `flags`, which it owns) where we are `uid` and `gid`."""
    outside = (os.geteuid(), os.getegid())
    unshare(CLONE_NEWUSER | flags)
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", "%d %d 1" % (uid, outside[0]))
    write("/proc/self/gid_map", "%d %d 1" % (gid, outside[1]))


def write(path: str, text: str) -> None:
    """Write a file that the kernel reads as we write it."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def setns(fd: int, kind: int) -> None:
    """Enter the namespace of `fd`."""
    _check(_libc.setns(fd, kind), "setns")


def prctl(option: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0) -> None:
    """prctl(2); numbers only."""
    _check(_libc.prctl(option, a, b, c, d), "prctl(%d)" % option)


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """mount(2)."""
    result = _libc.mount(source.encode(), os.fsencode(target), kind.encode() or None, flags, data.encode() or None)
    _check(result, "mount %s on %s" % (source or kind, target))


def bind(source: str, target: str) -> None:
    """Show the tree `source`, with all that is mounted in it, at `target` too."""
    _check(_libc.mount(os.fsencode(source), os.fsencode(target), None, MS_BIND | MS_REC, None), "bind " + source)


def detach(target: str) -> None:
    """Take away what is mounted at `target` and below, now, even while it is in use."""
    _check(_libc.umount2(os.fsencode(target), MNT_DETACH), "umount " + target)


def restrict(target: str, attributes: int) -> None:
    """Add mount attributes (MOUNT_ATTR_*) to the mount at `target` and to all below it."""
    attr = struct.pack("=QQQQ", attributes, 0, 0, 0)
    args = (AT_FDCWD, os.fsencode(target), AT_RECURSIVE, attr, ctypes.c_size_t(len(attr)))
    _syscall("mount_setattr " + target, _SYS_MOUNT_SETATTR, *args)


def pivot_root_here() -> None:
    """Make the current directory (a mount point) the root, and detach the old root for good."""
    _syscall("pivot_root", _SYS_PIVOT_ROOT[platform.machine()], b".", b".")
    detach(".")
    os.chdir("/")


def filesystem(kind: str, source: str, options: "dict[str, str | None]", attributes: int) -> int:
    """Mount a new filesystem nowhere yet: a descriptor for `place`. Options with None are flags."""
    context = _syscall("fsopen " + kind, _SYS_FSOPEN, kind.encode(), _FSOPEN_CLOEXEC)
    try:
        _fsconfig(context, _FSCONFIG_SET_STRING, "source", source)
        for key, value in options.items():
            _fsconfig(context, _FSCONFIG_SET_FLAG if value is None else _FSCONFIG_SET_STRING, key, value)
        _fsconfig(context, _FSCONFIG_CMD_CREATE, None, None)
        return _syscall("fsmount " + kind, _SYS_FSMOUNT, context, _FSMOUNT_CLOEXEC, attributes)
    finally:
        os.close(context)


def _fsconfig(context: int, command: int, key: "str | None", value: "str | None") -> None:
    encoded = [None if text is None else text.encode() for text in (key, value)]
    _syscall("fsconfig %s=%s" % (key, value), _SYS_FSCONFIG, context, command, encoded[0], encoded[1], 0)


def place(mounted: int, target: str) -> None:
    """Attach a mount made by `filesystem` at `target`."""
    args = (mounted, b"", AT_FDCWD, os.fsencode(target), _MOVE_MOUNT_F_EMPTY_PATH)
    _syscall("move_mount " + target, _SYS_MOVE_MOUNT, *args)


def count_capabilities() -> int:
    """How many capabilities this kernel knows."""
    with open("/proc/sys/kernel/cap_last_cap") as file:
        return int(file.read()) + 1


def drop_capabilities(count: int) -> None:
    """Leave no capability in any set, of `count` that there are, now or after an exec."""
    for capability in range(count):
        prctl(PR_CAPBSET_DROP, capability)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("=Ii", 0x20080522, 0)
    _check(_libc.capset(header, bytes(24)), "capset")


def load_filter(program: bytes) -> None:
    """Install a seccomp BPF program for this process and all its children. Needs no_new_privs."""
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(code)))
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(header))


def populate(address: int, length: int) -> None:
    """Have the pages of a writable mapping present and this process's own. Needs Linux 5.14."""
    _check(_libc.madvise(address, length, _MADV_POPULATE_WRITE), "madvise")
