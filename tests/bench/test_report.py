"""A mark is met or missed by what it is about; a baseline's movement is a share."""

from __future__ import annotations

import pytest

from bench.report import Row, moved, table


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row("a", 5, "us"), None),
        (Row("a", 5, "us", mark=5), True),
        (Row("a", 5.1, "us", mark=5), False),
        (Row("a", 500, "us", ratio=19, mark=20, mark_is_ratio=True), True),
        (Row("a", 1, "us", ratio=21, mark=20, mark_is_ratio=True), False),
        (Row("a", 1, "us", mark=20, mark_is_ratio=True), False),
        (Row("a", 150, "/s", mark=150, at_least=True), True),
        (Row("a", 149, "/s", mark=150, at_least=True), False),
        (Row("a", 1, "/s", ratio=0.29, mark=0.3, mark_is_ratio=True, at_least=True), False),
    ],
)
def test_marks(row: Row, met: bool | None) -> None:
    assert row.met is met


def test_movement() -> None:
    assert moved([5.0, 5.0]) == 0
    assert moved([6.5, 5.0]) == pytest.approx(0.3)
    assert moved([5.0, 6.5]) == pytest.approx(0.3)


def test_the_table_lines_up_and_shouts_what_is_missed() -> None:
    shown = table(
        [Row("short", 1.234, "ms", mark=1), Row("a longer name", 12345, "us", 2.5, mark=20, mark_is_ratio=True)]
    )
    lines = shown.splitlines()
    assert len(lines) == 3
    assert lines[1].endswith("MISSED")
    assert lines[2].endswith("met")
    assert "2.5 x echo" in lines[2]
    assert lines[1].index("1.23 ms") + len("1.23 ms") == lines[2].index("12,345 us") + len("12,345 us")
