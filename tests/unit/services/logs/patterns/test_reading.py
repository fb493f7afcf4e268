"""The parts of patterns."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lambent.services.logs.patterns.malformed import Malformed
from lambent.services.logs.patterns.reading import Reader, as_number, as_text, condition

BARE = re.compile(r"\S+")


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("= 3", 3, True),
        ("= 3", "3.0", True),
        ("= 3", "x", False),
        ("!= 3", 4, True),
        ("> 1e2", 101, True),
        ("> 1e2", 100, False),
        (">= 100", "100", True),
        ("< 5", None, False),
        ("<= 5", 5, True),
        ('= "a*c"', "abbbc", True),
        ('= "a*c"', "ab", False),
        ('= "*"', "", True),
        ('= "a*b*a"', "aba", True),
        ('= "ab*ba"', "aba", False),
        ('= "3"', 3, True),
        ("= true", True, True),
        ("= %^4%", 404, True),
        ("!= %^4%", 404, False),
    ],
)
def test_conditions(text: str, value: Any, holds: bool) -> None:
    operator, _, rest = text.partition(" ")
    assert condition(Reader(rest), operator, BARE)(value) is holds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('"open', "a quotation mark is not closed"),
        ("%open", "is not closed"),
        ("%%", "is empty"),
        ("", "a value is missing"),
    ],
)
def test_what_is_not_whole(text: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        condition(Reader(text), "=", BARE)


def test_only_numbers_are_compared() -> None:
    with pytest.raises(Malformed, match="> compares numbers, and abc is none"):
        condition(Reader("abc"), ">", BARE)


def test_values() -> None:
    assert [as_number(each) for each in (1, "2.5", "1_0", True, None, [])] == [1.0, 2.5, None, None, None, None]
    assert [as_text(each) for each in (1, "a", True, 2.5)] == ["1", "a", "true", "2.5"]


def test_quotes() -> None:
    assert Reader(r'"a \"b\" \\ \n"').quoted() == r'a "b" \ \n'
