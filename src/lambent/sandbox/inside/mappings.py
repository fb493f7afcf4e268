"""A process's memory as the kernel lists it. Pure but for reading /proc."""

from __future__ import annotations

import os
import struct
from typing import Iterable, List, NamedTuple, Tuple

PAGE = os.sysconf("SC_PAGESIZE")
STACK, HEAP = "[stack]", "[heap]"
_KERNELS = ("[vdso]", "[vvar]", "[vvar_vclock]", "[vsyscall]")
_PAGES_AT_ONCE = 1 << 16
_PRESENT, _SWAPPED = 1 << 63, 1 << 62


class Mapping(NamedTuple):
    """One range of addresses (`start` included, `end` not) with its `rights` as in `rw-p`, its file (`path`, empty for
    none) and where in it it begins (`offset`)."""

    start: int
    end: int
    rights: str
    offset: int
    path: str

    @property
    def is_shared(self) -> bool:
        """Whether a write is seen by others."""
        return self.rights.endswith("s")

    @property
    def is_kernels(self) -> bool:
        """Whether the kernel put it there, for every process at the place of its own choice."""
        return self.path in _KERNELS

    @property
    def is_file(self) -> bool:
        """Whether it shows a file."""
        return self.path.startswith("/")


class Detail(NamedTuple):
    """A mapping with what only `smaps` tells: bytes that are no file's any more, and the kernel's two-letter flags."""

    mapping: Mapping
    anonymous: int
    flags: "Tuple[str, ...]"


Content = Tuple[Mapping, "List[Tuple[int, int]] | None"]
"""A mapping, and the ranges of it that an image has; None if its file has all of it."""


def read(pid: "int | str" = "self") -> "List[Mapping]":
    """All mappings of a process, by address."""
    with open("/proc/%s/maps" % pid) as file:
        return [_parsed(line) for line in file]


def read_in_detail(pid: "int | str" = "self") -> "List[Detail]":
    """The same with details; slower."""
    found: "List[Detail]" = []
    anonymous = 0
    with open("/proc/%s/smaps" % pid) as file:
        for line in file:
            name, _, rest = line.partition(":")
            if " " in name:
                mapping = _parsed(line)
            elif name == "Anonymous":
                anonymous = int(rest.split()[0]) * 1024
            elif name == "VmFlags":
                found.append(Detail(mapping, anonymous, tuple(rest.split())))
    return found


def without(start: int, end: int, others: "Iterable[Tuple[int, int]]") -> "List[Tuple[int, int]]":
    """What of a range is outside of all others."""
    left = []
    at = start
    for first, last in sorted(others):
        if last > at and first < end:
            if first > at:
                left.append((at, first))
            at = last
    if at < end:
        left.append((at, end))
    return left


def _parsed(line: str) -> Mapping:
    span, rights, offset, _, _, *path = line.rstrip("\n").split(None, 5)
    start, _, end = span.partition("-")
    return Mapping(int(start, 16), int(end, 16), rights, int(offset, 16), path[0] if path else "")


def present(pid: int, start: int, end: int, bridge: int = 16) -> "List[Tuple[int, int]]":
    """The ranges within a mapping that have content; gaps of at most `bridge` pages are counted in."""
    runs: "List[List[int]]" = []
    with open("/proc/%d/pagemap" % pid, "rb", buffering=0) as pagemap:
        for first in range(start, end, _PAGES_AT_ONCE * PAGE):
            count = min(_PAGES_AT_ONCE, (end - first) // PAGE)
            entries = os.pread(pagemap.fileno(), count * 8, first // PAGE * 8)
            for number, (entry,) in enumerate(struct.iter_unpack("=Q", entries)):
                if entry & (_PRESENT | _SWAPPED):
                    _append(runs, first + number * PAGE, bridge)
    return [(first, last) for first, last in runs]


def _append(runs: "List[List[int]]", page: int, bridge: int) -> None:
    if runs and page - runs[-1][1] <= bridge * PAGE:
        runs[-1][1] = page + PAGE
    else:
        runs.append([page, page + PAGE])


def gap(taken: "Iterable[Tuple[int, int]]", size: int, above: int = 1 << 32, below: int = 1 << 46) -> int:
    """The lowest page-aligned address of a gap of `size` bytes between `taken` ranges. Raises ValueError."""
    at = above
    for start, end in sorted(taken):
        if start - at >= size:
            break
        at = max(at, end)
    if at + size > below:
        raise ValueError("no gap of %d bytes" % size)
    return at
