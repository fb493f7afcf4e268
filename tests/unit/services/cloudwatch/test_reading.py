"""Statistics read back against values worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.cloudwatch.conftest import MINUTE, World, moment
from tests.unit.services.cloudwatch.test_queries import expression, stat

RANGE = {"StartTime": moment(MINUTE), "EndTime": moment(MINUTE + 300)}


async def put(world: World) -> None:
    await world.put("Cpu", 1.0, 2.0, 3.0, 4.0, at=MINUTE, Unit="Percent")
    await world.put("Cpu", 10.0, at=MINUTE + 60, Unit="Percent")


def asked(**more: Any) -> dict[str, Any]:
    return {"Namespace": "Mine", "MetricName": "Cpu", "Period": 60, "Statistics": ["Sum"], **RANGE} | more


async def test_statistics(world: World) -> None:
    await put(world)
    told = await world.call(
        "GetMetricStatistics",
        **asked(
            Statistics=["SampleCount", "Average", "Sum", "Minimum", "Maximum"],
            ExtendedStatistics=["p50", "TM(25%:75%)"],
        ),
    )
    assert told["Label"] == "Cpu"
    first, second = sorted(told["Datapoints"], key=lambda point: point["Timestamp"])
    assert first == {
        "Timestamp": MINUTE,
        "Unit": "Percent",
        "SampleCount": 4,
        "Average": 2.5,
        "Sum": 10,
        "Minimum": 1,
        "Maximum": 4,
        "ExtendedStatistics": {"p50": 2, "TM(25%:75%)": 2.5},
    }
    assert (second["Timestamp"], second["Sum"]) == (MINUTE + 60, 10)


async def test_longer_periods_and_units(world: World) -> None:
    await put(world)
    (point,) = (await world.call("GetMetricStatistics", **asked(Period=3600)))["Datapoints"]
    assert (point["Timestamp"], point["Sum"]) == (MINUTE // 3600 * 3600, 20)
    assert (await world.call("GetMetricStatistics", **asked(Unit="Count")))["Datapoints"] == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"Period": 61}, "must be 1, 5, 10, 20, 30, or a multiple of 60"),
        ({"EndTime": RANGE["StartTime"]}, "StartTime must be less than the parameter EndTime"),
        ({"Statistics": []}, "Must specify either Statistics or ExtendedStatistics"),
        ({"ExtendedStatistics": ["mean"]}, "The value mean for parameter Stat is not supported."),
        (
            {"StartTime": moment(MINUTE - 1441 * 60), "EndTime": moment(MINUTE)},
            "You have requested up to 1,441 datapoints, which exceeds the limit of 1,440.",
        ),
    ],
)
async def test_what_is_refused(world: World, more: dict[str, Any], why: str) -> None:
    assert why in (await world.refused("GetMetricStatistics", **asked(**more)))[1]


async def test_data_newest_first_unless_asked_otherwise(world: World) -> None:
    await put(world)
    given = {"MetricDataQueries": [stat("m1", ReturnData=False), expression("e1", "m1 * 2")], **RANGE}
    (result,) = (await world.call("GetMetricData", **given))["MetricDataResults"]
    assert result == {
        "Id": "e1",
        "Label": "e1",
        "Timestamps": [MINUTE + 60, MINUTE],
        "Values": [20, 20],
        "StatusCode": "Complete",
    }
    (result,) = (await world.call("GetMetricData", **given, ScanBy="TimestampAscending"))["MetricDataResults"]
    assert result["Timestamps"] == [MINUTE, MINUTE + 60]


async def test_pages_of_values(world: World) -> None:
    await put(world)
    given = {"MetricDataQueries": [stat("m1"), stat("m2", stat="Maximum"), stat("m3", "Nothing")], **RANGE}
    seen: dict[str, list[float]] = {}
    codes: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        page = await world.call("GetMetricData", **given, MaxDatapoints=3, **token)
        for result in page["MetricDataResults"]:
            seen.setdefault(result["Id"], []).extend(result["Values"])
        codes.append([result["StatusCode"] for result in page["MetricDataResults"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert seen == {"m1": [10, 10], "m2": [10, 4], "m3": []}
    assert codes == [["Complete", "PartialData", "Complete"], ["Complete"]]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"MetricDataQueries": [stat("m", ReturnData=False)]}, "At least one query must have ReturnData set to true."),
        (
            {"MetricDataQueries": [expression("e", "m9 + 1")]},
            "there is no query with the id m9",
        ),
        ({"LabelOptions": {"Timezone": "+0100"}}, "LabelOptions is not supported by Lambent"),
        ({"MaxDatapoints": 0}, "MaxDatapoints must be between 1 and 100800."),
        ({"EndTime": RANGE["StartTime"]}, "StartTime must be less than the parameter EndTime"),
    ],
)
async def test_data_that_is_refused(world: World, more: dict[str, Any], why: str) -> None:
    given = {"MetricDataQueries": [stat("m1")], **RANGE} | more
    assert why in (await world.refused("GetMetricData", **given))[1]
