"""Statistics by name, against values worked out by hand."""

from __future__ import annotations

import pytest

from lambent.observe.metrics.statistics import percentile, statistic
from lambent.observe.metrics.summary import Summary

TEN = Summary.of(*(float(value) for value in range(1, 11)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SampleCount", 10),
        ("Average", 5.5),
        ("Sum", 55),
        ("Minimum", 1),
        ("Maximum", 10),
        ("p50", 5),
        ("p90", 9),
        ("p99", 10),
        ("p99.9", 10),
        ("p100", 10),
        ("p0", 1),
        ("tm90", 5.0),
        ("TM(10%:90%)", 5.5),
        ("TM(20%:)", 6.5),
        ("TM(:50%)", 3),
        ("TM(2:5)", 4),
        ("IQM", 5.5),
        ("tc90", 9),
        ("TC(2:5)", 3),
        ("ts90", 45),
        ("TS(80%:)", 19),
        ("wm90", 5.4),
        ("WM(10%:90%)", 5.5),
        ("WM(2:5)", (2 * 2 + 3 + 4 + 5 + 5 * 5) / 10),
        ("PR(:3)", 30),
        ("PR(3:7)", 40),
        ("PR(7:)", 30),
    ],
)
def test_statistics(name: str, value: float) -> None:
    said = statistic(name)
    assert said is not None
    assert said(TEN) == pytest.approx(value)


@pytest.mark.parametrize(
    "name", ["", "Mean", "p", "p101", "p-1", "TM(:)", "TM(90%:10%)", "TM(1:50%)", "PR(10%:20%)", "tm101", "IQM(1:2)"]
)
def test_what_is_no_statistic(name: str) -> None:
    assert statistic(name) is None


def test_a_share_of_one_value_counts_in_part() -> None:
    assert statistic("TM(25%:75%)")(Summary.of(1.0, 2.0, 3.0)) == pytest.approx(2)  # type: ignore[misc]
    assert statistic("TC(25%:75%)")(Summary.of(1.0, 2.0, 3.0)) == pytest.approx(1.5)  # type: ignore[misc]


def test_an_empty_range_has_no_mean() -> None:
    assert statistic("TM(100:200)")(TEN) == 0  # type: ignore[misc]


def test_percentiles_of_many_values_are_within_a_hundredth() -> None:
    many = Summary.of(*(float(value) for value in range(1, 100_001)))
    for share in (1.0, 50.0, 90.0, 99.0, 99.9):
        assert percentile(many, share) == pytest.approx(share * 1000, rel=0.0101)
