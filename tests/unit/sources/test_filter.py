"""Filters of mappings: payloads that are JSON or text, and several filters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.sources.filter import Filters


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
