"""What every attack has at hand: the system calls that Python does not offer, and how an attempt ended. Runs inside."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import socket
import struct

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p
X86 = platform.machine() == "x86_64"
CHANNEL, TELEMETRY = 3, 4
SUPERVISOR = 1
READY, RESPONSE, ERROR, INIT_ERROR, TOO_LARGE = 16, 17, 18, 19, 20
STREAM, CHUNK, END = 25, 26, 27


def syscall(number, *arguments):
    """syscall(2) by number, or by a pair of numbers (x86_64, aarch64); raises OSError."""
    if isinstance(number, tuple):
        number = number[0 if X86 else 1]
    return check(libc.syscall(ctypes.c_long(number), *arguments))


def check(result):
    """The result of a C function that may fail. Raises OSError."""
    if result is None or result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def outcome(attempt):
    """`allowed`, or the name of the errno with which `attempt()` was refused."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
    return "allowed"


def mmap_address(size):
    """The address of new anonymous memory that was never touched."""
    return ctypes.c_void_p(libc.mmap(None, ctypes.c_size_t(size), 3, 0x22, -1, 0))


def frame(kind, meta, payload=b""):
    """One frame of the private channel, as the runtime sends it; `meta` is bytes or what becomes JSON."""
    meta = meta if isinstance(meta, bytes) else json.dumps(meta).encode()
    return struct.pack(">IBI", 5 + len(meta) + len(payload), kind, len(meta)) + meta + payload


def channel():
    """The private channel, as a socket that is ours to close without closing the runtime's."""
    return socket.socket(fileno=os.dup(CHANNEL))


def child(work):
    """Run `work` in a forked child; its exit code, or minus the signal that ended it."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(99)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)
