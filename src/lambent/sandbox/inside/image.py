"""The image of a frozen process: its memory in a sparse file, where each byte lies at its address, and what has to be
done to go on from there.

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
from typing import Any, Dict, FrozenSet, List, Tuple

from . import machine_code, mappings
from .mappings import PAGE, Content, Detail, Mapping
from .plan import Plan

SIZE = 1 << 48
"""How long the file is, nearly all of it holes: a byte at every address, then the head."""

HEAD = 1 << 47
"""Where the head is, and behind it the plan. From HEAD + 1 GB on there is room for others."""

PLAN = HEAD + (1 << 20)

LAUNCHER = os.urandom(16).hex()
"""All forks of a launcher have the same, and no others."""

_LENGTH_BYTES = 8
_CHUNK = 1 << 20
_ZEROS = bytes(PAGE)
_WIPED = "wf"
"""The kernel's flag of memory that a fork shall find empty: whoever asked for it wants to notice copies."""

_TID_OFFSET = 0x2D0
"""Where the GNU C library keeps a thread's number, from the thread's own address on."""

_SYS_ARCH_PRCTL, _ARCH_GET_FS = 158, 0x1003

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class Unfit(Exception):
    """This process cannot be captured; the text says why, as the end of a sentence about the function."""


def capture(file: int, fork: machine_code.Fork, before: "FrozenSet[Mapping]") -> bool:
    """Write the image of this process into `file`; False in it, True in whatever process the image is restored to.

    `before`: the mappings that this process had when it was a fresh fork, as those will be that become it.
    Single-threaded callers only. Raises Unfit, OSError.
    """
    thread = thread_number_address()
    pid = fork()
    if pid == 0:
        return True
    if pid < 0:
        raise OSError(-pid, os.strerror(-pid))
    try:
        contents = _write(file, pid)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    plan = Plan(contents, before, thread)
    content = plan.content(*fork.resume)
    os.pwrite(file, content, PLAN)
    head = {"launcher": LAUNCHER, "at": plan.at, "size": len(content), "files": plan.files}
    text = json.dumps(head).encode()
    os.pwrite(file, len(text).to_bytes(_LENGTH_BYTES, "big") + text, HEAD)
    return False


def head(file: int) -> "Dict[str, Any]":
    """The head of an image: `launcher`; `files` to be open for the plan; where the plan wants to be and its `size`."""
    length = int.from_bytes(os.pread(file, _LENGTH_BYTES, HEAD), "big")
    found: "Dict[str, Any]" = json.loads(os.pread(file, length, HEAD + _LENGTH_BYTES))
    return found


def thread_number_address() -> int:
    """Where the C library keeps this thread's number. Raises Unfit if it is not where it should be."""
    base = ctypes.c_ulong()
    _libc.syscall(ctypes.c_long(_SYS_ARCH_PRCTL), ctypes.c_long(_ARCH_GET_FS), ctypes.byref(base))
    address = base.value + _TID_OFFSET
    if ctypes.c_int.from_address(address).value != _thread.get_native_id():
        raise Unfit("runs under a C library that is not known here")
    return address


def _write(file: int, pid: int) -> "List[Content]":
    """Copy the memory of the waiting child `pid`; returns what of its mappings is now in the file."""
    contents: "List[Content]" = []
    try:
        memory = os.open("/proc/%d/mem" % pid, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:
        raise Unfit("may not read a copy of its own memory on this machine (kernel.yama.ptrace_scope)") from None
    try:
        for detail in mappings.read_in_detail(pid):
            runs = None if detail.mapping.is_kernels else _runs(pid, detail)
            contents.append((detail.mapping, runs))
            for start, end in runs or ():
                _copy(memory, file, start, end)
    finally:
        os.close(memory)
    return contents


def _runs(pid: int, detail: Detail) -> "List[Tuple[int, int]] | None":
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
        if len(data) != min(_CHUNK, end - at):
            raise OSError("memory at 0x%x cannot be read" % (at + len(data)))
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
