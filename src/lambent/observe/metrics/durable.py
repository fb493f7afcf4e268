"""`AWS/Lambda` of durable executions: how many begin, run and end, how, and after how long. By function and account."""

from __future__ import annotations

from collections import Counter

from lambent.context import Clock
from lambent.observe.metrics.functions import COUNT, MILLISECONDS, NAMESPACE
from lambent.observe.metrics.series import Dimensions, Series
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.summary import Summary

_Place = tuple[str, str]
"""(account, region)"""

ENDS = {
    "SUCCEEDED": "DurableExecutionSucceeded",
    "FAILED": "DurableExecutionFailed",
    "TIMED_OUT": "DurableExecutionTimedOut",
    "STOPPED": "DurableExecutionStopped",
}
"""By the status of an execution that has ended."""


class DurableMetrics:
    """Counts into the store; how many run is known from what it was told of since the server's start."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._running: Counter[tuple[_Place, str]] = Counter()

    def found(self, account: str, region: str, function: str) -> None:
        """An execution runs that began before this server."""
        self._change((account, region), function, 1)

    def begun(self, account: str, region: str, function: str) -> None:
        """An execution begins."""
        self._change((account, region), function, 1)
        self._add((account, region), function, "DurableExecutionStarted", 1.0)

    def ended(self, account: str, region: str, function: str, status: str, seconds: float, operations: int) -> None:
        """An execution has ended, so long after it began and with so many operations."""
        place = (account, region)
        self._change(place, function, -1)
        self._add(place, function, ENDS[status], 1.0)
        self._add(place, function, "DurableExecutionDuration", seconds * 1000, MILLISECONDS)
        self._add(place, function, "DurableExecutionOperations", float(operations))

    def _change(self, place: _Place, function: str, by: int) -> None:
        for name in (function, ""):
            self._running[place, name] += by
            self._put(place, name, "ApproximateRunningDurableExecutions", float(self._running[place, name]))
            if not self._running[place, name]:
                del self._running[place, name]

    def _add(self, place: _Place, function: str, metric: str, value: float, unit: str = COUNT) -> None:
        for name in (function, ""):
            self._put(place, name, metric, value, unit)

    def _put(self, place: _Place, function: str, metric: str, value: float, unit: str = COUNT) -> None:
        dimensions: Dimensions = (("FunctionName", function),) if function else ()
        series = Series(*place, NAMESPACE, metric, dimensions)
        self._store.add(series, Summary.of(value), at=self._clock.now(), unit=unit)
