"""Expressions of filter patterns: against Python's own where both know them, and without end to none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.services.logs.patterns.malformed import Malformed
from lambent.services.logs.patterns.regex import Regex


@pytest.mark.parametrize(
    ("source", "yes", "no"),
    [
        (r"AUTHORI[ZS]ED", ["x AUTHORIZED y", "AUTHORISED"], ["AUTHORIED"]),
        (r"4[0-9]{2}", ["HTTP 404"], ["HTTP 45", "500"]),
        (r"^\[ERROR\]", ["[ERROR] x"], ["a [ERROR]"]),
        (r"end$", ["the end"], ["end of it"]),
        (r"a{2,}b", ["aab", "aaaab"], ["ab"]),
        (r"\d+\.\d+ ms|\sfast", ["1.5 ms", "very fast"], ["1 ms", "fast"]),
        (r"^$", [""], ["x"]),
        (r"colou?r", ["color", "colour"], ["colouur"]),
        (r"[^abc]x", ["dx"], ["ax", "x"]),
        (r"\x41\x42", ["AB"], ["ab"]),
        (r"127\.0\.0\.[1-9]", ["ip=127.0.0.1"], ["127.0.0.0", "127x0.0.1"]),
        (r"a.c", ["abc", "a\nc"], ["ac"]),
    ],
)
def test_what_occurs(source: str, yes: list[str], no: list[str]) -> None:
    regex = Regex(source)
    assert [regex.occurs_in(text) for text in yes + no] == [True] * len(yes) + [False] * len(no)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("(a)", "must not contain ("),
        ("a)", "must not contain )"),
        ("a{", "{ without a count"),
        ("a{3,2}", "from more to less"),
        ("a{9999}", "repeats too often"),
        ("a{900}b{900}", "too long"),
        ("a^b", "^ stands only at the beginning"),
        ("a$b", "$ stands only at the end"),
        ("*", "must not contain *"),
        ("[z-a]", "not valid"),
        ("é", "must not contain é"),
        (r"\1", "must not contain \\"),
    ],
)
def test_what_is_no_expression(source: str, why: str) -> None:
    with pytest.raises(Malformed, match=re.escape(why)):
        Regex(source)


_ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", "1"])
_TIMES = st.sampled_from(["", "*", "+", "?", "{2}", "{1,3}", "{0,}"])
_ROWS = st.lists(st.tuples(_ATOMS, _TIMES).map("".join), min_size=1, max_size=5).map("".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(_ROWS, min_size=1, max_size=3), st.booleans(), st.booleans(), st.text("ab1c\n", max_size=8))
def test_it_finds_what_python_finds(rows: list[str], start: bool, end: bool, text: str) -> None:
    source = "|".join(f"{'^' * start}{row}{'$' * end}" for row in rows)
    theirs = re.compile(source.replace("$", r"\Z"), re.DOTALL | re.ASCII)
    assert Regex(source).occurs_in(text) == (theirs.search(text) is not None)


def test_what_makes_others_hang_is_linear_here() -> None:
    # Python's own needs some 10^20 steps for this.
    assert not Regex(".*a.*a.*a.*a.*a.*$").occurs_in("b" * 100_000)
    assert not Regex("x*x*x*x*x*x*y").occurs_in("x" * 100_000)
