"""When an alarm goes off."""

from __future__ import annotations

import pytest

from lambent.services.cloudwatch.alarm_states import Terms, judge
from lambent.services.cloudwatch.records import AlarmState

OK, ALARM, INSUFFICIENT = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT
X = None


def state(values: list[float | None], needed: int, periods: int, treatment: str, **more: str) -> AlarmState | None:
    ends = range(0, 60 * len(values), 60)
    there = {at: value for at, value in zip(ends, values, strict=True) if value is not None}
    comparison = more.get("comparison", "GreaterThanThreshold")
    return judge(Terms(comparison, 5.0, periods, needed, treatment), there, ends).state


@pytest.mark.parametrize(
    ("values", "needed", "periods", "treatment", "result"),
    [
        ([9, 9, 9], 3, 3, "missing", ALARM),
        ([1, 9, 9], 3, 3, "missing", OK),
        ([1, 9, 9], 2, 3, "missing", ALARM),
        ([9, 1, 9], 2, 3, "missing", ALARM),
        ([9, 9, 9, 1, 1, 1], 3, 3, "missing", OK),
        # One value is missing: an older one stands in.
        ([9, 9, 9, X], 3, 3, "missing", ALARM),
        ([1, 9, 9, X], 3, 3, "missing", OK),
        # No value at all.
        ([X, X, X], 3, 3, "missing", INSUFFICIENT),
        ([X, X, X], 3, 3, "ignore", None),
        ([X, X, X], 3, 3, "breaching", ALARM),
        ([X, X, X], 3, 3, "notBreaching", OK),
        # Too few values, even with older ones.
        ([X, X, 9], 3, 3, "breaching", ALARM),
        ([X, X, 9], 3, 3, "notBreaching", OK),
        ([X, X, 9], 1, 3, "missing", ALARM),
        ([X, X, 9], 3, 3, "ignore", None),
        ([X, X, 1], 3, 3, "breaching", OK),
    ],
)
def test_states(
    values: list[float | None], needed: int, periods: int, treatment: str, result: AlarmState | None
) -> None:
    assert state(values, needed, periods, treatment) is result


@pytest.mark.parametrize(
    ("comparison", "at_threshold", "above"),
    [
        ("GreaterThanThreshold", OK, ALARM),
        ("GreaterThanOrEqualToThreshold", ALARM, ALARM),
        ("LessThanThreshold", OK, OK),
        ("LessThanOrEqualToThreshold", ALARM, OK),
    ],
)
def test_comparisons(comparison: str, at_threshold: AlarmState, above: AlarmState) -> None:
    assert state([5], 1, 1, "missing", comparison=comparison) is at_threshold
    assert state([6], 1, 1, "missing", comparison=comparison) is above


def test_reasons() -> None:
    terms = Terms("GreaterThanThreshold", 5.0, 2, 2)
    assert judge(terms, {0: 9.0, 60: 8.0}, (0, 60)).reason == (
        "Threshold Crossed: 2 datapoints [8.0, 9.0] were greater than the threshold (5.0)."
    )
    assert judge(terms, {0: 1.0, 60: 2.0}, (0, 60)).reason == (
        "Threshold Crossed: 2 datapoints [2.0, 1.0] were not greater than the threshold (5.0)."
    )
    assert judge(terms, {}, (0, 60)).reason == "Insufficient Data: no datapoints were received for 2 periods"
    one = Terms("LessThanThreshold", 5.0, 1, 1, "breaching")
    assert judge(one, {0: 1.0}, (0,)).reason == (
        "Threshold Crossed: 1 datapoint [1.0] was less than the threshold (5.0)."
    )
    assert judge(one, {}, (0,)).reason == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as"
        " [Breaching]."
    )
