"""Summaries: exact while that is possible, near afterwards, and the same however they are put together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.observe.metrics.summary import EXACT, Summary

VALUES = st.lists(st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 2)), min_size=1, max_size=300)


def said(summary: Summary) -> tuple[float, float, float]:
    return summary.count, summary.least, summary.most


@given(VALUES, VALUES)
def test_merging_is_as_good_as_adding(first: list[float], second: list[float]) -> None:
    merged = Summary.of(*first)
    merged.merge(Summary.of(*second))
    whole = Summary.of(*first, *second)
    assert said(merged) == said(whole) == (len(first + second), min(first + second), max(first + second))
    assert merged.total == pytest.approx(sum(first + second), abs=1e-6)
    assert sum(merged.marks.values()) == merged.count


@given(VALUES)
def test_a_file_changes_nothing(values: list[float]) -> None:
    summary = Summary.of(*values)
    again = Summary.decoded(summary.encoded())
    assert (said(again), again.total, again.marks) == (said(summary), summary.total, summary.marks)


def test_few_values_are_kept_as_they_are_and_many_are_near() -> None:
    assert Summary.of(1.5, 2.5, 1.5).marks == {1.5: 2, 2.5: 1}
    many = Summary.of(*(float(value) for value in range(1, 10_001)))
    assert EXACT < len(many.marks) < 600
    assert (many.count, many.total, many.least, many.most) == (10_000, 50_005_000, 1, 10_000)
    zero = Summary.of(*(float(value) for value in range(1, EXACT + 1)), 0.0, -500.0)
    assert zero.marks[0.0] == 1
    assert min(zero.marks) == pytest.approx(-500, rel=0.01)


def test_a_set_of_which_little_is_known_lies_between_its_extremes() -> None:
    told = Summary.told(10, 100, 1, 20)
    assert said(told) == (10, 1, 20)
    assert told.total == 100
    assert told.marks == {1: 1, (100 - 21) / 8: 8, 20: 1}
    assert Summary.told(2, 30, 10, 20).marks == {10: 1, 20: 1}
    assert Summary.told(3, 30, 10, 10).marks == {10: 3}
    assert Summary.told(0, 0, 0, 0).count == 0
