"""Alarms that may be asked for, and those that may not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.cloudwatch.conftest import World
from tests.unit.services.cloudwatch.test_queries import expression, stat

NOTHING = object()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"Threshold": NOTHING}, "The parameter Threshold is required."),
        ({"EvaluationPeriods": NOTHING}, "The parameter EvaluationPeriods is required."),
        ({"ComparisonOperator": NOTHING}, "The parameter ComparisonOperator is required."),
        ({"MetricName": NOTHING}, "The parameter MetricName is required."),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "there is no anomaly detection"),
        ({"ThresholdMetricId": "ad"}, "there is no anomaly detection"),
        ({"TreatMissingData": "maybe"}, "The value maybe is not supported for TreatMissingData parameter."),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "percentiles are always evaluated"),
        ({"EvaluateLowSampleCountPercentile": "x"}, "must be evaluate or ignore"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods."),
        ({"EvaluationPeriods": 1441}, "across more than a day"),
        ({"Period": 61}, "must be 1, 5, 10, 20, 30, or a multiple of 60"),
        ({"ExtendedStatistic": "p99"}, "Exactly one of Statistic and ExtendedStatistic"),
        ({"Statistic": NOTHING, "ExtendedStatistic": "x"}, "The value x for parameter Stat is not supported."),
        ({"AlarmActions": ["nobody"]}, "Invalid arn syntax: nobody"),
        (
            {"OKActions": ["arn:aws:automate:us-east-1:ec2:stop"]},
            "actions go to SNS topics and Lambda functions",
        ),
        ({"Metrics": [stat("m1")]}, "Metrics list and other metric parameters must not be given together."),
    ],
)
async def test_what_is_refused(world: World, more: dict[str, Any], why: str) -> None:
    given: dict[str, Any] = {
        "AlarmName": "a",
        "Namespace": "Mine",
        "MetricName": "Cpu",
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    given = {name: value for name, value in (given | more).items() if value is not NOTHING}
    assert why in (await world.refused("PutMetricAlarm", **given))[1]
    assert await world.states() == {}


async def test_over_an_expression(world: World) -> None:
    terms = {"EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
    both = [expression("e1", "m1 * 2"), stat("m1")]
    assert (await world.refused("PutMetricAlarm", AlarmName="a", Metrics=both, **terms))[1] == (
        "Exactly one element of the metrics list should return data."
    )
    both[1]["ReturnData"] = False
    await world.call("PutMetricAlarm", AlarmName="a", Metrics=both, **terms)
    assert await world.states() == {"a": "INSUFFICIENT_DATA"}
