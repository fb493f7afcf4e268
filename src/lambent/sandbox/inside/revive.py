"""Turns a fresh fork of the launcher into the process of an image: its memory is exchanged, then it goes on from there.

Whoever runs this has given up every right before: it can do nothing but what the function itself could.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import Any, Dict, List, NoReturn, Tuple

from . import image, machine_code, mappings
from .mappings import PAGE, Mapping

_MMAP, _MUNMAP, _BRK, _PREAD = 9, 11, 12, 17
_SIGACTION, _SIGPROCMASK, _SIGALTSTACK = 13, 14, 131
_SETMASK = 2
_FIXED, _PRIVATE, _SHARED, _ANONYMOUS, _NORESERVE = 0x10, 0x02, 0x01, 0x20, 0x4000
_SPARE_CALLS = 128
_MASK = b"\xff" * 8

Span = Tuple[int, int]
Wanted = Tuple[Mapping, "List[Span] | None"]
"""A mapping, and what of it comes from the image; None if its file has all of it."""


class Foreign(Exception):
    """The image was made by a fork of another launcher: nothing would be where it has to be."""


def revive(file: int) -> NoReturn:
    """Become the process of the image in `file`. Raises Foreign or OSError if it cannot, unchanged."""
    head = image.head(file)
    thread = image.thread_number_address()
    wanted = [(Mapping(*kept[:-1]), kept[-1]) for kept in head["mappings"]]
    here = mappings.read()
    _check(head, thread, [mapping for mapping, _ in wanted], here)
    data = _Data(head, _number_of(thread))
    calls = _memory(file, wanted, here)
    everything = [(each.start, each.end) for each in here] + [(each.start, each.end) for each, _ in wanted]
    count = len(calls) + _SPARE_CALLS
    at = mappings.gap(everything, machine_code.space(count) + PAGE)
    kept = data.place(at + machine_code.space(count))
    calls.insert(0, (_SIGPROCMASK, _SETMASK, kept, 0, len(_MASK)))
    calls += data.calls(kept, thread)
    machine_code.execute(calls, head["stack"], head["address"], at)
    raise OSError("the copy could not be continued")


def _check(head: "Dict[str, Any]", thread: int, wanted: "List[Mapping]", here: "List[Mapping]") -> None:
    """What no call can move must be at its place already. Raises Foreign."""
    if head["thread"] != thread or _fixed(wanted) != _fixed(here):
        raise Foreign("the image belongs to another launcher")


def _fixed(found: "List[Mapping]") -> "List[object]":
    """Where the program, its heap and its stack are."""
    first = found[0]
    heap = [each.start for each in found if each.path == mappings.HEAP][:1]
    stack = [each.end for each in found if each.path == mappings.STACK]
    return [first.start, first.offset, first.path, heap, stack]


def _memory(file: int, wanted: "List[Wanted]", here: "List[Mapping]") -> "List[machine_code.Call]":
    """The calls that make the memory here that of the image."""
    untouched = {mapping for mapping, runs in wanted if runs is None} & set(here)
    # First of all the heap's end: the kernel moves it only as long as the heap is there.
    heap = [mapping.end for mapping, _ in wanted if mapping.path == mappings.HEAP]
    calls: "List[machine_code.Call]" = [(_BRK, end) for end in heap[-1:]]
    # What comes is mapped over what is there, never after it has gone: the kernel itself writes to a thread's own page
    # whenever it takes the processor away, and ends a process that has none.
    coming = sorted((mapping.start, mapping.end) for mapping, _ in wanted)
    for each in here:
        if not (each.is_kernels or each.path == mappings.STACK):
            calls += [(_MUNMAP, start, end - start) for start, end in _without(each, coming)]
    files: "Dict[str, int]" = {}
    for mapping, runs in wanted:
        if mapping.path == mappings.STACK:
            calls += [(_PREAD, file, start, end - start, start) for start, end in runs or ()]
        elif runs is None:
            if mapping not in untouched:
                calls.append(_shown(mapping, files))
        else:
            calls += _filled(mapping, runs, file)
    return calls


def _without(mapping: Mapping, others: "List[Span]") -> "List[Span]":
    """What of a mapping is outside of all others, which are sorted."""
    left = []
    at = mapping.start
    for start, end in others:
        if end > at and start < mapping.end:
            if start > at:
                left.append((at, start))
            at = end
    if at < mapping.end:
        left.append((at, mapping.end))
    return left


def _shown(mapping: Mapping, files: "Dict[str, int]") -> machine_code.Call:
    """A mapping of a file that is here, too."""
    if mapping.path not in files:
        files[mapping.path] = os.open(mapping.path, os.O_RDONLY | os.O_CLOEXEC)
    flags = _FIXED | (_SHARED if mapping.is_shared else _PRIVATE)
    size, file = mapping.end - mapping.start, files[mapping.path]
    return (_MMAP, mapping.start, size, _rights(mapping), flags, file, mapping.offset)


def _filled(mapping: Mapping, runs: "List[Span]", file: int) -> "List[machine_code.Call]":
    """A mapping whose content comes from the image; what has none is empty memory."""
    rights = _rights(mapping)
    calls: "List[machine_code.Call]" = []
    at = mapping.start
    for start, end in [*runs, (mapping.end, mapping.end)]:
        if start > at:
            calls.append((_MMAP, at, start - at, rights, _FIXED | _PRIVATE | _ANONYMOUS | _NORESERVE, -1, 0))
        if end > start:
            calls.append((_MMAP, start, end - start, rights, _FIXED | _PRIVATE, file, start))
        at = end
    return calls


def _rights(mapping: Mapping) -> int:
    bits = {"r": mmap.PROT_READ, "w": mmap.PROT_WRITE, "x": mmap.PROT_EXEC}
    return sum(bit for letter, bit in bits.items() if letter in mapping.rights)


class _Data:
    """What the last calls read from memory: signal masks and actions, and this thread's number, on one page."""

    def __init__(self, head: "Dict[str, Any]", number: int) -> None:
        self._actions = [bytes.fromhex(action) for action in head["actions"]]
        self._stack = bytes.fromhex(head["alternative"])
        self._number = number.to_bytes(4, "little")
        self._patch = os.memfd_create("patch")
        os.write(self._patch, self._number)

    def place(self, address: int) -> int:
        """Put it at a free address, and return that."""
        machine_code.claim(address, PAGE)
        content = _MASK + bytes(8) + self._stack + b"".join(self._actions)
        ctypes.memmove(address, content, len(content))
        return address

    def calls(self, at: int, thread: int) -> "List[machine_code.Call]":
        """The calls that make signals and thread what the image says."""
        calls: "List[machine_code.Call]" = [(_PREAD, self._patch, thread, len(self._number), 0)]
        stack = at + len(_MASK) + 8
        calls.append((_SIGALTSTACK, stack, 0))
        action = stack + len(self._stack)
        for index, content in enumerate(self._actions):
            calls.append((_SIGACTION, image.SIGNALS[index], action, 0, len(_MASK)))
            action += len(content)
        calls.append((_SIGPROCMASK, _SETMASK, at + len(_MASK), 0, len(_MASK)))
        return calls


def _number_of(thread: int) -> int:
    return int(ctypes.c_int.from_address(thread).value)
