"""The two pieces of machine code that Python cannot say: a fork that remembers where it was, and a list of system calls
that runs without using any memory but its own.

Only for x86_64 (`SERVED`). Both run inside an environment, with the function's rights and no others.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from typing import List, Tuple

SERVED = ("x86_64",)

Call = Tuple[int, ...]
"""A system call: its number and up to six arguments."""

FAILED_STATUS = 70
"""What a process exits with when a call of its list is refused."""

# Saves what a called function must not change, tells at [rdi] where that is, and forks. The child waits for ever: it is
# there to be copied. The parent returns the child's process id; whoever continues the copy begins at `_RESUME`.
_FORK = bytes.fromhex(
    "53 55 4154 4155 4156 4157 4883ec08"  # push rbx, rbp, r12, r13, r14, r15; sub rsp, 8
    "0fae1c24 d97c2404 488927"  # stmxcsr [rsp]; fnstcw [rsp+4]; mov [rdi], rsp
    "31f6 31d2 4531d2 4531c0 bf11000000 b838000000 0f05"  # clone(SIGCHLD, 0, 0, 0, 0)
    "4885c0 7509"  # if it is not the child: go to resume
    "b822000000 0f05 ebf7"  # for ever: pause()
    "0fae1424 d96c2404 4883c408"  # resume: ldmxcsr [rsp]; fldcw [rsp+4]; add rsp, 8
    "415f 415e 415d 415c 5d 5b c3"  # pop r15, r14, r13, r12, rbp, rbx; ret
)
_RESUME = 0x3D

# rdi: a table of seven numbers a call (number, six arguments) that ends with -1, a stack pointer and an address: the
# calls are made in turn, then it goes on at that address with that stack and 0 as the result.
_EXECUTE = bytes.fromhex(
    "4889fb"  # mov rbx, rdi
    "488b03 4883f8ff 7432"  # next: mov rax, [rbx]; if it is -1: go to done
    "488b7b08 488b7310 488b5318 4c8b5320 4c8b4328 4c8b4b30 0f05"  # rdi, rsi, rdx, r10, r8, r9 = [rbx+8...]; syscall
    "4883c338 483d00f0ffff 72d1"  # add rbx, 56; if it was not refused: go to next
    "bf46000000 b8e7000000 0f05"  # exit_group(70)
    "488b6308 488b4b10 31c0 ffe1"  # done: mov rsp, [rbx+8]; mov rcx, [rbx+16]; xor eax, eax; jmp rcx
)
_ROW = 7


class Fork:
    """A fork whose child can be copied and continued elsewhere. Keep it: the copy goes on in its code."""

    def __init__(self) -> None:
        self._code = _executable(_FORK)
        self._saved = (ctypes.c_ulong * 1)()
        self._call = ctypes.PYFUNCTYPE(ctypes.c_long, ctypes.c_void_p)(_address(self._code))

    @property
    def resume(self) -> "Tuple[int, int]":
        """Stack pointer and address at which the child's copy goes on; known after `__call__`."""
        return self._saved[0], _address(self._code) + _RESUME

    def __call__(self) -> int:
        """The child's process id, or a negative error number; 0 in a copy that is continued."""
        return int(self._call(ctypes.addressof(self._saved)))


def table(calls: "List[Call]", stack: int, address: int) -> bytes:
    """What `execute` wants: these calls, then to continue at `address` with the stack pointer `stack`."""
    rows = [struct.pack("=7q", *_signed(call + (0,) * (_ROW - len(call)))) for call in calls]
    return b"".join(rows) + struct.pack("=3q", *_signed((-1, stack, address)))


def table_size(count: int) -> int:
    """How many bytes a table of so many calls has."""
    return 8 * (_ROW * count + 3)


def execute(content: bytes, at: int) -> None:
    """Put a table, and what may follow it, at `at` + one page, and carry it out. Does not return.

    There must be nothing there yet, and the calls must not touch it. Raises OSError if there is.
    """
    code = claim(at, len(_EXECUTE), mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    rows = claim(at + mmap.PAGESIZE, len(content))
    ctypes.memmove(code, _EXECUTE, len(_EXECUTE))
    ctypes.memmove(rows, content, len(content))
    ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(code)(rows)


def _signed(row: "Tuple[int, ...]") -> "List[int]":
    return [value - (1 << 64) if value >= 1 << 63 else value for value in row]


def _executable(code: bytes) -> mmap.mmap:
    area = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    area.write(code)
    return area


def _address(area: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(area))


_MAP_FIXED_NOREPLACE = 0x100000
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]


def claim(address: int, size: int, rights: int = mmap.PROT_READ | mmap.PROT_WRITE) -> int:
    """Have memory at an address that must be free, and return that. Raises OSError."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_FIXED_NOREPLACE
    if _libc.mmap(address, size, rights, flags, -1, 0) != address:
        raise OSError(ctypes.get_errno(), "mmap at 0x%x" % address)
    return address
