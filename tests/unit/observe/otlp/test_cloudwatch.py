"""CloudWatch's metrics on their way to a collector."""

from __future__ import annotations

import math

import pytest

from lambent.observe.metrics.series import Series
from lambent.observe.metrics.summary import Summary
from lambent.observe.otlp import cloudwatch
from lambent.observe.otlp.cloudwatch import Minutes, request

DURATION = Series("1", "eu-west-1", "AWS/Lambda", "Duration", (("FunctionName", "f"),))
MINE = Series("1", "eu-west-1", "Mine", "Sold")


def test_a_minute_is_one_point_once_it_is_over() -> None:
    minutes = Minutes()
    minutes.copy({(DURATION, 120, 60, "Milliseconds"): Summary.of(1.0)})
    minutes.copy({(DURATION, 120, 60, "Milliseconds"): Summary.of(5.0), (DURATION, 180, 60, "None"): Summary.of(2.0)})
    minutes.copy({(MINE, 125, 1, "None"): Summary.of(3.0), (MINE, 126, 1, "None"): Summary.of(3.0)})
    assert minutes.take(179.0) == []
    first, second = minutes.take(180.0)
    assert (first[:3], first[3].count, first[3].total) == ((DURATION, 120, "Milliseconds"), 2, 6.0)
    assert (second[:3], second[3].count) == ((MINE, 120, "None"), 2)
    assert minutes.take(180.0) == []
    assert [point[1] for point in minutes.take(math.inf)] == [180]


def test_what_the_store_holds_is_left_alone() -> None:
    minutes, summary = Minutes(), Summary.of(1.0)
    for _ in range(2):
        minutes.copy({(MINE, 0, 60, "None"): summary})
    assert summary.count == 1


def test_too_many_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudwatch, "WAITING", 1)
    minutes = Minutes()
    minutes.copy({(MINE, 0, 60, "None"): Summary.of(1.0), (DURATION, 0, 60, "None"): Summary.of(1.0)})
    assert (len(minutes.take(math.inf)), minutes.dropped) == (1, 1)


def test_the_form_of_metric_streams() -> None:
    (resource,) = request(
        [(DURATION, 120, "Milliseconds", Summary.of(1.0, 5.0)), (MINE, 120, "None", Summary.of(2.0))]
    )["resourceMetrics"]
    assert [each["key"] for each in resource["resource"]["attributes"]] == [
        "cloud.provider",
        "cloud.account.id",
        "cloud.region",
    ]
    duration, mine = resource["scopeMetrics"][0]["metrics"]
    assert (duration["name"], duration["unit"]) == ("amazonaws.com/AWS/Lambda/Duration", "Milliseconds")
    assert (mine["name"], mine["unit"]) == ("amazonaws.com/Mine/Sold", "")
    (point,) = duration["summary"]["dataPoints"]
    assert point == {
        "startTimeUnixNano": "120000000000",
        "timeUnixNano": "180000000000",
        "attributes": [
            {"key": "Namespace", "value": {"stringValue": "AWS/Lambda"}},
            {"key": "MetricName", "value": {"stringValue": "Duration"}},
            {"key": "FunctionName", "value": {"stringValue": "f"}},
        ],
        "count": "2",
        "sum": 6.0,
        "quantileValues": [{"quantile": 0.0, "value": 1.0}, {"quantile": 1.0, "value": 5.0}],
    }
