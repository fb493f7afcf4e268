"""Condition operators, as the IAM User Guide describes them.

The sources are its pages `reference_policies_elements_condition_operators` (here OPS), `..._condition` (COND), and
`..._condition-single-vs-multi-valued-context-keys` (MULTI).
"""

from __future__ import annotations

from typing import Any

import pytest

from lambent.policy.conditions import UnknownOperator, conditions
from tests.unit.policy.world import lookup

ABSENT: list[str] = []

# operator, the policy's value, the request's value, whether the condition holds; grouped by source.
OPS: list[tuple[str, Any, str | list[str], bool]] = [
    ("StringEquals", "a", "a", True),
    ("StringEquals", "a", "A", False),
    ("StringEquals", "a*", "ab", False),
    ("StringEquals", ["a", "b"], "b", True),
    ("StringEquals", ["a", "b"], "c", False),
    ("StringEquals", "a", ABSENT, False),
    ("StringNotEquals", "a", "b", True),
    ("StringNotEquals", "a", "a", False),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringNotEquals", ["a", "b"], "c", True),
    ("StringNotEquals", "a", ABSENT, True),
    ("StringEqualsIgnoreCase", "aB", "Ab", True),
    ("StringEqualsIgnoreCase", "a", "b", False),
    ("StringEqualsIgnoreCase", "a*", "ab", False),
    ("Null", ["true", "false"], "a", True),
    ("Null", ["true", "false"], ABSENT, True),
    ("Bool", "*", "true", False),
    ("BinaryEquals", "QUJD!", "QUJD", False),
    ("IpAddress", "10.0.0.1/8", "10.9.9.9", True),
    ("StringNotEqualsIgnoreCase", "aB", "Ab", False),
    ("StringNotEqualsIgnoreCase", "a", "b", True),
    ("StringLike", "a*", "abc", True),
    ("StringLike", "a?", "abc", False),
    ("StringLike", "A*", "abc", False),
    ("StringLike", ["x*", "a*"], "abc", True),
    ("StringNotLike", "a*", "abc", False),
    ("StringNotLike", "a*", "b", True),
    ("StringNotLike", "a*", ABSENT, True),
    ("stringequals", "a", "a", True),
    ("NumericEquals", "10", "10.0", True),
    ("NumericEquals", 10, "10", True),
    ("NumericEquals", "10", "11", False),
    ("NumericEquals", "10", "ten", False),
    ("NumericEquals", "ten", "10", False),
    ("NumericNotEquals", "10", "11", True),
    ("NumericNotEquals", "10", "10", False),
    ("NumericLessThan", "10", "9.5", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericLessThanEquals", "10", "11", False),
    ("NumericGreaterThan", "10", "11", True),
    ("NumericGreaterThan", "10", "10", False),
    ("NumericGreaterThanEquals", "10", "10", True),
    ("NumericGreaterThanEquals", "10", "9", False),
    ("NumericLessThan", "10", ABSENT, False),
    ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
    ("DateEquals", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", True),
    ("DateEquals", "1767225600", "2026-01-01T00:00:00Z", True),
    ("DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
    ("DateEquals", "2026-01-01", "2026-01-02T00:00:00Z", False),
    ("DateNotEquals", "2026-01-01", "2026-01-02T00:00:00Z", True),
    ("DateNotEquals", "2026-01-01", "2026-01-01T00:00:00Z", False),
    ("DateLessThan", "2026-01-01", "2025-12-31T23:59:59Z", True),
    ("DateLessThan", "2026-01-01", "2026-01-01T00:00:00Z", False),
    ("DateLessThanEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
    ("DateGreaterThan", "2026-01-01", "2026-01-01T00:00:01Z", True),
    ("DateGreaterThan", "2026-01-01", "2026-01-01T00:00:00Z", False),
    ("DateGreaterThanEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
    ("DateGreaterThan", "yesterday", "2026-01-01T00:00:00Z", False),
    ("Bool", "true", "true", True),
    ("Bool", True, "true", True),
    ("Bool", "True", "true", True),
    ("Bool", "false", "true", False),
    ("Bool", False, "false", True),
    ("Bool", "true", ABSENT, False),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
    ("BinaryEquals", "QmluYXJ5", "b3RoZXI=", False),
    ("BinaryEquals", "not base64!", "QmluYXJ5", False),
    ("BinaryEquals", "QmluYXJ5", "not base64!", False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.9", True),
    ("IpAddress", "203.0.113.0/24", "203.0.114.9", False),
    ("IpAddress", "203.0.113.9", "203.0.113.9", True),
    ("IpAddress", ["198.51.100.0/24", "203.0.113.0/24"], "203.0.113.9", True),
    ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
    ("IpAddress", "2001:db8::/32", "203.0.113.9", False),
    ("IpAddress", "everywhere", "203.0.113.9", False),
    ("IpAddress", "203.0.113.0/24", "somewhere", False),
    ("IpAddress", "203.0.113.0/24", ABSENT, False),
    ("NotIpAddress", "203.0.113.0/24", "203.0.113.9", False),
    ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", True),
    ("NotIpAddress", "203.0.113.0/24", ABSENT, True),
    ("ArnEquals", "arn:aws:sns:us-east-1:1:topic", "arn:aws:sns:us-east-1:1:topic", True),
    ("ArnEquals", "arn:aws:sns:us-east-1:1:topic", "arn:aws:sns:us-east-1:1:other", False),
    ("ArnEquals", "arn:aws:sns:*:1:t*", "arn:aws:sns:us-east-1:1:topic", True),
    ("ArnLike", "arn:aws:sns:*:*:topic", "arn:aws:sns:us-east-1:1:topic", True),
    ("ArnLike", "arn:aws:s*:topic", "arn:aws:sns:us-east-1:1:topic", False),
    ("ArnLike", "arn:aws:sqs:*:*:*", "arn:aws:sns:us-east-1:1:topic", False),
    ("ArnLike", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a:b/c", True),
    ("ArnLike", "*", "arn:aws:s3:::bucket", True),
    ("ArnLike", "arn:aws:s3:::bucket", "bucket", False),
    ("ArnNotEquals", "arn:aws:s3:::a", "arn:aws:s3:::b", True),
    ("ArnNotEquals", "arn:aws:s3:::a", "arn:aws:s3:::a", False),
    ("ArnNotLike", "arn:aws:s3:::a*", "arn:aws:s3:::ab", False),
    ("ArnNotLike", "arn:aws:s3:::a*", "arn:aws:s3:::b", True),
    ("ArnNotLike", "arn:aws:s3:::a*", ABSENT, True),
    ("Null", "true", ABSENT, True),
    ("Null", "true", "there", False),
    ("Null", "false", ABSENT, False),
    ("Null", "false", "there", True),
    ("Null", True, ABSENT, True),
    ("StringEqualsIfExists", "a", ABSENT, True),
    ("StringEqualsIfExists", "a", "a", True),
    ("StringEqualsIfExists", "a", "b", False),
    ("StringNotEqualsIfExists", "a", "a", False),
    ("NumericLessThanIfExists", "10", ABSENT, True),
    ("NumericLessThanIfExists", "10", "11", False),
    ("BoolIfExists", "true", ABSENT, True),
    ("BoolIfExists", "true", "false", False),
    ("IpAddressIfExists", "203.0.113.0/24", ABSENT, True),
    ("ArnLikeIfExists", "arn:aws:s3:::a", ABSENT, True),
    ("DateLessThanIfExists", "2026-01-01", ABSENT, True),
]
MULTI: list[tuple[str, Any, str | list[str], bool]] = [
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
    ("ForAllValues:StringEquals", ["a", "b"], ["a"], True),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
    ("ForAllValues:StringEquals", ["a", "b"], ABSENT, True),
    ("ForAllValues:StringLike", ["a*", "b*"], ["ab", "ba"], True),
    ("ForAllValues:StringLike", ["a*"], ["ab", "ba"], False),
    ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
    ("ForAllValues:StringNotEquals", ["a"], ["a", "c"], False),
    ("ForAllValues:StringNotEquals", ["a"], ABSENT, True),
    ("ForAnyValue:StringEquals", ["a", "b"], ["c", "b"], True),
    ("ForAnyValue:StringEquals", ["a", "b"], ["c", "d"], False),
    ("ForAnyValue:StringEquals", ["a", "b"], ABSENT, False),
    ("ForAnyValue:StringLike", ["x*"], ["ab", "xy"], True),
    ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
    ("ForAnyValue:StringNotEquals", ["a"], ["a"], False),
    ("ForAnyValue:StringNotEquals", ["a"], ABSENT, False),
    ("ForAnyValue:StringEqualsIfExists", ["a"], ABSENT, True),
    ("forallvalues:ArnLike", ["arn:aws:lambda:*:*:layer:*"], ["arn:aws:lambda:r:1:layer:x:1"], True),
    ("ForAllValues:ArnLike", ["arn:aws:lambda:*:1:layer:*"], ["arn:aws:lambda:r:2:layer:x:1"], False),
    ("ForAnyValue:Bool", "true", ["false", "true"], True),
    ("StringEquals", "a", ["b", "a"], True),
    ("StringNotEquals", "a", ["b", "a"], False),
]


@pytest.mark.parametrize(("operator", "value", "given", "holds"), OPS + MULTI)
def test_operators(operator: str, value: Any, given: str | list[str], holds: bool) -> None:
    (condition,) = conditions({operator: {"aws:Tested": value}}, variables=True)
    assert condition.holds(lookup(aws__tested=given)) is holds


def test_every_key_and_every_operator_must_hold() -> None:
    """COND: operators and keys are joined by AND, values by OR."""
    read = conditions({"StringEquals": {"k:A": ["1", "2"], "k:B": "3"}, "Bool": {"k:C": "true"}}, variables=True)
    assert all(each.holds(lookup(k__a="2", k__b="3", k__c="true")) for each in read)
    assert [each.holds(lookup(k__a="2", k__b="4", k__c="true")) for each in read] == [True, False, True]


@pytest.mark.parametrize(
    ("operator", "value", "given", "holds"),
    [
        ("StringEquals", "${aws:username}", "ann", True),
        ("StringEquals", "${aws:username}", "bob", False),
        ("StringEquals", "${aws:nothing}", "ann", False),
        ("StringNotEquals", "${aws:nothing}", "ann", True),
        ("StringEqualsIgnoreCase", "${aws:username}", "ANN", True),
        ("StringEqualsIgnoreCase", "${aws:shouting}", "loud", True),
        ("StringEqualsIgnoreCase", "${aws:nothing}", "loud", False),
        ("StringLike", "${aws:username}/*", "ann/x", True),
        ("ArnLike", "arn:aws:s3:::${aws:username}", "arn:aws:s3:::ann", True),
        ("ArnLike", "arn:aws:s3:::${aws:username}", "arn:aws:s3:::bob", False),
    ],
)
def test_variables_in_values(operator: str, value: str, given: str, holds: bool) -> None:
    (condition,) = conditions({operator: {"aws:Tested": value}}, variables=True)
    assert condition.holds(lookup(aws__tested=given, aws__username="ann", aws__shouting="LOUD")) is holds


@pytest.mark.parametrize("operator", ["StringSame", "", "NullIfExists", "ForAllValues:Null", "ForSomeValues:Bool"])
def test_unknown_operators(operator: str) -> None:
    with pytest.raises(UnknownOperator):
        conditions({operator: {"k:A": "1"}}, variables=True)


@pytest.mark.parametrize("value", [None, {"a": "b"}, [["a"]]])
def test_values_are_texts(value: Any) -> None:
    with pytest.raises(ValueError):
        conditions({"StringEquals": {"k:A": value}}, variables=True)
