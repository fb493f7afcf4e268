"""Values put and metrics listed."""

from __future__ import annotations

import pytest

from lambent.observe.metrics.series import Series
from lambent.observe.metrics.series import dimensions as held
from tests.unit.services.cloudwatch.conftest import MINUTE, World, moment


async def marks(world: World, name: str, **dimensions: str) -> list[dict[float, float]]:
    series = Series("000000000000", "us-east-1", "Mine", name, held(dimensions))
    return [point.summary.marks for point in await world.store.read(series, 0, MINUTE + 9000)]


async def test_every_form_of_values(world: World) -> None:
    data = [
        {"MetricName": "one", "Value": 1.5, "Unit": "Count", "Dimensions": [{"Name": "Host", "Value": "a"}]},
        {"MetricName": "many", "Values": [1.0, 2.0], "Counts": [3.0, 1.0]},
        {"MetricName": "told", "StatisticValues": {"SampleCount": 2, "Sum": 3.0, "Minimum": 1.0, "Maximum": 2.0}},
        {"MetricName": "fine", "Value": 7.0, "StorageResolution": 1, "Timestamp": moment(MINUTE + 5)},
    ]
    assert await world.call("PutMetricData", Namespace="Mine", MetricData=data) == {}
    assert await marks(world, "one", Host="a") == [{1.5: 1}]
    assert await marks(world, "many") == [{1: 3, 2: 1}]
    assert await marks(world, "told") == [{1: 1, 2: 1}]
    assert await marks(world, "fine") == [{7: 1}]


@pytest.mark.parametrize(
    ("datum", "code", "text"),
    [
        ({"MetricName": "x"}, "InvalidParameterCombinationException", "none."),
        ({"MetricName": "x", "Value": 1.0, "Values": [1.0]}, "InvalidParameterCombinationException", "more than one."),
        ({"MetricName": "x", "Values": []}, "InvalidParameterValueException", "must have between 1 and 150 members."),
        ({"MetricName": "x", "Values": [1.0], "Counts": []}, "InvalidParameterCombinationException", "the same size."),
        ({"MetricName": "x", "Value": float("nan")}, "InvalidParameterValueException", "between -2^360 and 2^360."),
        (
            {"MetricName": "x", "Value": 1.0, "StorageResolution": 5},
            "InvalidParameterValueException",
            "must be 1 or 60.",
        ),
        (
            {"MetricName": "x", "Value": 1.0, "Timestamp": moment(MINUTE - 15 * 86400)},
            "InvalidParameterValueException",
            "must specify a time within the past two weeks and the next two hours.",
        ),
        (
            {"MetricName": "x", "Value": 1.0, "Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]},
            "InvalidParameterValueException",
            "must not name a dimension twice.",
        ),
        (
            {"MetricName": "x", "StatisticValues": {"SampleCount": 2, "Sum": 3.0, "Minimum": 9.0, "Maximum": 2.0}},
            "InvalidParameterValueException",
            "must be the statistics of some values.",
        ),
    ],
)
async def test_what_is_refused_changes_nothing(world: World, datum: dict[str, object], code: str, text: str) -> None:
    good = {"MetricName": "good", "Value": 1.0}
    refused = await world.refused("PutMetricData", Namespace="Mine", MetricData=[good, datum])
    assert refused[0] == code
    assert refused[1].endswith(text)
    assert (await world.call("ListMetrics"))["Metrics"] == []


async def test_requests_that_are_refused_whole(world: World) -> None:
    one = [{"MetricName": "x", "Value": 1.0}]
    assert await world.refused("PutMetricData", Namespace="AWS/Mine", MetricData=one) == (
        "InvalidParameterValueException",
        "The value AWS/Mine for parameter Namespace is invalid. Namespaces that begin with AWS/ are reserved.",
    )
    assert (await world.refused("PutMetricData", Namespace="Mine"))[0] == "MissingRequiredParameterException"
    assert (await world.refused("PutMetricData", Namespace="Mine", MetricData=one * 1001))[1] == (
        "The collection MetricData must not have a size greater than 1000."
    )
    assert (
        "there are no entities"
        in (await world.refused("PutMetricData", Namespace="Mine", MetricData=one, EntityMetricData=[{}]))[1]
    )


async def test_listing(world: World) -> None:
    await world.put("Cpu", 1.0, Dimensions=[{"Name": "Host", "Value": "a"}, {"Name": "App", "Value": "x"}])
    await world.put("Cpu", 1.0, Dimensions=[{"Name": "Host", "Value": "b"}])
    await world.put("Disk", 1.0)
    listed = await world.call("ListMetrics", MetricName="Cpu", Dimensions=[{"Name": "Host", "Value": "a"}])
    assert listed["Metrics"] == [
        {
            "Namespace": "Mine",
            "MetricName": "Cpu",
            "Dimensions": [{"Name": "App", "Value": "x"}, {"Name": "Host", "Value": "a"}],
        }
    ]
    assert len((await world.call("ListMetrics", Dimensions=[{"Name": "Host"}]))["Metrics"]) == 2
    world.clock.at += 4 * 3600
    assert len((await world.call("ListMetrics"))["Metrics"]) == 3
    assert (await world.call("ListMetrics", RecentlyActive="PT3H"))["Metrics"] == []
    assert (await world.refused("ListMetrics", OwningAccount="1"))[1].endswith("accounts are not linked.")
