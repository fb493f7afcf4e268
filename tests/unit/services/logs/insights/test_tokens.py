"""A query's words."""

from __future__ import annotations

import pytest

from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.tokens import commands, tokens


def kinds(query: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens(query)]


def test_words() -> None:
    assert kinds("fields @message, a.b-c as `x y` # told\n, 1.5e3 / 2") == [
        ("name", "fields"),
        ("name", "@message"),
        ("sign", ","),
        ("name", "a.b-c"),
        ("name", "as"),
        ("quoted", "x y"),
        ("sign", ","),
        ("number", "1.5e3"),
        ("sign", "/"),
        ("number", "2"),
    ]
    assert kinds("bin(5m)")[2] == ("period", "5m")
    assert kinds(r"""filter a like /x\/y|\d/ and b = "q\"q" """)[3] == ("regex", r"x/y|\d")
    assert kinds(r"""filter b = 'it\'s'""")[-1] == ("text", "it's")
    assert kinds("parse @message /(?<a>.)/")[-1] == ("regex", "(?<a>.)")
    assert kinds("parse /(?<a>.)/")[-1] == ("regex", "(?<a>.)")
    assert kinds("fields a / b")[2] == ("sign", "/")


def test_commands() -> None:
    assert [[token.text for token in each] for each in commands('| filter a = "x|y" | limit 5')] == [
        ["filter", "a", "=", "x|y"],
        ["limit", "5"],
    ]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("filter a = 'x", "a ' at 12 is not closed"),
        ("fields ~", "unexpected character ~ at 8"),
        ("a ||b", "command is missing"),
    ],
)
def test_what_is_no_query(query: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        commands(query)
