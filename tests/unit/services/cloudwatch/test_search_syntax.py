"""Searches and what they find."""

from __future__ import annotations

import pytest

from lambent.observe.metrics.series import Series
from lambent.services.cloudwatch.search_syntax import BadSearch, parse

SERIES = [
    Series("1", "r", "AWS/Lambda", "Errors", (("FunctionName", "prod-api"),)),
    Series("1", "r", "AWS/Lambda", "Invocations", (("FunctionName", "prod-api"),)),
    Series("1", "r", "AWS/Lambda", "Errors", (("FunctionName", "test-api"),)),
    Series("1", "r", "AWS/Lambda", "Errors", ()),
    Series("1", "r", "Mine", "CpuLoad", (("Host", "a"),)),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{AWS/Lambda,FunctionName} MetricName="Errors"', [0, 2]),
        ("{AWS/Lambda,FunctionName}", [0, 1, 2]),
        ("{AWS/Lambda} Errors", [3]),
        ("errors prod", [0]),
        ("errors AND NOT prod", [2, 3]),
        ("errors -prod", [2, 3]),
        ("prod OR cpu", [0, 1, 4]),
        ('MetricName="Errors" (prod OR test)', [0, 2]),
        ('Namespace="Mine"', [4]),
        ('FunctionName="prod"', []),
        ('FunctionName="prod-api"', [0, 1]),
        ('"CpuLoad"', [4]),
        ("load", [4]),
    ],
)
def test_found(text: str, found: list[int]) -> None:
    matches = parse(text)
    assert [number for number, series in enumerate(SERIES) if matches(series)] == found


@pytest.mark.parametrize("text", ["", "(a", "a )", "NOT", "a OR", '"open'])
def test_what_is_none(text: str) -> None:
    with pytest.raises(BadSearch):
        parse(text)
