"""Paths into events."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.events.paths import NOTHING, BadPath, select, steps

TREE = {"a": {"b-c": [{"n": 1}, {"n": 2}, {"m": 3}], "x/y": None}, "detail-type": "t"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", TREE),
        ("$.detail-type", "t"),
        ("$.a.b-c[1].n", 2),
        ("$.a['b-c'][0]", {"n": 1}),
        ("$.a.b-c[*].n", [1, 2]),
        ("$.a.*", [TREE["a"]["b-c"], None]),  # type: ignore[index]
        ("$.a.x/y", None),
        ("$.a.b-c[3]", NOTHING),
        ("$.a.none.deeper", NOTHING),
        ("$.detail-type.x", NOTHING),
        ("$.detail-type[*]", NOTHING),
    ],
)
def test_what_paths_find(path: str, found: Any) -> None:
    assert select(TREE, path) == found


@pytest.mark.parametrize("path", ["", "a", "$a", "$.", "$..a", "$.a[", "$.a[x]", "$.a b"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(BadPath):
        steps(path)
