"""Pages of listings."""

from __future__ import annotations

from lambent.services.logs.pages import page


def test_pages() -> None:
    first = page({"limit": 2}, "items", ["b", "a", "c"], str)
    assert first["items"] == ["a", "b"]
    assert page({"limit": 2, "nextToken": first["nextToken"]}, "items", ["b", "a", "c"], str) == {"items": ["c"]}
    assert page({}, "items", [1], str, lambda item: item + 1) == {"items": [2]}
