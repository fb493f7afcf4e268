"""`parse`, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.logs.insights.expressions import Words
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.parsing import between, parse
from lambent.services.logs.insights.rows import Row
from lambent.services.logs.insights.tokens import tokens


def parsed(source: str, message: str = "user=bob, method:login, latency := 25") -> dict[str, Any]:
    words = Words(tokens(source)[1:], source, 0)
    row = Row({"@message": message, "other": "a-b"}, of_function=False)
    parse(words)(row)
    assert words.ended
    return {name: value for name, value in row.items() if name not in ("@message", "other")}


def test_by_stars() -> None:
    found = {"user": "bob", "method": "login", "latency": "25"}
    assert parsed('parse @message "user=*, method:*, latency := *" as user, method, latency') == found
    assert parsed("parse 'method:*,' as m") == {"m": "login"}
    assert parsed('parse other "*-*" as a, b') == {"a": "a", "b": "b"}
    assert parsed('parse @message "none *" as a') == {"a": None}


def test_what_lies_between_is_found_in_one_pass() -> None:
    assert between("a b  c", ["", " ", " ", ""]) == ["a", "b", " c"]
    assert between("x1y2y", ["x", "y"]) == ["1"]
    assert between("zzx1", ["x", ""]) == ["1"]
    assert between("ab", ["", "", ""]) == ["", "ab"]
    assert between("y1x", ["x", "y"]) is None
    assert between("ab" * 1_000_000, ["", "c", "d", ""]) is None
    assert between("a" * 2_000_000, ["", " ", " ", ""]) is None


def test_by_an_expression() -> None:
    assert parsed(r"parse @message /user=(?<user>\w+), method:(?<m>\w+)/") == {"user": "bob", "m": "login"}
    assert parsed("parse @message /(?<x>zzz)/") == {"x": None}
    assert parsed("parse missing /(?<x>.)/") == {"x": None}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('parse @message "a * b *" as x', "as many names as stars"),
        ('parse @message "*" x', "as is missing"),
        ("parse @message /x/", "names no group"),
        ("parse @message 5", "takes a text with stars"),
        ("parse '*' as 5", "a name is missing"),
    ],
)
def test_what_is_refused(source: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        parsed(source)
