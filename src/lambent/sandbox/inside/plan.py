"""The system calls that make a fresh fork of the launcher what an image was made of, worked out once for all forks.

A fork has what it had when it was fresh, and whatever it has used since. So what the image has is mapped over it, what
lies between is taken away unseen, and files that both show alike stay as they are.
"""

from __future__ import annotations

import ctypes
import mmap
import signal
from typing import Dict, FrozenSet, List, Tuple

from . import machine_code, mappings
from .mappings import PAGE, Content, Mapping

IMAGE = 5
"""The descriptor of the image, in a process that is to write one and in one that is to continue from it."""

PATCH, FIRST_FILE = 62, 64
"""The descriptors of this thread's number (four bytes), and of the first of the files to be shown."""

_MMAP, _MUNMAP, _BRK, _PREAD = 9, 11, 12, 17
_SIGACTION, _SIGPROCMASK, _SIGALTSTACK = 13, 14, 131
_SETMASK = 2
_FIXED, _PRIVATE, _SHARED, _ANONYMOUS, _NORESERVE = 0x10, 0x02, 0x01, 0x20, 0x4000
_NUMBER_BYTES, _MASK_BYTES, _ACTION_BYTES, _STACK_BYTES = 4, 8, 32, 24
_SIGNALS = tuple(number for number in range(1, 65) if number not in (signal.SIGKILL, signal.SIGSTOP))
_ALL, _NONE = b"\xff" * _MASK_BYTES, bytes(_MASK_BYTES)

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

_STACK_GROWTH = 16 << 20
"""Below the stack: as long as it may become, and more."""

Span = Tuple[int, int]


class Plan:
    """Of the process that makes it: `contents` is its memory, `before` what it was when the process was a fresh fork,
    `thread` where its number is kept. `files` are to be open from FIRST_FILE on, and nothing at `at`, when it is
    carried out."""

    def __init__(self, contents: "List[Content]", before: "FrozenSet[Mapping]", thread: int) -> None:
        self.files: "List[str]" = []
        self._numbers: "Dict[str, int]" = {}
        self._thread = thread
        self._data = _ALL + _NONE + _alternative_stack() + b"".join(map(_action, _SIGNALS))
        calls = self._shown_memory(contents, before)
        # At most one gap more than mappings is to be emptied.
        most = len(calls) + len(contents) + len(_SIGNALS) + 8
        taken = [(mapping.start, mapping.end) for mapping, _ in contents]
        size = ((machine_code.table_size(most) + len(self._data)) // PAGE + 2) * PAGE
        self.at = mappings.gap([*taken, *((mapping.start, mapping.end) for mapping in before)], size)
        # First of all the heap's end: the kernel moves it only as long as the heap is there.
        heap = [mapping.end for mapping, _ in contents if mapping.path == mappings.HEAP]
        self._calls: "List[machine_code.Call]" = [(_BRK, end) for end in heap[-1:]]
        self._calls += _emptied(contents, [*taken, (self.at, self.at + size)])
        self._calls += calls

    def content(self, stack: int, address: int) -> bytes:
        """All of the plan, down to the data that its calls read; it goes on at `address`."""
        count = len(self._calls) + len(_SIGNALS) + 4
        masks = self.at + PAGE + machine_code.table_size(count)
        blocked = (_SIGPROCMASK, _SETMASK, masks, 0, _MASK_BYTES)
        calls = [blocked, *self._calls, (_PREAD, PATCH, self._thread, _NUMBER_BYTES, 0), *_signals(masks)]
        return machine_code.table(calls, stack, address) + self._data

    def _shown_memory(self, contents: "List[Content]", before: "FrozenSet[Mapping]") -> "List[machine_code.Call]":
        """What comes is mapped over what is there, never after it has gone: the kernel itself writes to a thread's own
        page whenever it takes the processor away, and ends a process that has none.

        What shows a file and cannot be written is the same in every fork, and left alone.
        """
        calls: "List[machine_code.Call]" = []
        for mapping, runs in contents:
            if mapping.is_kernels or (runs is None and mapping in before and "w" not in mapping.rights):
                continue
            if mapping.path == mappings.STACK:
                calls += [(_PREAD, IMAGE, start, end - start, start) for start, end in runs or ()]
            elif runs is None:
                calls.append(self._shown(mapping))
            else:
                calls += _filled(mapping, runs)
        return calls

    def _shown(self, mapping: Mapping) -> machine_code.Call:
        """A mapping of a file that is there, too."""
        if mapping.path not in self._numbers:
            self._numbers[mapping.path] = FIRST_FILE + len(self.files)
            self.files.append(mapping.path)
        flags = _FIXED | (_SHARED if mapping.is_shared else _PRIVATE)
        size, file = mapping.end - mapping.start, self._numbers[mapping.path]
        return (_MMAP, mapping.start, size, _rights(mapping), flags, file, mapping.offset)


def _emptied(contents: "List[Content]", kept: "List[Span]") -> "List[machine_code.Call]":
    """Take away all but what is `kept`, from the lowest address of a program to the stack, which may grow."""
    stack = min(mapping.start for mapping, _ in contents if mapping.path == mappings.STACK)
    lowest = min(mapping.start for mapping, _ in contents)
    return [(_MUNMAP, start, end - start) for start, end in mappings.without(lowest, stack - _STACK_GROWTH, kept)]


def _filled(mapping: Mapping, runs: "List[Span]") -> "List[machine_code.Call]":
    """A mapping whose content comes from the image; what has none is empty memory."""
    rights = _rights(mapping)
    calls: "List[machine_code.Call]" = []
    at = mapping.start
    for start, end in [*runs, (mapping.end, mapping.end)]:
        if start > at:
            calls.append((_MMAP, at, start - at, rights, _FIXED | _PRIVATE | _ANONYMOUS | _NORESERVE, -1, 0))
        if end > start:
            calls.append((_MMAP, start, end - start, rights, _FIXED | _PRIVATE, IMAGE, start))
        at = end
    return calls


def _rights(mapping: Mapping) -> int:
    bits = {"r": mmap.PROT_READ, "w": mmap.PROT_WRITE, "x": mmap.PROT_EXEC}
    return sum(bit for letter, bit in bits.items() if letter in mapping.rights)


def _signals(masks: int) -> "List[machine_code.Call]":
    """The calls that make signals what they were; what they read lies behind the two masks."""
    stack = masks + 2 * _MASK_BYTES
    first = stack + _STACK_BYTES
    calls: "List[machine_code.Call]" = [(_SIGALTSTACK, stack, 0)]
    for index, number in enumerate(_SIGNALS):
        calls.append((_SIGACTION, number, first + index * _ACTION_BYTES, 0, _MASK_BYTES))
    return [*calls, (_SIGPROCMASK, _SETMASK, masks + _MASK_BYTES, 0, _MASK_BYTES)]


def _action(number: int) -> bytes:
    """What a signal does, as the kernel keeps it."""
    action = ctypes.create_string_buffer(_ACTION_BYTES)
    arguments = (ctypes.c_long(number), None, action, ctypes.c_long(_MASK_BYTES))
    _libc.syscall(ctypes.c_long(_SIGACTION), *arguments)
    return action.raw


def _alternative_stack() -> bytes:
    found = ctypes.create_string_buffer(_STACK_BYTES)
    _libc.syscall(ctypes.c_long(_SIGALTSTACK), None, found)
    return found.raw
