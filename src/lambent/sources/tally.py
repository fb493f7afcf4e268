"""What a poller counts of one mapping: a name for each thing that may become of events."""

from __future__ import annotations

from collections.abc import Callable, Collection

from lambent.model.event_source import EventSourceMapping
from lambent.observe.metrics.mappings import MappingMetric
from lambent.sources.base import Outcome, Result

Count = Callable[[EventSourceMapping, MappingMetric, int], None]
"""(mapping, what happened, to how many events or how often)."""


def uncounted(mapping: EventSourceMapping, metric: MappingMetric, number: int) -> None:
    """For pipes, which have no such metrics."""


class Tally:
    """One mapping's."""

    def __init__(self, mapping: EventSourceMapping, count: Count) -> None:
        self._mapping = mapping
        self._count = count

    def add(self, metric: MappingMetric, number: int = 1) -> None:
        """So many more; nothing for none."""
        if number:
            self._count(self._mapping, metric, number)

    def lagging(self, lags: Collection[int]) -> None:
        """How many records each partition is behind; nobody's is no figure."""
        for lag in lags:
            self._count(self._mapping, MappingMetric.LAG, lag)
        if lags:
            self._count(self._mapping, MappingMetric.MAX_LAG, max(lags))
            self._count(self._mapping, MappingMetric.SUM_LAG, sum(lags))

    def committed(self, number: int, failures: int) -> None:
        """The cluster was told that so many are done, or could not be."""
        self.add(MappingMetric.COMMITTED, number)
        self.add(MappingMetric.COMMIT_ERROR, failures)

    def polled(self, number: int, filtered_out: int) -> None:
        """Events came, of which some passed no filter."""
        self.add(MappingMetric.POLLED, number)
        self.add(MappingMetric.FILTERED_OUT, filtered_out)

    def invoked(self, number: int, outcome: Outcome) -> None:
        """A batch was given to the function, or could not be; each attempt counts."""
        self.add(MappingMetric.INVOKED, number)
        if outcome.result is not Result.DONE:
            self.add(MappingMetric.FAILED_INVOKE, number)
            self.add(MappingMetric.INVOKE_ERROR)
