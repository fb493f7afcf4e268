"""The kernel's files, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.invoke.host import MEBIBYTE, Reading, read_memory

MEMINFO = "MemTotal:       8388608 kB\nMemFree:         100 kB\nMemAvailable:    4194304 kB\nBuffers:  3 kB\n"
GIB = 1024 * MEBIBYTE


@pytest.fixture
def meminfo(tmp_path: Path) -> Path:
    file = tmp_path / "meminfo"
    file.write_text(MEMINFO)
    return file


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


def test_the_machines_memory(meminfo: Path, tmp_path: Path) -> None:
    assert read_memory(meminfo, tmp_path) == Reading(8 * GIB, 4 * GIB)


def test_a_containers_limit_counts_and_its_cache_is_free(meminfo: Path, tmp_path: Path) -> None:
    files = {"memory_DOT_max": str(2 * GIB), "memory_DOT_current": str(GIB)}
    write(tmp_path, **files, memory_DOT_stat=f"anon 5\ninactive_file {256 * MEBIBYTE}\n")
    assert read_memory(meminfo, tmp_path) == Reading(2 * GIB, GIB + 256 * MEBIBYTE)


def test_a_containers_limit_in_the_older_interface(meminfo: Path, tmp_path: Path) -> None:
    write(
        tmp_path,
        memory__memory_DOT_limit_in_bytes=str(2 * GIB),
        memory__memory_DOT_usage_in_bytes=str(GIB),
        memory__memory_DOT_stat="inactive_file 1\ntotal_inactive_file 7\n",
    )
    assert read_memory(meminfo, tmp_path) == Reading(2 * GIB, GIB + 7)


@pytest.mark.parametrize("limit", ["max", "9223372036854771712"])
def test_no_limit_is_the_machines(meminfo: Path, tmp_path: Path, limit: str) -> None:
    write(tmp_path, memory_DOT_max=limit, memory_DOT_current="1", memory_DOT_stat="")
    assert read_memory(meminfo, tmp_path) == Reading(8 * GIB, 4 * GIB)


def test_a_machine_that_does_not_say(tmp_path: Path) -> None:
    assert read_memory(tmp_path / "nothing", tmp_path) is None


def test_this_machine_says() -> None:
    reading = read_memory()
    assert reading is not None
    assert 0 < reading.available <= reading.total


def test_the_reserve_is_a_share_at_least_something_or_as_told() -> None:
    assert Reading(100 * GIB, 7).memory(None).reserve == 5 * GIB
    assert Reading(GIB, 7).memory(None).reserve == 256 * MEBIBYTE
    assert Reading(GIB, 7).memory(0).reserve == 0
    assert Reading(GIB, 7).memory(10).reserve == 10 * MEBIBYTE
    assert Reading(GIB, 7).memory(None).available == 7
