"""Operators and functions, one at a time."""

from __future__ import annotations

import math

import pytest

from lambent.services.cloudwatch import math_values as values
from lambent.services.cloudwatch.math_values import BadValue, Line

A = Line("a", {0: 1.0, 60: 2.0, 120: 4.0}, 60)
B = Line("b", {0: 10.0, 60: 0.0}, 60)


def test_where_both_have_a_value() -> None:
    assert values.combine("+", A, B) == Line("a", {0: 11, 60: 2}, 60)
    assert values.combine("/", A, B) == Line("a", {0: 0.1}, 60)  # nothing is divided by zero


def test_numbers_go_with_every_value() -> None:
    assert values.combine("*", A, 2.0) == Line("a", {0: 2, 60: 4, 120: 8}, 60)
    assert values.combine("-", 1.0, B) == Line("b", {0: -9, 60: 1}, 60)
    assert values.combine("^", 2.0, 3.0) == 8
    assert math.isnan(values.combine("^", -8.0, 0.5))  # type: ignore[arg-type]


def test_lists_one_by_one() -> None:
    assert values.combine("+", [A, B], 1.0) == [
        Line("a", {0: 2, 60: 3, 120: 5}, 60),
        Line("b", {0: 11, 60: 1}, 60),
    ]
    assert values.combine(">", 1.5, [B]) == [Line("b", {0: 0, 60: 1}, 60)]


def test_truth_is_one_and_zero() -> None:
    assert values.combine(">=", A, 2.0) == Line("a", {0: 0, 60: 1, 120: 1}, 60)
    assert values.combine("AND", A, B) == Line("a", {0: 1, 60: 0}, 60)
    assert values.combine("OR", 0.0, 0.0) == 0


def test_each_and_all() -> None:
    assert values.each("LOG10", Line("x", {0: 100.0, 60: 0.0}, 60)) == Line("x", {0: 2}, 60)
    assert values.each("NEGATE", [A])[0].values == {0: -1, 60: -2, 120: -4}  # type: ignore[index]
    assert values.each("CEIL", 1.2) == 2
    assert values.aggregate("SUM", [A, B]) == Line("SUM", {0: 11, 60: 2, 120: 4}, 60)
    assert values.aggregate("AVG", A) == pytest.approx(7 / 3)
    assert values.aggregate("STDDEV", Line("x", {0: 1.0, 60: 3.0}, 60)) == 1
    assert values.aggregate("MAX", []) == []


def test_over_time() -> None:
    assert values.differences(A) == {60: 1, 120: 2}
    assert values.gaps(A) == {60: 60, 120: 60}
    assert values.rates(A) == {60: 1 / 60, 120: 2 / 60}
    assert values.running(A) == {0: 1, 60: 3, 120: 7}
    with pytest.raises(BadValue, match="DIFF needs a time series"):
        values.mapped(1.0, values.differences, "DIFF")


def test_filled() -> None:
    holes = Line("h", {60: 1.0, 180: 3.0}, 60)
    moments = range(0, 300, 60)
    assert values.filled(holes, moments, 0.0) == {0: 0, 60: 1, 120: 0, 180: 3, 240: 0}
    assert values.filled(holes, moments, "REPEAT") == {60: 1, 120: 1, 180: 3, 240: 3}
    assert values.filled(holes, moments, "LINEAR") == {60: 1, 120: 2, 180: 3}


def test_chosen() -> None:
    test = Line("t", {0: 1.0, 60: 0.0, 120: 1.0}, 60)
    assert values.chosen(test, A, 7.0) == Line("a", {0: 1, 60: 7, 120: 4}, 60)
    assert values.chosen(test, 5.0, None) == Line("t", {0: 5, 120: 5}, 60)
    assert values.chosen(1.0, A, B) is A
    with pytest.raises(BadValue, match="IF has no value here"):
        values.chosen(0.0, A, None)
    with pytest.raises(BadValue, match="IF does not take lists"):
        values.chosen([A], A, None)
