"""`AWS/Lambda` by `EventSourceMappingUUID`: what became of the events of mappings whose `MetricsConfig` asks for it."""

from __future__ import annotations

from enum import StrEnum

from lambent.context import Clock
from lambent.model.event_source import EventSourceMapping
from lambent.observe.metrics.functions import COUNT, NAMESPACE
from lambent.observe.metrics.series import Series
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.summary import Summary


class MappingMetric(StrEnum):
    """What is counted of a mapping."""

    POLLED = "PolledEventCount"
    FILTERED_OUT = "FilteredOutEventCount"
    INVOKED = "InvokedEventCount"
    FAILED_INVOKE = "FailedInvokeEventCount"
    DROPPED = "DroppedEventCount"
    DELIVERED = "OnFailureDestinationDeliveredEventCount"
    DELETED = "DeletedEventCount"
    POLLING_ERROR = "PollingErrorCount"
    INVOKE_ERROR = "InvokeErrorCount"
    DELIVERY_ERROR = "OnFailureDestinationDeliveryErrorCount"


_ERRORS = frozenset({MappingMetric.POLLING_ERROR, MappingMetric.INVOKE_ERROR, MappingMetric.DELIVERY_ERROR})


class MappingMetrics:
    """Counts into the store; mappings that did not ask cost one look-up."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def count(self, mapping: EventSourceMapping, metric: MappingMetric, number: int) -> None:
        """So many more, if that group of metrics is on."""
        wanted = mapping.metrics
        if not wanted or ("ErrorCount" if metric in _ERRORS else "EventCount") not in wanted:
            return
        dimensions = (("EventSourceMappingUUID", mapping.uuid),)
        series = Series(mapping.account, mapping.region, NAMESPACE, metric, dimensions)
        self._store.add(series, Summary.of(float(number)), at=self._clock.now(), unit=COUNT)
