"""Expressions of queries."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.logs.insights.expressions import Words, expression, regex
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.rows import Row
from lambent.services.logs.insights.tokens import tokens

ROW = {"@message": "Error: code 42", "@timestamp": 90_000.0, "n": "7", "s": "abc", "a.b": 1, "x y": 2}


def value(source: str) -> Any:
    words = Words(tokens(source), source, 5000)
    found = expression(words)(Row(dict(ROW), of_function=False))
    assert words.ended
    return found


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("1 + 2 * 3 ^ 2 - 4 / 2 % 3", 17.0),
        ("(1 + 2) * -3", -9.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("1 / 0", None),
        ("s + 1", None),
        ("n * 2 >= 14", True),
        ("n != 7 or s = 'abc' and not a.b = 2", True),
        ("not (n = 7)", False),
        ("n in [1, 7]", True),
        ("s not in ['abc']", False),
        ("@message like 'code'", True),
        ("@message like /^error/", False),
        ("@message like /(?i)^error/", True),
        ("@message not like /\\d+/", False),
        ("@message =~ /4\\d/", True),
        ("missing like /x/", False),
        ("missing > 1", False),
        ("missing = missing", False),
        ("`x y` + 1", 3.0),
        ("bin(1m)", 60_000.0),
        ("now()", 5.0),
        ("toupper(concat(s, 'd')) = 'ABCD'", True),
        ("true", True),
        ("n < 10", True),
        ("n <= 7 and n >= 7", True),
    ],
)
def test_values(source: str, result: Any) -> None:
    assert value(source) == result


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("1 +", "something is missing"),
        ("(1", r"\) is missing"),
        ("a like b", "like takes a text"),
        ("a in 1", r"\[ is missing"),
        ("a not 1", "like or in is missing"),
        ("= 1", "a value is missing"),
        ("a like /(/", "regular expression is not valid"),
        ("bin(1, 2)", "bin takes one period"),
        ("(" * 200 + "1" + ")" * 200, "nested too deeply"),
        ("not " * 200 + "1", "nested too deeply"),
        ("1 ^ " * 200 + "1", "nested too deeply"),
        ("-" * 200 + "1", "nested too deeply"),
    ],
)
def test_what_is_no_expression(source: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        value(source)


def test_names_of_groups() -> None:
    match = regex(r"(?<a>\d)(?<!x)").search("1")
    assert match is not None and match["a"] == "1"
