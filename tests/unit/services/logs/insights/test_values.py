"""Values in queries."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.values import Moment, equal, less, number, order, period, text, true


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, "1"),
        (5.0, "5"),
        (0.1 + 0.2, "0.3"),
        (1e20, "1e+20"),
        ("x", "x"),
        (Moment(1_700_000_000_123), "2023-11-14 22:13:20.123"),
    ],
)
def test_how_they_are_shown(value: Any, shown: str | None) -> None:
    assert text(value) == shown


def test_numbers() -> None:
    assert [number(each) for each in ("5", " 1e3", "1_0", "nan", "inf", "x", None, 2)] == [
        5.0,
        1000.0,
        None,
        None,
        None,
        None,
        None,
        2.0,
    ]


def test_comparisons() -> None:
    assert equal("5", 5.0) and equal("a", "a") and not equal(None, None)
    assert less("9", "10") and less("b", "c") and not less(None, 1) and not less(1, None)
    assert sorted(["b", 10, None, "9", "a"], key=order) == [None, "9", 10, "a", "b"]
    assert [true(each) for each in (None, 0.0, "", "false", "0", False)] == [False] * 6
    assert [true(each) for each in (1.0, "x", True)] == [True] * 3


def test_periods() -> None:
    assert [period(each) for each in ("30s", "5m", "1h", "2d", "100ms", "1week")] == [
        30_000,
        300_000,
        3_600_000,
        172_800_000,
        100,
        604_800_000,
    ]
    with pytest.raises(Malformed, match="0m is not a period of time"):
        period("0m")
