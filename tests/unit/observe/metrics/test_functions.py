"""AWS/Lambda: what invocations and events become, under which dimensions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from lambent.model.invocation import Ended, InitType, Invocation, Load, Report
from lambent.observe.metrics.functions import FunctionMetrics
from lambent.observe.metrics.series import Series, dimensions
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.summary import Summary
from tests.unit.invoke.conftest import make_function
from tests.unit.services.lambda_.conftest import StoppedClock

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
VERSION = make_function(version="3", arn=f"{ARN}:3")


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def store(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[MetricStore]:
    async with MetricStore(tmp_path / "m.db", clock) as opened:
        yield opened


def ended(arn: str, ms: float, status: str = "success", init: InitType = InitType.ON_DEMAND) -> Ended:
    report = Report("r", ms, int(ms), 128, 64, status=status)
    return Ended(VERSION, Invocation("r", b"", 0, arn), report, init, 0.0)


async def told(store: MetricStore, name: str, **of: str) -> dict[float, float]:
    """Value -> how often, of the last minute."""
    series = Series("000000000000", "us-east-1", "AWS/Lambda", name, dimensions(of))
    points = await store.read(series, 0, 1e12)
    return {} if not points else points[-1].summary.marks


async def test_an_invocation_by_alias_counts_four_times_over(store: MetricStore, clock: StoppedClock) -> None:
    async with FunctionMetrics(store, clock) as metrics:
        metrics.ended(ended(f"{ARN}:live", 10.5))
        metrics.ended(ended(f"{ARN}:live", 20.5, "failure"))
    sets: list[dict[str, str]] = [
        {},
        {"FunctionName": "f"},
        {"FunctionName": "f", "Resource": "f:live"},
        {"FunctionName": "f", "Resource": "f:live", "ExecutedVersion": "3"},
    ]
    for of in sets:
        assert await told(store, "Duration", **of) == {10.5: 1, 20.5: 1}
        assert await told(store, "Invocations", **of) == {1: 2}
        assert await told(store, "Errors", **of) == {0: 1, 1: 1}
        assert await told(store, "Throttles", **of) == {0: 2}
    assert len({series.dimensions for series in await store.listed("000000000000", "us-east-1")}) == 4


async def test_a_version_is_no_alias_and_a_plain_name_neither(store: MetricStore, clock: StoppedClock) -> None:
    async with FunctionMetrics(store, clock) as metrics:
        metrics.ended(ended(ARN, 1.0))
        metrics.ended(ended(f"{ARN}:3", 1.0, init=InitType.PROVISIONED))
    found = {series.dimensions for series in await store.listed("000000000000", "us-east-1", name="Invocations")}
    assert found == {(), dimensions({"FunctionName": "f"}), dimensions({"FunctionName": "f", "Resource": "f:3"})}
    assert await told(store, "Invocations", FunctionName="f") == {1: 2}
    assert await told(store, "ProvisionedConcurrencyInvocations", FunctionName="f") == {1: 1}


async def test_what_does_not_fit_into_what_is_provisioned_spills_over(store: MetricStore, clock: StoppedClock) -> None:
    async with FunctionMetrics(store, clock) as metrics:
        metrics.provisioned(f"{ARN}:3", [(VERSION, 1)])
        metrics.ended(ended(f"{ARN}:3", 1.0, init=InitType.PROVISIONED))
        metrics.ended(ended(f"{ARN}:3", 1.0))
        metrics.ended(ended(ARN, 1.0))
        metrics.provisioned(f"{ARN}:3", [])
        metrics.ended(ended(f"{ARN}:3", 1.0))
    assert await told(store, "ProvisionedConcurrencySpilloverInvocations", FunctionName="f") == {1: 1}
    assert await told(store, "ProvisionedConcurrencyInvocations", FunctionName="f") == {1: 1}


async def test_what_is_refused_is_no_invocation(store: MetricStore, clock: StoppedClock) -> None:
    async with FunctionMetrics(store, clock) as metrics:
        metrics.throttled(VERSION, ARN)
    assert await told(store, "Throttles", FunctionName="f") == {1: 1}
    assert await told(store, "Invocations", FunctionName="f") == {}


async def test_what_extensions_took_after_the_runtime(store: MetricStore, clock: StoppedClock) -> None:
    async with FunctionMetrics(store, clock) as metrics:
        metrics.ended(ended(ARN, 9.0))
        metrics.ended(msgspec.structs.replace(ended(ARN, 9.0), extensions_ms=2.5))
    assert await told(store, "PostRuntimeExtensionsDuration", FunctionName="f") == {2.5: 1}


async def test_minutes_are_told_apart(store: MetricStore, clock: StoppedClock) -> None:
    async with FunctionMetrics(store, clock) as metrics:
        metrics.ended(ended(ARN, 1.0))
        clock.at += 60
        metrics.ended(ended(ARN, 2.0))
    points = await store.read(Series("000000000000", "us-east-1", "AWS/Lambda", "Duration"), 0, 1e12)
    assert [point.summary.marks for point in points] == [{1: 1}, {2: 1}]
    assert points[1].start - points[0].start == 60


async def test_concurrency_and_events(store: MetricStore, clock: StoppedClock) -> None:
    def news() -> list[tuple[str, dict[str, float], Summary]]:
        return [("000000000000/us-east-1/f", {"AsyncEventsReceived": 3}, Summary.of(7.0))]

    provisioned = {f"{ARN}:live": (3, 4), f"{ARN}:7": (0, 2)}
    async with FunctionMetrics(store, clock) as metrics:
        metrics.open_to(lambda: [Load("000000000000", "us-east-1", {"f": 4, "g": 2}, 5, 2, 10, provisioned)], news)
        await metrics.spill()
        metrics.open_to(list, list)
    assert await told(store, "ConcurrentExecutions", FunctionName="f") == {4: 1}
    assert await told(store, "ConcurrentExecutions") == {5: 1}
    assert await told(store, "UnreservedConcurrentExecutions") == {2: 1}
    assert await told(store, "ClaimedAccountConcurrency") == {12: 1}
    assert await told(store, "ProvisionedConcurrentExecutions", FunctionName="f", Resource="f:live") == {3: 1}
    assert await told(store, "ProvisionedConcurrencyUtilization", FunctionName="f", Resource="f:live") == {0.75: 1}
    assert await told(store, "ProvisionedConcurrencyUtilization", FunctionName="f", Resource="f:7") == {0: 1}
    assert await told(store, "AsyncEventsReceived", FunctionName="f") == {1: 3}
    assert await told(store, "AsyncEventAge") == {7: 1}


async def test_a_function_of_another_account_is_counted_there(store: MetricStore, clock: StoppedClock) -> None:
    other = make_function(account="111111111111", arn=ARN.replace("0" * 12, "1" * 12))
    async with FunctionMetrics(store, clock) as metrics:
        metrics.ended(msgspec.structs.replace(ended(other.arn, 1.0), function=other))
    assert await store.listed("000000000000", "us-east-1") == []
    assert len(await store.listed("111111111111", "us-east-1", name="Duration")) == 2
