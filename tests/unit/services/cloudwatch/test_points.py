"""Points put together."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.observe.metrics.statistics import SIMPLE
from lambent.observe.metrics.store import Point
from lambent.observe.metrics.summary import Summary
from lambent.services.cloudwatch import points

POINTS = [
    Point(0, 60, "Count", Summary.of(1.0)),
    Point(60, 60, "Count", Summary.of(2.0)),
    Point(60, 60, "None", Summary.of(4.0)),
    Point(300, 300, "Count", Summary.of(8.0)),
]


def test_periods() -> None:
    assert points.read(points.merged(POINTS, 120), SIMPLE["Sum"]) == {0: 7, 240: 8}
    assert points.read(points.merged(POINTS, 60, "None"), SIMPLE["Sum"]) == {60: 4}
    by_unit = points.by_unit(POINTS, 300)
    assert {unit: points.read(periods, SIMPLE["Sum"]) for unit, periods in by_unit.items()} == {
        "Count": {0: 3, 300: 8},
        "None": {0: 4},
    }


@pytest.mark.parametrize("period", [1, 5, 10, 20, 30, 60, 3600])
def test_periods_that_there_are(period: int) -> None:
    points.check_period(period)


@pytest.mark.parametrize("period", [2, 45, 61])
def test_periods_that_there_are_not(period: int) -> None:
    with pytest.raises(ApiError, match="must be 1, 5, 10, 20, 30, or a multiple of 60"):
        points.check_period(period)
