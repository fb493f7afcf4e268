"""The plan of a restore: which calls are made, in which order, and where it all lies."""

from __future__ import annotations

import struct

from lambent.sandbox.inside.mappings import PAGE, Content, Mapping
from lambent.sandbox.inside.plan import FIRST_FILE, IMAGE, PATCH, Plan

MMAP, MUNMAP, BRK, PREAD, SIGACTION, SIGPROCMASK = 9, 11, 12, 17, 13, 14
BASE, TOP = 0x5500_0000_0000, 0x7FFF_0000_0000
PROGRAM = Mapping(BASE, BASE + 4 * PAGE, "r-xp", 0, "/usr/bin/python")
HEAP = Mapping(BASE + 8 * PAGE, BASE + 16 * PAGE, "rw-p", 0, "[heap]")
LIBRARY = Mapping(0x7F00_0000_0000, 0x7F00_0000_0000 + 2 * PAGE, "r--p", PAGE, "/var/task/library.so")
STACK = Mapping(TOP, TOP + 8 * PAGE, "rw-p", 0, "[stack]")
KERNELS = Mapping(TOP + 16 * PAGE, TOP + 18 * PAGE, "r-xp", 0, "[vdso]")
CONTENTS: list[Content] = [
    (PROGRAM, None),
    (HEAP, [(HEAP.start + PAGE, HEAP.start + 2 * PAGE)]),
    (LIBRARY, None),
    (STACK, [(STACK.end - PAGE, STACK.end)]),
    (KERNELS, None),
]


def calls(plan: Plan) -> list[tuple[int, ...]]:
    """Its rows, but for those that set signals."""
    content = plan.content(0x1000, 0x2000)
    rows = list(struct.iter_unpack("=7q", content[: len(content) // 56 * 56]))
    end = next(index for index, row in enumerate(rows) if row[0] == -1)
    assert rows[end][1:3] == (0x1000, 0x2000)
    return [row for row in rows[:end] if row[0] != SIGACTION]


def test_memory_is_mapped_over_what_is_there_and_the_rest_taken_away() -> None:
    plan = Plan(CONTENTS, frozenset([PROGRAM]), thread=0x7F00_0000_0100)
    made = calls(plan)
    assert [row[0] for row in made[:2]] == [SIGPROCMASK, BRK]
    assert made[1][1] == HEAP.end
    emptied = [(row[1], row[1] + row[2]) for row in made if row[0] == MUNMAP]
    assert emptied[:2] == [(PROGRAM.end, HEAP.start), (HEAP.end, LIBRARY.start)]
    assert max(end for _, end in emptied) < STACK.start
    shown = [row[1:] for row in made if row[0] == MMAP]
    assert [(row[0], row[4]) for row in shown] == [
        (HEAP.start, -1),
        (HEAP.start + PAGE, IMAGE),
        (HEAP.start + 2 * PAGE, -1),
        (LIBRARY.start, FIRST_FILE),
    ]
    assert shown[1][5] == HEAP.start + PAGE, "each byte is at its address"
    assert (plan.files, shown[3][5]) == (["/var/task/library.so"], PAGE)
    assert [row[1:] for row in made if row[0] == PREAD] == [
        (IMAGE, STACK.end - PAGE, PAGE, STACK.end - PAGE, 0, 0),
        (PATCH, 0x7F00_0000_0100, 4, 0, 0, 0),
    ]
    assert made[-1][0] == SIGPROCMASK


def test_a_plan_does_not_take_itself_away() -> None:
    low = Mapping(0x40_0000, 0x40_0000 + PAGE, "r-xp", 0, "/usr/bin/python3.13")
    plan = Plan([(low, None), *CONTENTS], frozenset([low, PROGRAM]), thread=0)
    size = len(plan.content(0, 0))
    assert not any(
        row[1] < plan.at + PAGE + size and plan.at < row[1] + row[2] for row in calls(plan) if row[0] in (MUNMAP, MMAP)
    )
    assert plan.at >= 1 << 32
