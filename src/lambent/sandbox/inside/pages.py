"""Which pages of memory a start dirties, and how to have them ready: copying a page when it is first written is most of
what a forked interpreter does until its function is loaded.

Touching a page changes nothing that a program can see. Knows nothing of interpreters.
"""

from __future__ import annotations

import os
import struct
from typing import List, Tuple

from . import linux

Runs = List[Tuple[int, int]]
"""Ranges of addresses, from (included) to (excluded)."""

_PAGE = os.sysconf("SC_PAGESIZE")
_PRESENT, _EXCLUSIVE = 1 << 63, 1 << 56


def writable() -> Runs:
    """The private memory of this process that can be written: what a fork of it will copy page by page."""
    found = []
    with open("/proc/self/maps") as file:
        for line in file:
            span, rights, _, _, _, *name = line.split(None, 5)
            if rights == "rw-p" and not "".join(name).startswith("[v"):
                start, _, end = span.partition("-")
                found.append((int(start, 16), int(end, 16)))
    return found


def own(pid: int, among: Runs) -> Runs:
    """The pages of `among` that process `pid` shares with no other. Raises OSError where that may not be seen."""
    found: "List[List[int]]" = []
    pagemap = os.open("/proc/%d/pagemap" % pid, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for start, end in among:
            entries = os.pread(pagemap, (end - start) // _PAGE * 8, start // _PAGE * 8)
            for number, (entry,) in enumerate(struct.iter_unpack("=Q", entries)):
                if entry & _PRESENT and entry & _EXCLUSIVE:
                    _append(found, start + number * _PAGE)
    finally:
        os.close(pagemap)
    return [(start, end) for start, end in found]


def _append(found: "List[List[int]]", page: int) -> None:
    if found and found[-1][1] == page:
        found[-1][1] = page + _PAGE
    else:
        found.append([page, page + _PAGE])


def touch(runs: Runs) -> None:
    """Make these pages of this process its own, as if they had been written; nothing where the kernel is too old."""
    try:
        for start, end in runs:
            linux.populate(start, end - start)
    except OSError:
        return
