"""`AWS/Lambda` of what seldom happens to a function, and not within an invocation: loops ended, code let through."""

from __future__ import annotations

from typing import Protocol

from lambent.context import Clock
from lambent.observe.metrics.functions import COUNT, NAMESPACE
from lambent.observe.metrics.series import Dimensions, Series
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.summary import Summary


class Place(Protocol):
    """An account in a region."""

    @property
    def account(self) -> str: ...

    @property
    def region(self) -> str: ...


class IncidentMetrics:
    """Counts into the store."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def count(self, at: Place, function: str, metric: str) -> None:
        """It has happened once more: to a function (its name), or, without one, in the account."""
        now = self._clock.now()
        sets: list[Dimensions] = [()]
        if function:
            sets.append((("FunctionName", function),))
        for dimensions in sets:
            self._store.add(
                Series(at.account, at.region, NAMESPACE, metric, dimensions), Summary.of(1.0), at=now, unit=COUNT
            )

    def unsigned(self, at: Place) -> None:
        """Code was let through though nobody who may had signed it."""
        self.count(at, "", "SignatureValidationErrors")
