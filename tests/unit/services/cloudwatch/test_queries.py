"""Queries: checked, put into an order, computed."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.cloudwatch import queries
from lambent.services.cloudwatch.math_values import BadValue, Line
from tests.unit.services.cloudwatch.conftest import AT, MINUTE, World


def stat(id_: str, name: str = "Cpu", stat: str = "Sum", **more: Any) -> dict[str, Any]:
    metric = {"Namespace": "Mine", "MetricName": name}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, **more}


def expression(id_: str, text: str, **more: Any) -> dict[str, Any]:
    return {"Id": id_, "Expression": text, **more}


def test_what_is_needed_comes_first() -> None:
    asked = [expression("e2", "e1 * 2"), expression("e1", "SUM(METRICS())"), stat("m1"), stat("m2")]
    assert [query.id for query in queries.checked(AT, asked)] == ["m1", "m2", "e1", "e2"]
    assert queries.period_of(queries.checked(AT, asked)) == 60
    assert queries.period_of(queries.checked(AT, [expression("e", "TIME_SERIES(1)")])) == 300


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ([], "At least one metric query is required."),
        ([stat("M")], "is not matching the expected pattern"),
        ([stat("m"), stat("m")], "are not unique"),
        ([{"Id": "m"}], "Exactly one of MetricStat and Expression"),
        ([stat("m", Expression="1")], "Exactly one of MetricStat and Expression"),
        ([stat("m", stat="Mean")], "The value Mean for parameter Stat is not supported."),
        ([stat("m", Period=61)], "must be 1, 5, 10, 20, 30, or a multiple of 60"),
        ([stat("m", AccountId="1")], "accounts are not linked"),
        ([expression("e", "1 +")], "Error in expression 'e': it ends too early"),
        ([expression("e", "e + 1")], "Error in expression 'e': it needs its own result"),
        ([expression("a", "b"), expression("b", "a")], "it needs its own result"),
        ([{"Id": "m", "MetricStat": {"Metric": {}, "Period": 60, "Stat": "Sum"}}], "needs a Namespace"),
    ],
)
def test_what_is_refused(asked: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(ApiError) as refused:
        queries.checked(AT, asked)
    assert why in refused.value.message


async def test_results(world: World) -> None:
    await world.put("Cpu", 1.0, 3.0, at=MINUTE)
    await world.put("Cpu", 5.0, at=MINUTE + 60)
    await world.put("Disk", 2.0, at=MINUTE)
    asked = [
        stat("m1"),
        stat("m2", "Disk", Label="disk"),
        expression("e1", "m1 / m2", Label="ratio"),
        expression("e2", "MAX(m1)"),
        expression("e3", "SEARCH('{Mine} cpu', 'Average', 60)"),
        expression("e4", "SEARCH('(cpu', 'Average')"),
        expression("e5", "SEARCH('cpu', 'Nope')"),
        expression("e6", "SEARCH('cpu')"),
    ]
    found = await queries.results(world.store, AT, queries.checked(AT, asked), MINUTE, MINUTE + 120)
    assert found["m1"] == Line("Cpu", {MINUTE: 4, MINUTE + 60: 5}, 60)
    assert found["m2"] == Line("disk", {MINUTE: 2}, 60)
    assert found["e1"] == Line("ratio", {MINUTE: 2}, 60)
    assert found["e2"] == Line("e2", {MINUTE: 5, MINUTE + 60: 5}, 60)
    assert found["e3"] == [Line("Cpu", {MINUTE: 2, MINUTE + 60: 5}, 60)]
    assert [isinstance(found[id_], BadValue) for id_ in ("e4", "e5", "e6")] == [True] * 3
