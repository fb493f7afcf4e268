"""Expressions and what they come to, worked out by hand."""

from __future__ import annotations

import pytest

from lambent.services.cloudwatch.math_evaluate import Scope, evaluate
from lambent.services.cloudwatch.math_syntax import parse
from lambent.services.cloudwatch.math_values import BadValue, Line, Value

M1 = Line("m1", {0: 1.0, 60: 2.0}, 60)
M2 = Line("m2", {0: 3.0}, 60)
EMPTY = Line("m3", {}, 60)


def value(text: str) -> Value:
    lines = {"m1": M1, "m2": M2, "m3": EMPTY}
    return evaluate(parse(text), Scope({**lines, "e1": 4.0}, lines, {}, (0, 60, 120), 60))


def told(text: str) -> dict[int, float] | float | list[dict[int, float]]:
    found = value(text)
    if isinstance(found, list):
        return [dict(line.values) for line in found]
    return dict(found.values) if isinstance(found, Line) else found


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("m1 / m2 * 100", {0: pytest.approx(33.333, abs=0.001)}),
        ("m1 + e1", {0: 5, 60: 6}),
        ("SUM(METRICS())", {0: 4, 60: 2}),
        ("SUM(METRICS('m1'))", {0: 1, 60: 2}),
        ("AVG([m1, m2])", {0: 2, 60: 2}),
        ("MAX(m1)", 2),
        ("FILL(m2, 0)", {0: 3, 60: 0, 120: 0}),
        ("FILL(m2, REPEAT)", {0: 3, 60: 3, 120: 3}),
        ("FILL(METRICS('m2'), 1 + 1)", [{0: 3, 60: 2, 120: 2}]),
        ("IF(m1 > 1, m1)", {60: 2}),
        ("ABS(-m1)", {0: 1, 60: 2}),
        ("RATE(m1)", {60: 1 / 60}),
        ("DIFF(m1)", {60: 1}),
        ("RUNNING_SUM(m1)", {0: 1, 60: 3}),
        ("PERIOD(m1)", 60),
        ("METRIC_COUNT(METRICS())", 3),
        ("DATAPOINT_COUNT(m1)", 2),
        ("DATAPOINT_COUNT([m1, m2])", {0: 2, 60: 1, 120: 0}),
        ("TIME_SERIES(7)", {0: 7, 60: 7, 120: 7}),
        ("REMOVE_EMPTY(METRICS())", [{0: 1, 60: 2}, {0: 3}]),
        ("FIRST(METRICS())", [{0: 1, 60: 2}]),
        ("LAST([m1, m2])", [{0: 3}]),
        ("SLICE(METRICS(), 1, 2)", [{0: 3}]),
        ("SLICE(METRICS(), 1)", [{0: 1, 60: 2}]),
        ("SORT(METRICS(), MAX, DESC)", [{0: 3}, {0: 1, 60: 2}]),
        ("SORT(METRICS(), SUM, ASC, 1)", [{0: 1, 60: 2}]),
        ("MINUTE(m1)", {0: 0, 60: 1, 120: 2}),
        ("EPOCH(m1)", {0: 0, 60: 60, 120: 120}),
        ("YEAR(m1)", {0: 1970, 60: 1970, 120: 1970}),
        ("DAY(m1)", {0: 4, 60: 4, 120: 4}),
    ],
)
def test_values(text: str, result: object) -> None:
    assert told(text) == result


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("m9", "there is no query with the id m9"),
        ("NOPE(m1)", "there is no function NOPE"),
        ("ANOMALY_DETECTION_BAND(m1)", "ANOMALY_DETECTION_BAND is not supported by Lambent"),
        ("'text'", "a text cannot stand there"),
        ("ABS(m1, m2)", "ABS takes one argument"),
        ("IF(m1)", "IF takes two or three arguments"),
        ("FILL(m1)", "FILL takes two arguments"),
        ("FILL(m1, m2)", "FILL fills with a number, REPEAT or LINEAR"),
        ("PERIOD(1)", "PERIOD needs a time series"),
        ("SLICE(METRICS())", "SLICE takes a list and one or two numbers"),
        ("SORT(METRICS(), NOPE, ASC)", "SORT takes a list"),
        ("SORT(METRICS(), MAX, ASC, m1)", "SORT takes a number at its end"),
        ("TIME_SERIES(m1)", "TIME_SERIES needs a number"),
    ],
)
def test_what_cannot_be(text: str, why: str) -> None:
    with pytest.raises(BadValue, match=why):
        value(text)
