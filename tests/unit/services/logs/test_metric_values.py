"""Values drawn from events."""

from __future__ import annotations

import asyncio

from lambent.observe.metrics.series import Series
from lambent.observe.metrics.store import Point
from tests.unit.services.logs.conftest import ACCOUNT, REGION, World
from tests.unit.services.logs.test_metric_filters import FORM, GOOD


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
    pattern = "{ $.bytes > 0 && $.who EXISTS }"
    await world.call("PutMetricFilter", **{**GOOD, "filterPattern": pattern, "metricTransformations": [form]})
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
