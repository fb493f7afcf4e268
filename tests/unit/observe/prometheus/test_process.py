"""What the process uses."""

from __future__ import annotations

import os

from lambent.observe.prometheus import process


def test_the_figures_are_those_of_this_process() -> None:
    found = {family.name: value for family in process.families() for _, _, value in family.samples}
    pages = os.sysconf("SC_PAGE_SIZE")
    assert found["process_resident_memory_bytes"] % pages == 0
    assert found["process_resident_memory_bytes"] > 10_000_000
    assert found["process_cpu_seconds_total"] > 0
    assert 3 <= found["process_open_fds"] <= found["process_max_fds"]
