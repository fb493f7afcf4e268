"""The tests of leaves: every operator's words when it is refused, and those that only some dialects have."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.patterns import operators
from lambent.patterns.dialects import EVENTBRIDGE, LAMBDA, PIPES, Dialect

MIXED = "Inside anything but list, either all values are number or string, mixed type is not supported"


@pytest.mark.parametrize(
    ("alternative", "why"),
    [
        ([1], "Match value must be String, number, true, false, or null"),
        ({}, "Match expression name not found"),
        ({"suffixes": "x"}, "Unrecognized match type suffixes"),
        ({"prefix": 5}, "prefix match pattern must be a string"),
        ({"prefix": {}}, "Prefix expression name not found"),
        ({"prefix": {"x": "a"}}, "Unsupported prefix pattern: x"),
        ({"prefix": {"equals-ignore-case": 1}}, "equals-ignore-case match pattern must be a string"),
        ({"prefix": {"equals-ignore-case": "a", "b": 1}}, "Only one key allowed in match expression"),
        ({"prefix": "a", "suffix": "b"}, "Only one key allowed in match expression"),
        ({"suffix": None}, "suffix match pattern must be a string"),
        ({"equals-ignore-case": ["a"]}, "equals-ignore-case match pattern must be a string"),
        ({"wildcard": 1}, "wildcard match pattern must be a string"),
        ({"wildcard": "a**"}, "Consecutive wildcard characters at pos 2"),
        ({"wildcard": "é\\x"}, "Invalid escape character at pos 3"),
        ({"wildcard": "a\\"}, "Invalid escape character at pos 2"),
        ({"exists": "yes"}, "exists match pattern must be either true or false."),
        ({"cidr": 10}, "prefix match pattern must be a string"),
        ({"cidr": "10.0.0.0"}, "Malformed CIDR, one '/' required"),
        ({"cidr": "10.0.0.0/x"}, "Malformed CIDR, mask bits must be an integer"),
        ({"cidr": "10.0.0.0/+-8"}, "Malformed CIDR, mask bits must be an integer"),
        ({"cidr": "10.0.0.0/-1"}, "Malformed CIDR, mask bits must not be negative"),
        ({"cidr": "ten/8"}, "Nonstandard IP address: ten"),
        ({"cidr": "10.0.0.0/32"}, "IPv4 mask bits must be < 32"),
        ({"cidr": "::/128"}, "IPv6 mask bits must be < 128"),
        ({"numeric": 5}, "Value of numeric must be an array."),
        ({"numeric": [5]}, "Invalid member in numeric match: 5"),
        ({"numeric": []}, "Invalid member in numeric match: ]"),
        ({"numeric": ["!", 5]}, "Unrecognized numeric range operator: !"),
        ({"numeric": [">"]}, "Value of > must be numeric"),
        ({"numeric": ["=", True]}, "Value of equals must be numeric"),
        ({"numeric": ["<", 5, ">", 1]}, "Too many elements in numeric expression"),
        ({"numeric": [">", 1, None]}, "Bad value in numeric range: null"),
        ({"numeric": [">", 1, 2]}, "Bad value in numeric range: 2"),
        ({"numeric": [">", 1, ">", 2]}, "Bad numeric range operator: >"),
        ({"numeric": [">", 1, "<", "2"]}, "Value of < must be numeric"),
        ({"numeric": [">", 1, "<", 2, "<"]}, "Too many terms in numeric range expression"),
        ({"numeric": [">", 2, "<=", 2]}, "Bottom must be less than top"),
        ({"anything-but": None}, "Value of anything-but must be an array or single string/number value."),
        ({"anything-but": []}, MIXED),
        ({"anything-but": ["a", 1]}, MIXED),
        ({"anything-but": [None]}, "Inside anything but list, start|null|boolean is not supported."),
        ({"anything-but": {}}, "Anything-But expression name not found"),
        ({"anything-but": {"numeric": ["=", 1]}}, "Unsupported anything-but pattern: numeric"),
        ({"anything-but": {"prefix": ""}}, "Null prefix/suffix not allowed"),
        ({"anything-but": {"suffix": [1]}}, "prefix/suffix match pattern must be a string"),
        ({"anything-but": {"wildcard": [1]}}, "wildcard match pattern must be a string"),
        (
            {"anything-but": {"equals-ignore-case": [1]}},
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        ),
    ],
)
def test_refusals(alternative: Any, why: str) -> None:
    with pytest.raises(operators.BadPattern) as refused:
        operators.test_of(alternative, EVENTBRIDGE)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("alternative", "matching", "others"),
    [
        ({"wildcard": "*.png"}, ["a.png", ".png"], ["a.png2", 5, "png"]),
        ({"wildcard": "dir/*/x*"}, ["dir//x", "dir/a/b/xyz"], ["dir/x"]),
        ({"wildcard": "a\\*b\\\\"}, ["a*b\\"], ["axb\\"]),
        ({"wildcard": "a?"}, ["a?"], ["ab"]),
        ({"cidr": "10.1.0.0/16"}, ["10.1.2.3"], ["10.2.0.1", "x", 5, "::1"]),
        ({"cidr": "2001:db8::/32"}, ["2001:db8:1::5"], ["2001:db9::", "10.0.0.1"]),
        ({"cidr": "0.0.0.0/0"}, ["1.2.3.4"], ["::1", "1.2.3"]),
        ({"anything-but": {"wildcard": ["*/lib/*", "x*"]}}, ["a/b", 5, None], ["a/lib/b", "xy", {}]),
        ({"anything-but": {"prefix": "x"}}, ["y", 5], ["xy"]),
        ({"suffix": {"equals-ignore-case": ".PNG"}}, ["a.Png"], ["a.pn"]),
        ({"prefix": ""}, ["", "a"], [1]),
        ({"numeric": ["=", 1e2]}, [100, 100.0], [101, "100"]),
    ],
)
def test_what_operators_let_through(alternative: Any, matching: list[Any], others: list[Any]) -> None:
    test = operators.test_of(alternative, EVENTBRIDGE)
    assert [test.matches(value) for value in matching] == [True] * len(matching)
    assert [test.matches(value) for value in others] == [False] * len(others)


@pytest.mark.parametrize(
    ("dialect", "alternative", "why"),
    [
        (LAMBDA, {"wildcard": "a*"}, "Unrecognized match type wildcard"),
        (LAMBDA, {"cidr": "10.0.0.0/8"}, "Unrecognized match type cidr"),
        (LAMBDA, {"anything-but": {"wildcard": "a*"}}, "Unsupported anything-but pattern: wildcard"),
        (PIPES, {"wildcard": "a*"}, "Unrecognized match type wildcard"),
        (PIPES, {"anything-but": {"prefix": "a"}}, "Unsupported anything-but pattern: prefix"),
    ],
)
def test_what_a_dialect_lacks(dialect: Dialect, alternative: Any, why: str) -> None:
    with pytest.raises(operators.BadPattern) as refused:
        operators.test_of(alternative, dialect)
    assert str(refused.value) == why
