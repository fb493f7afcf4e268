"""Traces found by time, filter and group."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.services.xray.conftest import NOW, World, around, segment, trace


async def fill(world: World) -> None:
    await world.put(
        segment(1, "a", "web", 0, 1, origin="AWS::Lambda", resource_arn="arn:f", user="ann"),
        segment(2, "b", "web", 120, 2, fault=True, annotations={"k": "v", "n": 1, "b": True}),
    )


async def ids(world: World, **more: Any) -> list[str]:
    return [each["Id"] for each in (await world.call("GetTraceSummaries", **around(), **more))["TraceSummaries"]]


async def test_summaries(world: World) -> None:
    await fill(world)
    newest, oldest = (await world.call("GetTraceSummaries", **around()))["TraceSummaries"]
    assert (newest["Id"], oldest["Id"]) == (trace(2), trace(1))
    assert (newest["Duration"], newest["HasFault"], oldest["HasFault"]) == (2, True, False)
    assert {key: values[0]["AnnotationValue"] for key, values in newest["Annotations"].items()} == {
        "k": {"StringValue": "v"},
        "n": {"NumberValue": 1.0},
        "b": {"BooleanValue": True},
    }
    assert oldest["EntryPoint"] == {"Name": "web", "Names": ["web"], "Type": "AWS::Lambda"}
    assert oldest["ResourceARNs"] == [{"ARN": "arn:f"}]
    assert [user["UserName"] for user in oldest["Users"]] == ["ann"]


async def test_filters_and_pages(world: World) -> None:
    await fill(world)
    assert await ids(world, FilterExpression="fault") == [trace(2)]
    assert await ids(world, FilterExpression='annotation.k = "no"') == []
    assert "Invalid filter expression: unknown keyword x" in await world.refused(
        "GetTraceSummaries", FilterExpression="x = 1", **around()
    )


async def test_options_that_would_be_ignored_are_refused(world: World) -> None:
    refused = {
        "TimeRangeType": "Service",
        "Sampling": True,
        "SamplingStrategy": {"Name": "PartialScan", "Value": 0.1},
    }
    for option, value in refused.items():
        text = await world.refused("GetTraceSummaries", **{option: value}, **around())
        assert text.startswith(f"{option} is not supported by Lambent: ")
    assert await ids(world, TimeRangeType="TraceId", Sampling=False) == []


async def test_a_graph_of_a_group(world: World) -> None:
    await fill(world)
    await world.call("CreateGroup", GroupName="bad", FilterExpression="fault")
    whole = await world.call("GetServiceGraph", **around())
    (web, *_) = (each for each in whole["Services"] if each["Name"] == "web" and each["Type"] == "AWS::Service")
    assert web["SummaryStatistics"]["TotalCount"] == 1
    of_group = await world.call("GetServiceGraph", GroupName="bad", **around())
    assert {each["Type"] for each in of_group["Services"]} == {"client", "AWS::Service"}
    assert "Group with name x does not exist." in await world.refused("GetServiceGraph", GroupName="x", **around())


async def test_over_time(world: World) -> None:
    await fill(world)
    told = await world.call("GetTimeSeriesServiceStatistics", Period=60, **around())
    points = told["TimeSeriesServiceStatistics"]
    assert [point["ServiceSummaryStatistics"]["TotalCount"] for point in points] == [1, 1]
    assert points[1]["Timestamp"] - points[0]["Timestamp"] == 120
    assert "Period must be 60 or 300." in await world.refused("GetTimeSeriesServiceStatistics", Period=7, **around())
    assert "nothing is foretold" in await world.refused(
        "GetTimeSeriesServiceStatistics", ForecastStatistics=True, **around()
    )


@pytest.mark.parametrize(
    ("span", "why"),
    [(timedelta(0), "StartTime must be before EndTime."), (timedelta(hours=7), "cannot be longer than 6 hours")],
)
async def test_times(world: World, span: timedelta, why: str) -> None:
    start = datetime.fromtimestamp(NOW, UTC)
    assert why in await world.refused("GetTraceSummaries", StartTime=start, EndTime=start + span)


async def test_a_filter_may_name_a_group(world: World) -> None:
    await fill(world)
    await world.call("CreateGroup", GroupName="bad", FilterExpression="fault")
    assert await ids(world, FilterExpression='group.name = "bad" AND duration > 1') == [trace(2)]
    assert "there is no group x" in await world.refused(
        "GetTraceSummaries", FilterExpression='group.name = "x"', **around()
    )
