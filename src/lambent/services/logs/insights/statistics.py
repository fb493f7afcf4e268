"""The functions of `stats`: what is taken from each event, and what comes of all of them. Pure; memory is bounded."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.values import number, order, text

_SAMPLES = 100_000
_DISTINCT = 1_000_000


class Statistic(Protocol):
    """One figure of one group of events."""

    def add(self, value: Any, at: float) -> None:
        """An event's value, and its time."""
        ...

    def result(self) -> Any:
        """The figure; None if there is none."""
        ...


class Count:
    """How many values there are."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, value: Any, at: float) -> None:
        """See Statistic."""
        self._count += value is not None

    def result(self) -> Any:
        """See Statistic."""
        return float(self._count)


class Distinct:
    """How many different values there are."""

    def __init__(self) -> None:
        self._seen: set[str | None] = set()

    def add(self, value: Any, at: float) -> None:
        """See Statistic. Beyond a million they are not told apart any more."""
        if value is not None and len(self._seen) < _DISTINCT:
            self._seen.add(text(value))

    def result(self) -> Any:
        """See Statistic."""
        return float(len(self._seen))


class Moments:
    """Sum, average and deviation, in one pass."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._count = 0
        self._sum = self._mean = self._square = 0.0

    def add(self, value: Any, at: float) -> None:
        """See Statistic."""
        if (found := number(value)) is not None:
            self._count += 1
            self._sum += found
            away = found - self._mean
            self._mean += away / self._count
            self._square += away * (found - self._mean)

    def result(self) -> Any:
        """See Statistic."""
        if not self._count:
            return None
        match self._what:
            case "sum":
                return self._sum
            case "avg":
                return self._sum / self._count
        return math.sqrt(self._square / (self._count - 1)) if self._count > 1 else 0.0


class Extreme:
    """The least or greatest value."""

    def __init__(self, greatest: bool) -> None:
        self._greatest = greatest
        self._best: Any = None

    def add(self, value: Any, at: float) -> None:
        """See Statistic."""
        if value is None:
            return
        if self._best is None or (order(value) > order(self._best)) == self._greatest:
            self._best = value

    def result(self) -> Any:
        """See Statistic."""
        found = number(self._best)
        return self._best if found is None or not isinstance(self._best, str) else found


class Edge:
    """The value of the earliest or latest event that has one."""

    def __init__(self, latest: bool) -> None:
        self._latest = latest
        self._at: float | None = None
        self._value: Any = None

    def add(self, value: Any, at: float) -> None:
        """See Statistic."""
        if value is not None and (self._at is None or (at >= self._at if self._latest else at < self._at)):
            self._at, self._value = at, value

    def result(self) -> Any:
        """See Statistic."""
        return self._value


class Percentile:
    """A percentile, between the nearest two values. Of very many values every second, every fourth, ... is kept."""

    def __init__(self, percent: float) -> None:
        self._percent = percent
        self._values: list[float] = []
        self._step = 1
        self._count = 0

    def add(self, value: Any, at: float) -> None:
        """See Statistic."""
        if (found := number(value)) is None:
            return
        if self._count % self._step == 0:
            self._values.append(found)
            if len(self._values) > _SAMPLES:
                self._values, self._step = self._values[::2], self._step * 2
        self._count += 1

    def result(self) -> Any:
        """See Statistic."""
        if not self._values:
            return None
        values = sorted(self._values)
        at = (len(values) - 1) * self._percent / 100
        low, high = math.floor(at), math.ceil(at)
        return values[low] + (values[high] - values[low]) * (at - low)


_MADE: Mapping[str, Callable[[], Statistic]] = {
    "count": Count,
    "count_distinct": Distinct,
    "sum": lambda: Moments("sum"),
    "avg": lambda: Moments("avg"),
    "stddev": lambda: Moments("stddev"),
    "min": lambda: Extreme(False),
    "max": lambda: Extreme(True),
    "sortsfirst": lambda: Extreme(False),
    "sortslast": lambda: Extreme(True),
    "earliest": lambda: Edge(False),
    "latest": lambda: Edge(True),
    "median": lambda: Percentile(50.0),
}

NAMES = frozenset(_MADE) | {"pct", "percentile"}


def statistic(name: str, percent: float | None) -> Callable[[], Statistic]:
    """What makes one for each group of events. Raises Malformed."""
    if name in ("pct", "percentile"):
        if percent is None or not 0 <= percent <= 100:
            raise Malformed(f"{name} takes a field and a number from 0 to 100")
        return lambda: Percentile(percent)
    if percent is not None:
        raise Malformed(f"{name} takes one value")
    return _MADE[name]
