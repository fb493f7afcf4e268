"""Rules of composite alarms."""

from __future__ import annotations

import pytest

from lambent.services.cloudwatch.alarm_rule import BadRule, ParsedRule
from lambent.services.cloudwatch.records import AlarmState

STATES = {"a": AlarmState.ALARM, "b": AlarmState.OK, "c d": AlarmState.INSUFFICIENT}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ('ALARM("a")', True),
        ("ALARM(a)", True),
        ("OK(a)", False),
        ('INSUFFICIENT_DATA("c d")', True),
        ("ALARM(a) AND OK(b)", True),
        ("ALARM(b) OR ALARM(a)", True),
        ("NOT ALARM(a)", False),
        ("NOT (ALARM(b) OR OK(a))", True),
        ("ALARM(b) OR ALARM(a) AND ALARM(b)", False),
        ("TRUE", True),
        ("FALSE OR NOT FALSE", True),
        ("ALARM(gone)", False),
        ('ALARM("arn:aws:cloudwatch:us-east-1:000000000000:alarm:a")', True),
    ],
)
def test_rules(rule: str, holds: bool) -> None:
    assert ParsedRule(rule).holds(STATES) is holds


def test_what_a_rule_looks_at() -> None:
    assert ParsedRule('ALARM("a") AND (OK(b) OR NOT OK(b))').names == {"a", "b"}


@pytest.mark.parametrize(
    "rule", ["", "ALARM", "ALARM()", "ALARM(a", "a", "ALARM(a) ALARM(b)", "(ALARM(a)", "NOT", "(" * 200, "AND OK(a)"]
)
def test_what_is_none(rule: str) -> None:
    with pytest.raises(BadRule):
        ParsedRule(rule)
