"""The store: what is read back, in which steps, and what is left after its age."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambent.observe.metrics import store as module
from lambent.observe.metrics.ages import DAY, HOUR
from lambent.observe.metrics.series import Series
from lambent.observe.metrics.store import MetricStore, Point
from lambent.observe.metrics.summary import Summary
from tests.unit.services.lambda_.conftest import StoppedClock

CPU = Series("1", "eu-west-1", "Mine", "Cpu", (("host", "a"),))
DISK = Series("1", "eu-west-1", "Mine", "Disk")


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def metrics(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[MetricStore]:
    async with MetricStore(tmp_path / "metrics.db", clock) as opened:
        yield opened


def told(points: list[Point]) -> list[tuple[int, int, str, float, float]]:
    return [(point.start, point.step, point.unit, point.summary.count, point.summary.total) for point in points]


async def test_values_of_a_minute_are_one_point(metrics: MetricStore, clock: StoppedClock) -> None:
    minute = clock.now() // 60 * 60
    for second, value in ((0, 1.0), (59.9, 2.0), (60, 4.0)):
        metrics.add(CPU, Summary.of(value), at=minute + second, unit="Percent")
    assert told(await metrics.read(CPU, 0, minute + 3600)) == [
        (minute, 60, "Percent", 2, 3),
        (minute + 60, 60, "Percent", 1, 4),
    ]
    assert await metrics.read(DISK, 0, minute + 3600) == []


async def test_later_values_join_what_is_in_the_file(metrics: MetricStore, clock: StoppedClock) -> None:
    for value in (1.0, 2.0):
        metrics.add(CPU, Summary.of(value), at=clock.now())
        await metrics.flush()
    (point,) = await metrics.read(CPU, 0, clock.now() + 1)
    assert (point.summary.marks, point.unit) == ({1: 1, 2: 1}, "None")


async def test_units_are_told_apart(metrics: MetricStore, clock: StoppedClock) -> None:
    for unit in ("Bytes", "Seconds"):
        metrics.add(CPU, Summary.of(1.0), at=clock.now(), unit=unit)
    assert {point.unit for point in await metrics.read(CPU, 0, clock.now() + 1)} == {"Bytes", "Seconds"}


async def test_what_was_flushed_outlives_the_process(tmp_path: Path, clock: StoppedClock) -> None:
    async with MetricStore(tmp_path / "m.db", clock) as first:
        first.add(CPU, Summary.of(3.0), at=clock.now())
    async with MetricStore(tmp_path / "m.db", clock) as second:
        assert [point.summary.total for point in await second.read(CPU, 0, clock.now() + 1)] == [3]
        assert await second.listed("1", "eu-west-1") == [CPU]


async def test_values_age(metrics: MetricStore, clock: StoppedClock) -> None:
    hour = clock.now() // HOUR * HOUR
    for second in range(0, 600, 30):
        metrics.add(CPU, Summary.of(1.0), at=hour + second, step=1)
    assert len(await metrics.read(CPU, 0, hour + HOUR)) == 20
    for later, steps in ((4 * HOUR, {60}), (16 * DAY, {300}), (64 * DAY, {3600}), (456 * DAY, set())):
        clock.at = hour + later + HOUR
        found = await metrics.read(CPU, 0, clock.now())
        assert {point.step for point in found} == steps
        assert sum(point.summary.count for point in found) == (20 if steps else 0)
    assert await metrics.listed("1", "eu-west-1") == []


async def test_old_values_are_kept_as_coarsely_as_others_of_their_age(
    metrics: MetricStore, clock: StoppedClock
) -> None:
    for age, step in ((0, 1), (4 * HOUR, 60), (20 * DAY, 300), (70 * DAY, 3600)):
        at = clock.now() - age
        metrics.add(DISK, Summary.of(1.0), at=at, step=1)
        assert [point.step for point in await metrics.read(DISK, at - 3600, at + 1)] == [step]


async def test_listing(metrics: MetricStore, clock: StoppedClock) -> None:
    metrics.add(DISK, Summary.of(1.0), at=clock.now())
    await metrics.flush()
    clock.at += 100
    metrics.add(CPU, Summary.of(1.0), at=clock.now())
    assert await metrics.listed("1", "eu-west-1") == [CPU, DISK]
    assert await metrics.listed("1", "eu-west-1", "Mine", "Disk") == [DISK]
    assert await metrics.listed("1", "eu-west-1", since=clock.now() - 50) == [CPU]
    assert await metrics.listed("2", "eu-west-1") == await metrics.listed("1", "us-east-1") == []


async def test_too_many_metrics_are_dropped_and_counted(
    metrics: MetricStore, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SERIES", 2)
    monkeypatch.setattr(module, "OPEN_ROWS", 4)
    for number in range(6):
        metrics.add(Series("1", "r", "n", str(number)), Summary.of(1.0), at=clock.now())
    assert metrics.dropped == 2
    assert [series.name for series in await metrics.listed("1", "r")] == ["0", "1"]
    assert metrics.dropped == 4
    metrics.add(Series("1", "r", "n", "1"), Summary.of(1.0), at=clock.now())
    await metrics.flush()
    assert metrics.dropped == 4


async def test_no_bound_that_others_reach_is_one_for_the_services_own(
    metrics: MetricStore, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SERIES", 2)
    monkeypatch.setattr(module, "OPEN_ROWS", 2)
    for number in range(5):
        metrics.add(Series("1", "r", "n", str(number)), Summary.of(1.0), at=clock.now())
        metrics.add(Series("1", "r", "AWS/Lambda", str(number)), Summary.of(1.0), at=clock.now())
    found = await metrics.listed("1", "r")
    assert [series.name for series in found if series.namespace == "AWS/Lambda"] == ["0", "1", "2", "3", "4"]
    assert [series.name for series in found if series.namespace == "n"] == ["0"]


async def test_of_too_many_metrics_those_that_fell_silent_make_room(
    metrics: MetricStore, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SERIES", 2)

    async def put(*names: str) -> list[str]:
        for name in names:
            metrics.add(Series("1", "r", "n", name), Summary.of(1.0), at=clock.now())
        await metrics.flush()
        return [series.name for series in await metrics.listed("1", "r") if series.namespace == "n"]

    metrics.add(Series("1", "r", "AWS/Lambda", "Errors"), Summary.of(1.0), at=clock.now())
    await put("once", "often")
    clock.at += 14 * DAY
    assert await put("often", "new") == ["often", "once"]
    clock.at += 2 * DAY
    assert await put("new") == ["new", "often"]
    assert await metrics.read(Series("1", "r", "n", "once"), 0, clock.now()) == []
    assert len(await metrics.listed("1", "r", "AWS/Lambda")) == 1
    assert metrics.dropped == 1


async def test_a_full_file_takes_no_new_points_of_others(
    metrics: MetricStore, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, at = Series("1", "eu-west-1", "AWS/Lambda", "Errors"), clock.now()
    metrics.add(CPU, Summary.of(1.0), at=at)
    await metrics.flush()
    monkeypatch.setattr(module, "MOST_BYTES", 1)
    for series in (CPU, ours):
        metrics.add(series, Summary.of(2.0), at=at)
        metrics.add(series, Summary.of(4.0), at=at + 60)
    assert [point.summary.total for point in await metrics.read(CPU, 0, at + 120)] == [3]
    assert [point.summary.total for point in await metrics.read(ours, 0, at + 120)] == [2, 4]
    assert metrics.dropped == 1


async def test_room_is_made_where_it_is_asked_for(
    metrics: MetricStore, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OPEN_ROWS", 2)
    for minute in range(6):
        await metrics.make_room(1)
        metrics.add(CPU, Summary.of(1.0), at=clock.now() + 60 * minute)
    assert len(await metrics.read(CPU, 0, clock.now() + 3600)) == 6
    assert metrics.dropped == 0


async def test_what_ages_all_at_once_is_put_together_bit_by_bit(
    metrics: MetricStore, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AGED_AT_ONCE", 7)
    minute = clock.now() // 60 * 60
    for second in range(20):
        metrics.add(CPU, Summary.of(1.0), at=minute + second, step=1)
    await metrics.flush()
    clock.at = minute + 4 * HOUR
    left = []
    for _ in range(4):
        points = await metrics.read(CPU, 0, clock.now())
        left.append((len(points), sum(point.summary.count for point in points)))
    assert left == [(14, 20), (7, 20), (1, 20), (1, 20)]


async def test_what_is_written_is_copied(metrics: MetricStore, clock: StoppedClock) -> None:
    copied: list[tuple[str, float]] = []
    metrics.copy(lambda rows: copied.extend((row[0].name, summary.total) for row, summary in rows.items()))
    metrics.add(CPU, Summary.of(1.0, 2.0), at=clock.now())
    await metrics.flush()
    metrics.add(CPU, Summary.of(4.0), at=clock.now())
    await metrics.flush()
    await metrics.flush()
    assert copied == [("Cpu", 3.0), ("Cpu", 4.0)]
