"""Durable executions as metrics."""

from __future__ import annotations

from pathlib import Path

from lambent.observe.metrics.durable import DurableMetrics
from lambent.observe.metrics.store import MetricStore
from tests.unit.observe.metrics.test_functions import told
from tests.unit.services.lambda_.conftest import StoppedClock

HERE = ("000000000000", "us-east-1")


async def test_begun_running_and_ended(tmp_path: Path) -> None:
    clock = StoppedClock()
    async with MetricStore(tmp_path / "m.db", clock) as store:
        metrics = DurableMetrics(store, clock)
        metrics.found(*HERE, "f")
        metrics.begun(*HERE, "f")
        metrics.begun(*HERE, "g")
        metrics.ended(*HERE, "f", "SUCCEEDED", 2.5, 7)
        metrics.ended(*HERE, "f", "TIMED_OUT", 60.0, 1)
        metrics.ended(*HERE, "g", "STOPPED", 1.0, 2)
        assert await told(store, "DurableExecutionStarted", FunctionName="f") == {1: 1}
        assert await told(store, "DurableExecutionStarted") == {1: 2}
        assert await told(store, "DurableExecutionSucceeded", FunctionName="f") == {1: 1}
        assert await told(store, "DurableExecutionTimedOut", FunctionName="f") == {1: 1}
        assert await told(store, "DurableExecutionStopped", FunctionName="g") == {1: 1}
        assert await told(store, "DurableExecutionFailed") == {}
        assert await told(store, "DurableExecutionDuration", FunctionName="f") == {2500: 1, 60_000: 1}
        assert await told(store, "DurableExecutionOperations") == {7: 1, 1: 1, 2: 1}
        assert await told(store, "ApproximateRunningDurableExecutions", FunctionName="f") == {1: 2, 2: 1, 0: 1}
        assert await told(store, "ApproximateRunningDurableExecutions") == {1: 2, 2: 2, 3: 1, 0: 1}
