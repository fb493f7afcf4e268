"""Where a pattern is wrong: as AWS tells it of patterns that it has seen, and of every kind of token."""

from __future__ import annotations

import pytest

from lambent.patterns.dialects import EVENTBRIDGE
from lambent.patterns.operators import BadPattern
from lambent.patterns.pattern import Pattern
from lambent.patterns.places import told


def place(text: str) -> str:
    """What is told behind the reason and the pattern."""
    with pytest.raises(BadPattern) as refused:
        Pattern(text, EVENTBRIDGE)
    return refused.value.told(text).removeprefix(str(refused.value))


def test_as_aws_told_of_a_pattern() -> None:
    text = '{"source":["test.event-pattern"],"detail":{"lenderId":"LenderA"}}'
    assert place(text) == f'\n at [Source: (String)"{text}"; line: 1, column: 56]'


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{"a": 5}', 1, 8),
        ('{"a": true, "b": [1]}', 1, 11),
        ('{"a": [1], "b": []}', 1, 19),
        ('{"a": {}}', 1, 9),
        ("{}", 1, 3),
        ('{"a": [1, [2]]}', 1, 12),
        ('{"a": [{"b": "c"}]}', 1, 15),
        ('{"a": [{"prefix": 55}]}', 1, 21),
        ('{"a": [{"prefix": "x", "suffix": "y"}]}', 1, 35),
        ('{"a": [{}]}', 1, 10),
        ('{"x": {"y": ["]\\"}"]},\n "a": [ {"exists": "no"}]}', 2, 21),
        ('{"a": [{"anything-but": ["x", null]}]}', 1, 35),
        ('{"a": [{"anything-but": {"prefix": [1]}}]}', 1, 38),
        ('{"a": [{"numeric": [">", 1, "!", 2]}]}', 1, 32),
        ('{"a": [{"numeric": [">", 2, "<", 1]}]}', 1, 36),
        ('{"a": [{"numeric": [">"]}]}', 1, 25),
        ('{"a": [{"wildcard": "a**"}]}', 1, 26),
        ('{"$or": [{"a": [1]}, 2]}', 1, 23),
        ('{"$or": [{"a": [1]}]}', 1, 21),
    ],
)
def test_every_kind_of_token(text: str, line: int, column: int) -> None:
    assert place(text).endswith(f"; line: {line}, column: {column}]")


@pytest.mark.parametrize("text", ['{"a": "x", "a": [{"prefix": 1}]}', '{"a": {"b": [1]}, "a": [{"prefix": 1}]}'])
def test_names_that_come_twice_lead_somewhere(text: str) -> None:
    assert "column: " in place(text)


def test_long_patterns_are_cut_short() -> None:
    text = '{"a": "' + "x" * 600 + '"}'
    assert told(text, ["a"], end=False) == (
        f'\n at [Source: (String)"{text[:500]}"[truncated 109 chars]; line: 1, column: 8]'
    )


@pytest.mark.parametrize("text", ["{", '{"a": [{"cidr": "10.0.0.0"}]}'])
def test_of_some_errors_aws_does_not_tell_the_place(text: str) -> None:
    assert place(text) == ""
