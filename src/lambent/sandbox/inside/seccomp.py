"""The system calls that a function may not make, as a seccomp BPF program assembled here.

A list of denials, as wide as Lambda's: whatever changes mounts, namespaces, the kernel, the clock, other processes'
memory, or reaches parts of the kernel that functions have no business with. Pure: numbers in, bytes out.
"""

from __future__ import annotations

import errno
import struct
from typing import Dict, List, NamedTuple, Tuple

ALLOW = 0x7FFF0000
_ERRNO = 0x00050000

DENIED = _ERRNO | errno.EPERM
ABSENT = _ERRNO | errno.ENOSYS
NO_FAMILY = _ERRNO | errno.EAFNOSUPPORT
NO_PROTOCOL = _ERRNO | errno.EPROTONOSUPPORT
SKIPPED = _ERRNO | 0  # not done, and said to be

# name: (number on x86_64, number on aarch64); None where the architecture has no such call.
_REFUSED: "Dict[str, Tuple[int | None, int | None]]" = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # mounts and roots
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    # namespaces and names
    "unshare": (272, 97),
    "setns": (308, 268),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    # the kernel itself
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42),
    "acct": (163, 89),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "create_module": (174, None),
    "query_module": (178, None),
    "get_kernel_syms": (177, None),
    "uselib": (134, None),
    "ustat": (136, None),
    "sysfs": (139, None),
    "_sysctl": (156, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    # keys
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # the clock
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    # requests that one user may take from the whole machine
    "io_setup": (206, 0),
    # placement of memory
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450),
}

# They flush every disk of the machine, and /tmp, which nobody reads after a crash: functions lose nothing.
_SKIPPED: "Dict[str, Tuple[int, int]]" = {"sync": (162, 81), "syncfs": (306, 267)}

# Calls that take a process id: pid 1 is the supervisor, which shares the function's uid. (argument index)
_NOT_PID_ONE: "Dict[str, Tuple[int, int, int]]" = {
    "sched_setaffinity": (203, 122, 0),
    "sched_setattr": (314, 274, 0),
    "sched_setparam": (142, 118, 0),
    "sched_setscheduler": (144, 119, 0),
    "setpriority": (141, 140, 1),
    "ioprio_set": (251, 30, 1),
}

# All other families (vsock!), kinds and protocols do not exist here: asking for one may load a module into the kernel.
_UNIX, _INTERNET, _NETLINK = 1, (2, 10), 16
_STRANGE_KINDS = 0xC  # the bits that stream, datagram and raw do not have
_PROTOCOLS = (0, 1, 6, 17, 58, 262)  # any, ICMP, TCP, UDP, ICMPv6, MPTCP
_ROUTE = 0  # the netlink protocol of interfaces and addresses, which name look-ups need
_RLIMIT_CORE = 4
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_NEW_NAMESPACES = 0x7E020000  # the CLONE_NEW* bits, without CLONE_NEWTIME, which clone(2) cannot ask for


class _Machine(NamedTuple):
    column: int
    audit: int
    clone: int
    clone3: int
    socket: int
    socketpair: int
    ioctl: int
    prlimit64: int
    setrlimit: int


_MACHINES = {
    "x86_64": _Machine(0, 0xC000003E, 56, 435, 41, 53, 16, 302, 160),
    "aarch64": _Machine(1, 0xC00000B7, 220, 435, 198, 199, 29, 261, 164),
}

_LOAD, _RETURN, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS = 0x20, 0x06, 0x15, 0x35, 0x45


def _op(code: int, k: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, k)


def _argument(index: int, high: bool = False) -> bytes:
    """Load the low or high half of an argument; the machines served here are little-endian."""
    return _op(_LOAD, 16 + 8 * index + 4 * high)


def _argument_rule(index: int, jump: int, values: "Tuple[int, ...]", matched: int, otherwise: int) -> "List[bytes]":
    """Return `matched` if the argument compares to one of `values`, else `otherwise`."""
    rule = [_argument(index)]
    for position, value in enumerate(values):
        rule.append(_op(jump, value, len(values) - position, 0))
    return [*rule, _op(_RETURN, otherwise), _op(_RETURN, matched)]


def _if_equal(value: int, rule: "List[bytes]") -> "List[bytes]":
    """Run `rule`, which ends in a return, when what is loaded is `value`; else go on behind it."""
    return [_op(_JUMP_EQUAL, value, 0, len(rule)), *rule]


def _sockets() -> "List[bytes]":
    """Which sockets there are."""
    return [
        _argument(0),
        *_if_equal(_UNIX, [_op(_RETURN, ALLOW)]),
        *_if_equal(_NETLINK, _argument_rule(2, _JUMP_EQUAL, (_ROUTE,), ALLOW, NO_PROTOCOL)),
        _op(_JUMP_EQUAL, _INTERNET[0], 2, 0),
        _op(_JUMP_EQUAL, _INTERNET[1], 1, 0),
        _op(_RETURN, NO_FAMILY),
        _argument(1),
        _op(_JUMP_BITS, _STRANGE_KINDS, 0, 1),
        _op(_RETURN, NO_PROTOCOL),
        *_argument_rule(2, _JUMP_EQUAL, _PROTOCOLS, ALLOW, NO_PROTOCOL),
    ]


def _process_limits() -> "List[bytes]":
    """prlimit64: not of pid 1, and not of core dumps (`isolate.CORE_LIMIT`); reading is free."""
    return [
        _argument(0),
        *_if_equal(1, [_op(_RETURN, DENIED)]),
        _argument(1),
        _op(_JUMP_EQUAL, _RLIMIT_CORE, 1, 0),
        _op(_RETURN, ALLOW),
        _argument(2),
        _op(_JUMP_EQUAL, 0, 1, 0),
        _op(_RETURN, SKIPPED),
        _argument(2, high=True),
        _op(_JUMP_EQUAL, 0, 1, 0),
        _op(_RETURN, SKIPPED),
        _op(_RETURN, ALLOW),
    ]


def program(machine: str) -> bytes:
    """The filter for `machine` (`platform.machine()`). Raises KeyError for one that is not served."""
    it = _MACHINES[machine]
    code = [_op(_LOAD, 4), _op(_JUMP_EQUAL, it.audit, 1, 0), _op(_RETURN, ABSENT), _op(_LOAD, 0)]
    if machine == "x86_64":
        code += [_op(_JUMP_AT_LEAST, 0x40000000, 0, 1), _op(_RETURN, ABSENT)]  # the x32 calls
    code += _if_equal(it.clone3, [_op(_RETURN, ABSENT)])  # its flags lie in memory: libc falls back to clone
    code += _if_equal(it.clone, _argument_rule(0, _JUMP_BITS, (_NEW_NAMESPACES,), DENIED, ALLOW))
    for number in (it.socket, it.socketpair):
        code += _if_equal(number, _sockets())
    code += _if_equal(it.prlimit64, _process_limits())
    code += _if_equal(it.setrlimit, _argument_rule(0, _JUMP_EQUAL, (_RLIMIT_CORE,), SKIPPED, ALLOW))
    code += _if_equal(it.ioctl, _argument_rule(1, _JUMP_EQUAL, (_TIOCSTI, _TIOCLINUX), DENIED, ALLOW))
    for *numbers, index in _NOT_PID_ONE.values():
        code += _if_equal(numbers[it.column], _argument_rule(index, _JUMP_EQUAL, (1,), DENIED, ALLOW))
    for refused_pair in _REFUSED.values():
        refused_number = refused_pair[it.column]
        if refused_number is not None:
            code += _if_equal(refused_number, [_op(_RETURN, DENIED)])
    for skipped_pair in _SKIPPED.values():
        code += _if_equal(skipped_pair[it.column], [_op(_RETURN, SKIPPED)])
    return b"".join([*code, _op(_RETURN, ALLOW)])


def refused(machine: str) -> "Dict[str, int]":
    """Names and numbers of the calls that are refused whatever their arguments."""
    column = _MACHINES[machine].column
    return {name: number for name, pair in _REFUSED.items() if (number := pair[column]) is not None}
