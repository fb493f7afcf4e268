"""Metrics of mappings: kept where they are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.observe.metrics.mappings import MappingMetric, MappingMetrics
from lambent.observe.metrics.store import MetricStore
from tests.unit.observe.metrics.test_functions import told
from tests.unit.services.lambda_.conftest import StoppedClock
from tests.unit.sources.conftest import mapping


@pytest.mark.parametrize(
    ("wanted", "polled", "errors"),
    [([], {}, {}), (["EventCount"], {2: 1, 3: 1}, {}), (["ErrorCount"], {}, {1: 1})],
    ids=["none", "events", "errors"],
)
async def test_what_was_asked_for_is_kept(
    tmp_path: Path, wanted: list[str], polled: dict[float, float], errors: dict[float, float]
) -> None:
    clock = StoppedClock()
    async with MetricStore(tmp_path / "m.db", clock) as store:
        metrics, of = MappingMetrics(store, clock), mapping("q", MetricsConfig={"Metrics": wanted})
        metrics.count(of, MappingMetric.POLLED, 2)
        metrics.count(of, MappingMetric.POLLED, 3)
        metrics.count(of, MappingMetric.POLLING_ERROR, 1)
        assert await told(store, "PolledEventCount", EventSourceMappingUUID="u1") == polled
        assert await told(store, "PollingErrorCount", EventSourceMappingUUID="u1") == errors


async def test_lag_is_kept_of_the_mapping_if_asked_for_and_of_the_function_always(tmp_path: Path) -> None:
    clock = StoppedClock()
    async with MetricStore(tmp_path / "m.db", clock) as store:
        metrics = MappingMetrics(store, clock)
        for wanted in ([], ["KafkaMetrics"]):
            of = mapping("q", MetricsConfig={"Metrics": wanted})
            for metric in (MappingMetric.LAG, MappingMetric.MAX_LAG, MappingMetric.SUM_LAG):
                metrics.count(of, metric, 7)
        metrics.count(mapping("q"), MappingMetric.POLLERS, 3)
        assert await told(store, "ProvisionedPollers", EventSourceMappingUUID="u1") == {3: 1}
        assert await told(store, "OffsetLag", FunctionName=of.function_name) == {7: 2}
        assert await told(store, "MaxOffsetLag", EventSourceMappingUUID="u1") == {7: 1}
        assert await told(store, "SumOffsetLag", EventSourceMappingUUID="u1") == {7: 1}
