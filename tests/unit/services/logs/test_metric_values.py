"""Values drawn from events."""

from __future__ import annotations

import asyncio
from pathlib import Path

from lambent.observe.log_names import Group
from lambent.observe.metrics.series import Series
from lambent.observe.metrics.store import Point
from lambent.store.memory import MemoryStore
from tests.unit.services.logs.conftest import ACCOUNT, REGION, World
from tests.unit.services.logs.test_metric_filters import FORM, GOOD

PLAIN = {**GOOD, "metricTransformations": [{**FORM, "metricValue": "1"}]}
SERIES = Series(ACCOUNT, REGION, "n", "m")


async def points(world: World, series: Series, count: float) -> Point:
    """What is known of a metric once it has so many values."""
    async with asyncio.timeout(10):
        while True:
            found = await world.metrics.read(series, 0, world.clock.now() + 600)
            if found and found[0].summary.count == count:
                return found[0]


async def test_values_are_put(world: World) -> None:
    await world.stream()
    await world.put('{"bytes": 1}')
    form = {**FORM, "dimensions": {"Who": "$.who"}}
    await world.call("PutMetricFilter", **{**GOOD, "metricTransformations": [form]})
    await world.put('{"bytes": 5, "who": "ann"}', '{"bytes": 6}', '{"bytes": "x", "who": "bob"}')
    await world.put('{"bytes": 7, "who": "ann"}')
    point = await points(world, Series(ACCOUNT, REGION, "n", "m", (("Who", "ann"),)), 2)
    assert (point.summary.total, point.unit) == (12.0, "Bytes")
    assert len(await world.metrics.listed(ACCOUNT, REGION)) == 1


async def test_a_default_for_what_does_not_match(world: World) -> None:
    await world.stream()
    form = {"metricName": "m", "metricNamespace": "n", "metricValue": "1", "defaultValue": 0.0}
    await world.call("PutMetricFilter", **{**GOOD, "filterPattern": "ERROR", "metricTransformations": [form]})
    await world.put("ERROR", "INFO")
    assert (await points(world, Series(ACCOUNT, REGION, "n", "m"), 2)).summary.total == 1.0


async def test_what_is_no_number_is_no_value(world: World) -> None:
    await world.stream()
    await world.call("PutMetricFilter", **{**GOOD, "filterPattern": "{ $.bytes = * }"})
    await world.put('{"bytes": "nan"}', '{"bytes": "1e999"}', '{"bytes": [1]}', '{"bytes": "3"}')
    assert (await points(world, SERIES, 1)).summary.total == 3.0


async def test_a_restart_counts_all_and_nothing_twice(tmp_path: Path, records: MemoryStore) -> None:
    root = tmp_path / "logs"
    world = World(root, records)
    await world.open()
    await world.stream(stream="old")
    await world.put('{"bytes": 1}', stream="old", at=world.now - 10)
    world.clock.at += 1
    await world.call("PutMetricFilter", **PLAIN)
    await world.call("CreateLogStream", logGroupName="g", logStreamName="s")
    await world.put('{"bytes": 1}', '{"bytes": 1}')
    await points(world, SERIES, 2)
    await world.close()
    uncounted = World(root, records)  # as if the server was killed before it could count
    uncounted.clock.at = world.clock.at
    async with uncounted.store:
        for stream in ("s", "new"):
            await uncounted.store.put(Group(ACCOUNT, REGION, "g"), stream, [(world.now, '{"bytes": 1}')])
    again = World(root, records)
    again.clock.at = world.clock.at + 1
    await again.open()
    assert (await points(again, SERIES, 4)).summary.total == 4.0
    await again.put('{"bytes": 1}', stream="old")
    assert (await points(again, SERIES, 5)).summary.total == 5.0
    await again.close()


async def test_a_group_of_the_same_name_has_no_filters(world: World) -> None:
    await world.stream()
    await world.call("PutMetricFilter", **PLAIN)
    await world.call("DeleteLogGroup", logGroupName="g")
    await world.stream()
    await world.stream("other")
    await world.call("PutMetricFilter", **{**PLAIN, "logGroupName": "other"})
    await world.put('{"bytes": 1}')
    await world.put('{"bytes": 1}', group="other")
    assert (await points(world, SERIES, 1)).summary.count == 1
