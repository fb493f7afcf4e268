"""Memory as the kernel lists it."""

from __future__ import annotations

import mmap
import os

import pytest

from lambent.sandbox.inside import mappings
from lambent.sandbox.inside.mappings import PAGE, Mapping
from tests.unit.sandbox.inside.programs import run


def test_a_listing_is_understood() -> None:
    found = mappings.read()
    assert found == sorted(found)
    assert [each.path for each in found if each.path == mappings.STACK] == [mappings.STACK]
    assert any(each.is_file and each.rights == "r-xp" for each in found)
    assert any(each.is_kernels for each in found)
    assert mappings.read_in_detail()[0].flags[0] == "rd"


def test_a_path_with_spaces_and_none() -> None:
    line = "7f00-8f00 rw-s 00001000 08:01 123                /dev/shm/a b (deleted)\n"
    assert mappings._parsed(line) == Mapping(0x7F00, 0x8F00, "rw-s", 0x1000, "/dev/shm/a b (deleted)")
    assert mappings._parsed("7f00-8f00 ---p 00000000 00:00 0 \n").path == ""
    assert mappings._parsed(line).is_shared


def test_what_has_content() -> None:
    done = run(
        """
        import ctypes, mmap, os
        from _lambent_inside import mappings
        memory = mmap.mmap(-1, 64 * 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for page in (1, 3, 40):
            memory[page * 4096] = 1
        for bridge in (0, 2):
            runs = mappings.present(os.getpid(), start, start + len(memory), bridge)
            print([((first - start) // 4096, (last - start) // 4096) for first, last in runs])
        """
    )
    assert done.stdout.splitlines() == ["[(1, 2), (3, 4), (40, 41)]", "[(1, 4), (40, 41)]"], done.stderr


def test_gaps() -> None:
    assert mappings.gap([], PAGE, above=PAGE) == PAGE
    assert mappings.gap([(3 * PAGE, 4 * PAGE), (PAGE, 2 * PAGE)], PAGE, above=PAGE) == 2 * PAGE
    assert mappings.gap([(3 * PAGE, 4 * PAGE), (PAGE, 2 * PAGE)], 2 * PAGE, above=PAGE) == 4 * PAGE
    with pytest.raises(ValueError, match="no gap"):
        mappings.gap([(PAGE, 9 * PAGE)], PAGE, above=PAGE, below=9 * PAGE)


def test_it_reads_pages_as_the_machine_has_them() -> None:
    assert os.sysconf("SC_PAGESIZE") == PAGE == mmap.PAGESIZE


def test_what_lies_outside_of_others() -> None:
    assert mappings.without(10, 50, []) == [(10, 50)]
    assert mappings.without(10, 50, [(50, 60), (0, 10)]) == [(10, 50)]
    assert mappings.without(10, 50, [(45, 60), (0, 20), (25, 30)]) == [(20, 25), (30, 45)]
    assert mappings.without(10, 50, [(10, 50)]) == []
