"""`AWS/Lambda` by `EventSourceMappingUUID`: what became of the events of mappings whose `MetricsConfig` asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from lambent.context import Clock
from lambent.model.event_source import EventSourceMapping
from lambent.observe.metrics.functions import COUNT, NAMESPACE
from lambent.observe.metrics.series import Dimensions, Series
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
    COMMITTED = "CommittedEventCount"
    POLLING_ERROR = "PollingErrorCount"
    INVOKE_ERROR = "InvokeErrorCount"
    DELIVERY_ERROR = "OnFailureDestinationDeliveryErrorCount"
    COMMIT_ERROR = "CommitErrorCount"
    MAX_LAG = "MaxOffsetLag"
    SUM_LAG = "SumOffsetLag"
    POLLERS = "ProvisionedPollers"
    """How many work, of a mapping that has them: told without being asked for."""
    LAG = "OffsetLag"
    """One partition's, and the function's: it is counted for all mappings."""


_GROUPS: Mapping[MappingMetric, str] = {
    **dict.fromkeys(MappingMetric, "EventCount"),
    MappingMetric.POLLING_ERROR: "ErrorCount",
    MappingMetric.INVOKE_ERROR: "ErrorCount",
    MappingMetric.DELIVERY_ERROR: "ErrorCount",
    MappingMetric.COMMIT_ERROR: "ErrorCount",
    MappingMetric.MAX_LAG: "KafkaMetrics",
    MappingMetric.SUM_LAG: "KafkaMetrics",
}
"""Which word of `MetricsConfig` asks for it."""


class MappingMetrics:
    """Counts into the store; mappings that did not ask cost one look-up."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def count(self, mapping: EventSourceMapping, metric: MappingMetric, number: int) -> None:
        """So many more, if that group of metrics is on."""
        if metric is MappingMetric.LAG:
            name = ("FunctionName", mapping.function_name)
            self._add(mapping, metric, number, (name,))
            if mapping.qualifier:
                self._add(mapping, metric, number, (name, ("Resource", f"{name[1]}:{mapping.qualifier}")))
        elif metric is MappingMetric.POLLERS or _GROUPS[metric] in mapping.metrics:
            self._add(mapping, metric, number, (("EventSourceMappingUUID", mapping.uuid),))

    def _add(self, mapping: EventSourceMapping, metric: str, number: int, dimensions: Dimensions) -> None:
        series = Series(mapping.account, mapping.region, NAMESPACE, metric, dimensions)
        self._store.add(series, Summary.of(float(number)), at=self._clock.now(), unit=COUNT)
