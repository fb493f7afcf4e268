"""Metrics that log lines carry: counted, and cut where there are too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambent.observe.log_names import Group
from lambent.observe.logs import LogStore
from lambent.observe.metrics import lines
from lambent.observe.metrics.embedded import MARK
from lambent.observe.metrics.lines import EmbeddedMetrics
from lambent.observe.metrics.series import Series
from lambent.observe.metrics.store import MetricStore
from tests.unit.observe.metrics.test_embedded import line
from tests.unit.services.lambda_.conftest import StoppedClock

HERE = Group("000000000000", "us-east-1", "/aws/lambda/f")


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def store(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[MetricStore]:
    async with MetricStore(tmp_path / "m.db", clock) as opened:
        yield opened


async def total(store: MetricStore, namespace: str, name: str, **of: str) -> float:
    points = await store.read(Series(HERE.account, HERE.region, namespace, name, tuple(of.items())), 0, 1e12)
    return sum(point.summary.total for point in points)


async def test_what_is_written_to_any_group_is_counted(tmp_path: Path, store: MetricStore, clock: StoppedClock) -> None:
    now = clock.now() * 1000
    async with EmbeddedMetrics(store, clock) as metrics, LogStore(tmp_path / "logs", clock) as logs:
        logs.tap(MARK, metrics.take)
        stream = logs.stream(*HERE, "s")
        for text in (line(at=now), "nothing", '{"_aws": ', line(at=now, m="x")):
            stream.write(1, text)
        assert await logs.put(HERE, "other", [(1, line(at=now, m=[2, 3])), (2, "nothing")])
        await logs.flush()
        for _ in range(20):
            await asyncio.sleep(0)
    assert await total(store, "shop", "m", who="ann") == 6.5
    for fault in ("EMFParsingErrors", "EMFValidationErrors"):
        assert await total(store, "AWS/Logs", fault, LogGroupName=HERE.name) == 1


async def test_a_group_names_only_so_many_metrics_a_day(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, store: MetricStore, clock: StoppedClock
) -> None:
    monkeypatch.setattr(lines, "SERIES_OF_GROUP", 2)
    async with EmbeddedMetrics(store, clock) as metrics:

        async def tell(group: Group, *names: str) -> None:
            metrics.take(group, [(1, line([{"Name": name}], at=clock.now() * 1000, **{name: 1})) for name in names])
            for _ in range(20):
                await asyncio.sleep(0)

        await tell(HERE, "a", "b", "c", "a")
        await tell(HERE._replace(name="other"), "c")
        await tell(HERE, "c")
        assert metrics.dropped == 2
        assert [each.getMessage() for each in caplog.records] == [
            "1 metrics of log lines were dropped: there are too many"
        ]
        clock.at += 86400
        await tell(HERE, "d")
    assert [await total(store, "shop", name, who="ann") for name in "abcd"] == [2, 1, 1, 1]


async def test_a_flood_is_cut(monkeypatch: pytest.MonkeyPatch, store: MetricStore, clock: StoppedClock) -> None:
    one = line(at=clock.now() * 1000)
    monkeypatch.setattr(lines, "WAITING_CHARACTERS", 2 * len(one))
    async with EmbeddedMetrics(store, clock) as metrics:
        metrics.take(HERE, [(1, one)] * 5)
        assert metrics.dropped == 3
    assert await total(store, "shop", "m", who="ann") == 3.0


async def test_one_groups_flood_leaves_room_for_others(
    monkeypatch: pytest.MonkeyPatch, store: MetricStore, clock: StoppedClock
) -> None:
    one = line(at=clock.now() * 1000)
    monkeypatch.setattr(lines, "WAITING_OF_GROUP", 2 * len(one))
    async with EmbeddedMetrics(store, clock) as metrics:
        metrics.take(HERE, [(1, one)] * 50)
        metrics.take(HERE._replace(name="other"), [(1, one)] * 2)
        assert metrics.dropped == 48
        for _ in range(20):
            await asyncio.sleep(0)
        metrics.take(HERE, [(1, one)])
    assert await total(store, "shop", "m", who="ann") == 7.5
