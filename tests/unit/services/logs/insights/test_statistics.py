"""Figures of many events, by hand."""

from __future__ import annotations

import statistics
from typing import Any

import pytest

from lambent.services.logs.insights import statistics as module
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.statistics import NAMES, statistic


def of(name: str, values: list[Any], percent: float | None = None) -> Any:
    made = statistic(name, percent)()
    for at, value in enumerate(values):
        made.add(value, float(at))
    return made.result()


@pytest.mark.parametrize(
    ("name", "values", "result"),
    [
        ("count", [1, None, "x"], 2.0),
        ("count_distinct", ["a", "b", "a", None], 2.0),
        ("sum", ["1", 2, "x"], 3.0),
        ("avg", [1, 2, 6], 3.0),
        ("avg", ["x"], None),
        ("stddev", [2, 4, 4, 4, 5, 5, 7, 9], statistics.stdev([2, 4, 4, 4, 5, 5, 7, 9])),
        ("stddev", [5], 0.0),
        ("min", ["10", 9, "b"], 9),
        ("max", ["10", 9], 10.0),
        ("max", ["10", "b"], "b"),
        ("sortsfirst", ["b", "a"], "a"),
        ("sortslast", ["b", "a"], "b"),
        ("earliest", [None, "x", "y"], "x"),
        ("latest", ["x", "y", None], "y"),
        ("median", [1, 3, 2, 10], 2.5),
        ("min", [], None),
    ],
)
def test_figures(name: str, values: list[Any], result: Any) -> None:
    assert of(name, values) == (pytest.approx(result) if isinstance(result, float) else result)


def test_percentiles(monkeypatch: pytest.MonkeyPatch) -> None:
    values = list(range(1, 102))
    assert [of("pct", [*values], p) for p in (0, 50, 99, 100)] == [1, 51, 100, 101]
    monkeypatch.setattr(module, "_SAMPLES", 100)
    assert of("percentile", list(range(10_000)), 90.0) == pytest.approx(9000, rel=0.05)


def test_what_is_refused() -> None:
    with pytest.raises(Malformed, match="pct takes a field and a number"):
        statistic("pct", None)
    with pytest.raises(Malformed, match="sum takes one value"):
        statistic("sum", 5.0)
    assert "avg" in NAMES and "pct" in NAMES
