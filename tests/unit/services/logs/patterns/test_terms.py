"""Patterns of terms; the table's facts are those of AWS's page "Filter pattern syntax" (unstructured log events)."""

from __future__ import annotations

import pytest

from lambent.services.logs.patterns.malformed import Malformed
from lambent.services.logs.patterns.terms import TermPattern

REQUEST = "[ERROR 400] BAD REQUEST"
ARGUMENTS = "[ERROR 419] MISSING ARGUMENTS"
EXIT = "[ERROR] EXIT 1"
EVENTS = [REQUEST, "[ERROR 401] UNAUTHORIZED REQUEST", ARGUMENTS, "[ERROR 420] INVALID ARGUMENTS", EXIT, "[INFO] fine"]


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("ERROR", [0, 1, 2, 3, 4]),
        ("error", []),
        ("ERROR ARGUMENTS", [2, 3]),
        ("?ERROR ?fine", [0, 1, 2, 3, 4, 5]),
        ("?MISSING ?EXIT", [2, 4]),
        ("?MISSING REQUEST", [0, 1]),
        ("ERROR -EXIT", [0, 1, 2, 3]),
        ("ERROR -REQUEST -EXIT", [2, 3]),
        ('"BAD REQUEST"', [0]),
        ('"[ERROR]"', [4]),
        ('-"[ERROR"', [5]),
        ("%4[12][09]%", [2, 3]),
        ("ERROR %^.INFO%", []),
        ("-%4[0-9]{2}% ERROR", [4]),
        ("NVALI", [3]),
    ],
)
def test_what_matches(pattern: str, matched: list[int]) -> None:
    compiled = TermPattern(pattern)
    assert [number for number, event in enumerate(EVENTS) if compiled.match(event) is not None] == matched


@pytest.mark.parametrize("pattern", ["user-id", "a.b", "[x", "- a", "-", "a=b", "?"])
def test_what_must_be_in_quotes(pattern: str) -> None:
    with pytest.raises(Malformed):
        TermPattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "needle"),
    [("a -bbbb ccc", "ccc"), ("?aaa ?b", None), ('"é \\"x"', 'é "x'), ("%abc%", None), ("", None)],
)
def test_the_needle(pattern: str, needle: str | None) -> None:
    assert TermPattern(pattern).needle == needle
