"""Event patterns: every operator, alone and together, and what is no pattern."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.sources.filter import BadPattern, Filters, Pattern, matches


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": ["x"]}, {"a": "x"}, True),
        ({"a": ["x"]}, {"a": "y"}, False),
        ({"a": ["x"]}, {}, False),
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": [""]}, {"a": ""}, True),
        ({"a": [1]}, {"a": 1.0}, True),
        ({"a": [1]}, {"a": True}, False),
        ({"a": [True]}, {"a": True}, True),
        ({"a": [True]}, {"a": 1}, False),
        ({"a": ["1"]}, {"a": 1}, False),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": ["x"]}, {"a": ["w", "x"]}, True),
        ({"a": ["x"]}, {"a": [["x"]]}, True),
        ({"a": ["x"], "b": [1]}, {"a": "x", "b": 2}, False),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x", "c": 1}}, True),
        ({"a": {"b": ["x"]}}, {"a": "x"}, False),
        ({"a": {"b": ["x"], "c": [1]}}, {"a": [{"b": "x", "c": 2}, {"b": "y", "c": 1}]}, False),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "w"}, {"b": "x"}]}, True),
        ({"a": [{"prefix": "ab"}]}, {"a": "abc"}, True),
        ({"a": [{"prefix": "ab"}]}, {"a": "ba"}, False),
        ({"a": [{"prefix": {"equals-ignore-case": "AB"}}]}, {"a": "abc"}, True),
        ({"a": [{"suffix": ".png"}]}, {"a": "x.png"}, True),
        ({"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}, {"a": "x.png"}, True),
        ({"a": [{"suffix": {"equals-ignore-case": "long"}}]}, {"a": "g"}, False),
        ({"a": [{"suffix": ".png"}]}, {"a": 5}, False),
        ({"a": [{"equals-ignore-case": "ALICE"}]}, {"a": "alice"}, True),
        ({"a": [{"anything-but": "x"}]}, {"a": "y"}, True),
        ({"a": [{"anything-but": "x"}]}, {"a": "x"}, False),
        ({"a": [{"anything-but": "x"}]}, {}, False),
        ({"a": [{"anything-but": ["x", 7]}]}, {"a": 7}, False),
        ({"a": [{"anything-but": ["x", 7]}]}, {"a": None}, True),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
        ({"a": [{"anything-but": {"suffix": ["y", "z"]}}]}, {"a": "xz"}, False),
        ({"a": [{"anything-but": {"equals-ignore-case": ["A", "b"]}}]}, {"a": "B"}, False),
        ({"a": [{"anything-but": {"equals-ignore-case": "A"}}]}, {"a": "c"}, True),
        ({"a": [{"numeric": ["=", 5]}]}, {"a": 5.0}, True),
        ({"a": [{"numeric": [">", 0, "<=", 10]}]}, {"a": 10}, True),
        ({"a": [{"numeric": [">", 0, "<", 10]}]}, {"a": 10}, False),
        ({"a": [{"numeric": [">=", 1]}]}, {"a": "5"}, False),
        ({"a": [{"exists": True}]}, {"a": None}, True),
        ({"a": [{"exists": True}]}, {"a": {"b": 1}}, False),
        ({"a": [{"exists": False}]}, {}, True),
        ({"a": [{"exists": False}]}, {"a": []}, True),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"$or": [{"a": ["x"]}, {"b": [1]}]}, {"b": 1}, True),
        ({"$or": [{"a": ["x"]}, {"b": [1]}], "c": [2]}, {"b": 1}, False),
        ({"a": {"$or": [{"b": ["x"]}, {"c": ["y"]}]}}, {"a": {"c": "y"}}, True),
    ],
)
def test_operators(pattern: Any, event: Any, expected: bool) -> None:
    assert matches(json.dumps(pattern), event) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"a": "x"}',
        '{"a": []}',
        '{"a": {}}',
        '{"a": [[1]]}',
        '{"a": [{}]}',
        '{"a": [{"prefix": 5}]}',
        '{"a": [{"prefix": "a", "suffix": "b"}]}',
        '{"a": [{"wildcard": "a*"}]}',
        '{"a": [{"cidr": "10.0.0.0/8"}]}',
        '{"a": [{"exists": "yes"}]}',
        '{"a": [{"numeric": [">"]}]}',
        '{"a": [{"numeric": [">", "5"]}]}',
        '{"a": [{"numeric": ["!", 5]}]}',
        '{"a": [{"numeric": [">", 1, ">", 2]}]}',
        '{"a": [{"numeric": [["="], 1]}]}',
        '{"a": [{"anything-but": []}]}',
        '{"a": [{"anything-but": [null]}]}',
        '{"a": [{"anything-but": {"numeric": ["=", 1]}}]}',
        '{"$or": [{"a": [1]}]}',
        '{"$or": [{"a": [1]}, 2]}',
        '{"a":' * 200 + "[1]" + "}" * 200,
    ],
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(BadPattern):
        Pattern(text)


@pytest.mark.parametrize(
    ("pattern", "body", "expected"),
    [
        ({"body": {"a": [1]}}, '{"a": 1}', True),
        ({"body": {"a": [1]}}, "plain", False),
        ({"body": {"a": [{"exists": False}]}}, "plain", False),
        ({"body": ["plain"]}, "plain", True),
        ({"body": ["plain"]}, '{"a": 1}', False),
        ({"body": [{"anything-but": "x"}]}, '["y"]', False),
        ({"body": ["7"]}, "7", True),
        ({"attributes": {"SenderId": ["me"]}}, "plain", True),
        ({"attributes": {"SenderId": ["me"]}}, '{"a": 1}', True),
    ],
)
def test_the_payload_is_matched_as_what_it_is(pattern: Any, body: str, expected: bool) -> None:
    record = {"body": body, "attributes": {"SenderId": "me"}}
    assert Filters([json.dumps(pattern)], "body").passes(record) is expected


def test_lists_that_are_too_deep_for_anybody() -> None:
    filters = Filters(['{"body": {"a": ["x"]}}'], "body")
    assert not filters.passes({"body": '{"a": ' + "[" * 900 + '"x"' + "]" * 900 + "}"})


def test_one_of_several_filters_is_enough_and_none_lets_everything_pass() -> None:
    filters = Filters(['{"body": ["a"]}', '{"body": ["b"]}'], "body")
    assert filters
    assert [filters.passes({"body": text}) for text in "abc"] == [True, True, False]
    assert not Filters([], "body")
    assert Filters([], "body").passes({"body": "c"})
