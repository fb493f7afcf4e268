"""The image of a frozen process: its memory in a sparse file, where each byte lies at its address, and what else is
needed to go on.

`capture` writes one of a process that is about to be restored many times; `revive.revive` turns another process into
it. Both are forks of one launcher, and have the same programs at the same addresses; both run with a function's rights,
and an image is believed by nobody but processes of the same function.
"""

from __future__ import annotations

import _thread
import ctypes
import json
import os
import signal
from typing import Any, Dict, List, Sequence, Tuple

from . import machine_code, mappings
from .mappings import PAGE, Detail

SIZE = 1 << 48
"""How long the file is, nearly all of it holes: a byte at every address, then the head."""

HEAD = 1 << 47
"""Where the head is. From HEAD + 1 GB on there is room for others."""

_LENGTH_BYTES = 8
_CHUNK = 1 << 20
_ZEROS = bytes(PAGE)
_WIPED = "wf"
"""The kernel's flag of memory that a fork shall find empty: whoever asked for it wants to notice copies."""

_TID_OFFSET = 0x2D0
"""Where the GNU C library keeps a thread's number, from the thread's own address on."""

_SYS_ARCH_PRCTL, _ARCH_GET_FS = 158, 0x1003
_SYS_SIGACTION, _SYS_SIGALTSTACK = 13, 131
_ACTION_BYTES, _MASK_BYTES, _STACK_BYTES = 32, 8, 24
SIGNALS = tuple(number for number in range(1, 65) if number not in (signal.SIGKILL, signal.SIGSTOP))

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class Unfit(Exception):
    """This process cannot be captured; the text says why, as the end of a sentence about the function."""


def capture(file: int, fork: machine_code.Fork) -> bool:
    """Write the image of this process into `file`; False in it, True in whatever process the image is restored to.

    Single-threaded callers only. Raises Unfit, OSError.
    """
    thread = thread_number_address()
    pid = fork()
    if pid == 0:
        return True
    if pid < 0:
        raise OSError(-pid, os.strerror(-pid))
    try:
        head = _write(file, pid, fork.resume)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    head.update(thread=thread, actions=_actions(), alternative=_alternative_stack().hex())
    text = json.dumps(head).encode()
    os.pwrite(file, len(text).to_bytes(_LENGTH_BYTES, "big") + text, HEAD)
    return False


def head(file: int) -> "Dict[str, Any]":
    """The head of an image."""
    length = int.from_bytes(os.pread(file, _LENGTH_BYTES, HEAD), "big")
    found: "Dict[str, Any]" = json.loads(os.pread(file, length, HEAD + _LENGTH_BYTES))
    return found


def thread_number_address() -> int:
    """Where the C library keeps this thread's number. Raises Unfit if it is not where it should be."""
    base = ctypes.c_ulong()
    _libc.syscall(ctypes.c_long(_SYS_ARCH_PRCTL), ctypes.c_long(_ARCH_GET_FS), ctypes.byref(base))
    address = base.value + _TID_OFFSET
    if ctypes.c_int.from_address(address).value != _native_id():
        raise Unfit("runs under a C library that is not known here")
    return address


def _native_id() -> int:
    return _thread.get_native_id()


def _write(file: int, pid: int, resume: "Tuple[int, int]") -> "Dict[str, Any]":
    """Copy the memory of the waiting child `pid`; returns what has to be known of it."""
    kept: "List[Sequence[object]]" = []
    memory = os.open("/proc/%d/mem" % pid, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for detail in mappings.read_in_detail(pid):
            mapping = detail.mapping
            if mapping.is_kernels:
                continue
            runs = _contents(pid, detail)
            kept.append((*mapping, runs))
            for start, end in runs or ():
                _copy(memory, file, start, end)
    finally:
        os.close(memory)
    return {"mappings": kept, "stack": resume[0], "address": resume[1]}


def _contents(pid: int, detail: Detail) -> "List[Tuple[int, int]] | None":
    """The ranges of a mapping that go into the image; None if its file has all of it. Raises Unfit."""
    mapping = detail.mapping
    if mapping.is_shared:
        if "w" in mapping.rights or not mapping.is_file or mapping.path.endswith(" (deleted)"):
            raise Unfit("shares memory with other processes")
        return None
    if _WIPED in detail.flags or "r" not in mapping.rights:
        return []
    if not mapping.is_file:
        return mappings.present(pid, mapping.start, mapping.end)
    if not detail.anonymous and not mapping.path.endswith(" (deleted)"):
        return None
    return [(mapping.start, mapping.end)]


def _copy(memory: int, file: int, start: int, end: int) -> None:
    """Copy a range, leaving out pages of zeros: holes are read as such."""
    for at in range(start, end, _CHUNK):
        data = os.pread(memory, min(_CHUNK, end - at), at)
        begun = -1
        for offset in range(0, len(data), PAGE):
            is_empty = data.startswith(_ZEROS, offset)
            if is_empty and begun >= 0:
                os.pwrite(file, memoryview(data)[begun:offset], at + begun)
                begun = -1
            elif not is_empty and begun < 0:
                begun = offset
        if begun >= 0:
            os.pwrite(file, memoryview(data)[begun:], at + begun)


def _actions() -> "List[str]":
    """What each signal does, as the kernel keeps it, in hex; in the order of `SIGNALS`."""
    found = []
    for number in SIGNALS:
        action = ctypes.create_string_buffer(_ACTION_BYTES)
        arguments = (ctypes.c_long(number), None, action, ctypes.c_long(_MASK_BYTES))
        _libc.syscall(ctypes.c_long(_SYS_SIGACTION), *arguments)
        found.append(action.raw.hex())
    return found


def _alternative_stack() -> bytes:
    found = ctypes.create_string_buffer(_STACK_BYTES)
    _libc.syscall(ctypes.c_long(_SYS_SIGALTSTACK), None, found)
    return found.raw
