"""Metric filters: put, tried, refused where there are no metrics."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.logs.conftest import World

FORM = {"metricName": "m", "metricNamespace": "n", "metricValue": "$.bytes", "unit": "Bytes"}
GOOD: dict[str, Any] = {
    "logGroupName": "g",
    "filterName": "f",
    "filterPattern": "{ $.bytes > 0 }",
    "metricTransformations": [FORM],
}


async def test_put_and_told_and_deleted(world: World) -> None:
    await world.stream()
    await world.call("PutMetricFilter", **GOOD)
    (shown,) = (await world.call("DescribeMetricFilters", metricName="m", metricNamespace="n"))["metricFilters"]
    assert (shown["filterName"], shown["metricTransformations"]) == ("f", [FORM])
    assert (await world.call("DescribeLogGroups"))["logGroups"][0]["metricFilterCount"] == 1
    await world.call("DeleteMetricFilter", logGroupName="g", filterName="f")
    assert (await world.call("DescribeMetricFilters", logGroupName="g"))["metricFilters"] == []
    assert (await world.refused("DeleteMetricFilter", logGroupName="g", filterName="f"))[1] == (
        "The specified metric filter does not exist."
    )


async def test_trying_a_pattern(world: World) -> None:
    told = await world.call(
        "TestMetricFilter", filterPattern="[ip, ..., status = 4*]", logEventMessages=["1.1.1.1 x 404", "2.2.2.2 x 200"]
    )
    assert told["matches"] == [
        {
            "eventNumber": 1,
            "eventMessage": "1.1.1.1 x 404",
            "extractedValues": {"$ip": "1.1.1.1", "$2": "x", "$status": "404"},
        }
    ]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (
            {"metricValue": "$bytes"},
            "The metricValue $bytes names nothing that the filter pattern draws out of an event.",
        ),
        (
            {"dimensions": {"a": "b"}},
            "The dimension b names nothing that the filter pattern draws out of an event.",
        ),
        (
            {"metricNamespace": "AWS/Lambda"},
            "The metricNamespace AWS/Lambda is reserved: namespaces that begin with AWS/ are for AWS's services.",
        ),
        ({"metricValue": "x"}, "metricValue x is neither a number nor a selector."),
        ({"dimensions": {"a": "$.a"}, "defaultValue": 0.0}, "A metric filter with dimensions has no default value."),
        ({"dimensions": dict.fromkeys("abcd", "$.a")}, "A metric filter has at most 3 dimensions."),
    ],
)
async def test_what_is_refused(world: World, form: dict[str, Any], text: str) -> None:
    await world.stream()
    params = {**GOOD, "metricTransformations": [{**FORM, **form}]}
    assert await world.refused("PutMetricFilter", **params) == ("InvalidParameterException", text)


async def test_what_terms_and_columns_cannot_give_is_refused(world: World) -> None:
    await world.stream()
    text = "The metricValue $.bytes names nothing that the filter pattern draws out of an event."
    for pattern in ("ERROR", "", "[ip, bytes]"):
        params = {**GOOD, "filterPattern": pattern}
        assert await world.refused("PutMetricFilter", **params) == ("InvalidParameterException", text)
    await world.call(
        "PutMetricFilter",
        **{**GOOD, "filterPattern": "[ip, ..., bytes]", "metricTransformations": [{**FORM, "metricValue": "$bytes"}]},
    )


async def test_a_metric_is_looked_for_with_its_namespace(world: World) -> None:
    assert await world.refused("DescribeMetricFilters", metricName="m") == (
        "InvalidParameterException",
        "metricName must be used together with metricNamespace.",
    )
