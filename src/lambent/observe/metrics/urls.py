"""`AWS/Lambda` of functions' own addresses: requests, failures, and how long answers took to begin."""

from __future__ import annotations

from collections.abc import Callable

from lambent.context import Clock
from lambent.model.function_url import FunctionUrl
from lambent.observe.metrics.functions import COUNT, MILLISECONDS, NAMESPACE
from lambent.observe.metrics.series import Dimensions, Series
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.summary import Summary

Answered = Callable[[FunctionUrl, int, float], None]
"""(the address, the status that its caller saw, milliseconds from the request until then)."""


class UrlMetrics:
    """Counts into the store."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def answered(self, url: FunctionUrl, status: int, ms: float) -> None:
        """A request is answered. One that did not fail counts as no failure, so that averages are rates."""
        now = self._clock.now()
        name = ("FunctionName", url.name)
        sets: list[Dimensions] = [(name,)]
        if url.qualifier:
            sets.append((name, ("Resource", f"{url.name}:{url.qualifier}")))
        for metric, value, unit in (
            ("UrlRequestCount", 1.0, COUNT),
            ("Url4xxCount", float(400 <= status < 500), COUNT),
            ("Url5xxCount", float(status >= 500), COUNT),
            ("UrlRequestLatency", ms, MILLISECONDS),
        ):
            for dimensions in sets:
                series = Series(url.account, url.region, NAMESPACE, metric, dimensions)
                self._store.add(series, Summary.of(value), at=now, unit=unit)
