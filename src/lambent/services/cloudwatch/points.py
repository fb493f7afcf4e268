"""Points of the store put together into periods, and statistics read from them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lambent.observe.metrics.ages import start_of
from lambent.observe.metrics.statistics import Statistic
from lambent.observe.metrics.store import Point
from lambent.observe.metrics.summary import Summary
from lambent.services.cloudwatch import errors, limits

Periods = dict[int, Summary]
"""Start of a period (epoch seconds) -> what was measured in it."""


def by_unit(points: Iterable[Point], period: int, unit: str | None = None) -> Mapping[str, Periods]:
    """Periods by unit; `unit` alone if one is given. A point that is longer than a period counts where it begins."""
    result: dict[str, Periods] = {}
    for point in points:
        if unit is None or point.unit == unit:
            periods = result.setdefault(point.unit, {})
            periods.setdefault(start_of(point.start, period), Summary()).merge(point.summary)
    return result


def merged(points: Iterable[Point], period: int, unit: str | None = None) -> Periods:
    """Periods whatever the unit."""
    result: Periods = {}
    for point in points:
        if unit is None or point.unit == unit:
            result.setdefault(start_of(point.start, period), Summary()).merge(point.summary)
    return result


def read(periods: Periods, statistic: Statistic) -> dict[int, float]:
    """One statistic of each period."""
    return {start: statistic(summary) for start, summary in periods.items() if summary.count > 0}


def check_period(period: int, place: str = "Period") -> None:
    """Raise ApiError unless CloudWatch has such periods."""
    if period not in limits.FINE_PERIODS and period % 60:
        raise errors.bad_period(place)
