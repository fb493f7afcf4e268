"""Metrics of functions' own addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.model.function_url import FunctionUrl
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.urls import UrlMetrics
from tests.unit.observe.metrics.test_functions import told
from tests.unit.services.lambda_.conftest import StoppedClock


@pytest.mark.parametrize(("qualifier", "of"), [("", {}), ("live", {"Resource": "f:live"})])
async def test_requests_are_counted_by_function_and_alias(tmp_path: Path, qualifier: str, of: dict[str, str]) -> None:
    clock = StoppedClock()
    url = FunctionUrl("a" * 32, "000000000000", "us-east-1", "f", qualifier, "NONE", 1.0, 1.0)
    async with MetricStore(tmp_path / "m.db", clock) as store:
        metrics = UrlMetrics(store, clock)
        for status in (200, 404, 429, 502):
            metrics.answered(url, status, 2.5)
        for each in ({}, of):
            dimensions = {"FunctionName": "f", **each}
            assert await told(store, "UrlRequestCount", **dimensions) == {1: 4}
            assert await told(store, "Url4xxCount", **dimensions) == {0: 2, 1: 2}
            assert await told(store, "Url5xxCount", **dimensions) == {0: 3, 1: 1}
            assert await told(store, "UrlRequestLatency", **dimensions) == {2.5: 4}
        assert len(await store.listed("000000000000", "us-east-1")) == 4 * (2 if of else 1)
