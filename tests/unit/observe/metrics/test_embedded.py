"""The embedded metric format, by its specification."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.observe.metrics.embedded import UNITS, Drawn, Invalid, Unreadable, drawn

NOW = 1_000_000_000.0


def line(metrics: Any = None, dimensions: Any = None, /, at: Any = NOW * 1000, **members: Any) -> str:
    directive = {
        "Namespace": "shop",
        "Dimensions": [["who"]] if dimensions is None else dimensions,
        "Metrics": [{"Name": "m"}] if metrics is None else metrics,
    }
    told = {"_aws": {"Timestamp": at, "CloudWatchMetrics": [directive]}, "who": "ann", "m": 1.5}
    return json.dumps(told | members)


def test_a_metric_under_each_set_of_its_dimensions() -> None:
    text = line([{"Name": "m", "Unit": "Bytes", "StorageResolution": 1}], [["who", "b"], []], m=[1, 2], b="x")
    assert drawn(text, NOW) == [
        Drawn("shop", "m", (("b", "x"), ("who", "ann")), (1.0, 2.0), "Bytes", NOW, 1),
        Drawn("shop", "m", (), (1.0, 2.0), "Bytes", NOW, 1),
    ]


def test_what_is_not_said_is_none_and_a_minute() -> None:
    (found,) = drawn(line(), NOW)
    assert (found.values, found.unit, found.step) == ((1.5,), "None", 60)


@pytest.mark.parametrize("text", ["hello", '{"a": 1}', '{"_aws": 1}', '{"_aws": {}}', '["_aws"]', 'x {"_aws": {}}'])
def test_other_lines_say_nothing(text: str) -> None:
    assert drawn(text, NOW) == []


@pytest.mark.parametrize("text", ['{"_aws": ', '{"_aws": {}} trailing', "{" + '"_aws":[' * 9 + "[" * 100_000])
def test_what_is_no_json_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        drawn(text, NOW)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (line(at="now"), "Timestamp is no number"),
        (line(at=True), "Timestamp is no number"),
        (line(at=0), "Timestamp is too far from now"),
        (line(at=(NOW + 3 * 3600) * 1000), "Timestamp is too far from now"),
        (line().replace("shop", "AWS/Lambda"), "namespaces that begin with AWS/ are the services' own"),
        (line(m="x"), "m is no number"),
        (line(m=10**400), "m is too large"),
        (line(m=[1] * 101), "m is no list of at most 100"),
        (line([{"Name": f"m{n}"} for n in range(101)]), "Metrics is no list of at most 100"),
        (line([{"Name": ""}]), "Name is no text of 1 to 1024 characters"),
        (line([{"Name": "gone"}]), "gone is no number"),
        (line([{"Name": "m", "Unit": "Parsecs"}]), "the unit or the resolution of m is none"),
        (line([{"Name": "m", "StorageResolution": 5}]), "the unit or the resolution of m is none"),
        (line(["m"]), "a metric is an object"),
        (line(None, []), "Dimensions has at least one set"),
        (line(None, [["nobody"]]), "nobody is no text of 1 to 1024 characters"),
        (line(who=5), "who is no text of 1 to 1024 characters"),
        (line(who="x" * 1025), "who is no text of 1 to 1024 characters"),
        (line(None, [[f"d{n}" for n in range(31)]]), "a set of dimensions is no list of at most 30"),
        (line(None, [[]] * 1001), "the line names too many metrics"),
        (line(long="x" * 1024 * 1024), "the line is too long"),
        ('{"_aws": {"Timestamp": 1e12, "CloudWatchMetrics": [1]}}', "a directive is an object"),
    ],
)
def test_what_the_specification_does_not_allow(text: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        drawn(text, NOW)
    assert str(refused.value) == why


def test_the_units_are_those_of_cloudwatch() -> None:
    from botocore.session import get_session

    model = get_session().get_service_model("cloudwatch")
    assert set(model.shape_for("StandardUnit").enum) == UNITS
