"""The functions of queries, as AWS's page "Supported operations and functions" has them."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.logs.insights.functions import function, member
from lambent.services.logs.insights.malformed import Malformed


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("abs", ["-5"], 5.0),
        ("ceil", [1.2], 2.0),
        ("floor", [1.8], 1.0),
        ("greatest", [1, "10", 9], "10"),
        ("least", [3, None, 2], 2),
        ("log", [1], 0.0),
        ("log", [0], None),
        ("sqrt", ["x"], None),
        ("ispresent", [None], False),
        ("coalesce", [None, "b", "c"], "b"),
        ("isempty", [""], True),
        ("isblank", ["  "], True),
        ("concat", ["a", None, 1.0], "a1"),
        ("ltrim", ["  a "], "a "),
        ("rtrim", ["xxaxx", "x"], "xxa"),
        ("trim", [" a "], "a"),
        ("strlen", ["abc"], 3.0),
        ("toupper", ["abc"], "ABC"),
        ("tolower", ["ABC"], "abc"),
        ("substr", ["xyZfooxyZ", 3], "fooxyZ"),
        ("substr", ["xyZfooxyZ", 3, 4], "foox"),
        ("replace", ["foo", "o", "0"], "f00"),
        ("strcontains", ["foo", "oo"], True),
        ("datefloor", [61_000, 60_000], 60_000.0),
        ("dateceil", [61_000, 60_000], 120_000.0),
        ("frommillis", ["5"], 5.0),
        ("jsonparse", ['{"a":1}'], {"a": 1}),
        ("jsonstringify", [{"a": 1}], '{"a":1}'),
        ("if", [True, 1, 2], 1),
        ("if", [0.0, 1], None),
        ("case", [False, 1, True, 2, 3], 2),
        ("case", [False, 1, 3], 3),
        ("isvalidip", ["10.0.0.1"], True),
        ("isvalidipv4", ["::1"], False),
        ("isvalidipv6", ["::1"], True),
        ("isipinsubnet", ["10.0.0.1", "10.0.0.0/8"], True),
        ("isipv4insubnet", ["x", "10.0.0.0/8"], False),
        ("isipv6insubnet", ["::1", "::/64"], True),
        ("isipinsubnet", ["::1", "bad"], False),
    ],
)
def test_what_they_do(name: str, arguments: list[Any], result: Any) -> None:
    assert function(name, len(arguments))(*arguments) == result


def test_what_there_is_not() -> None:
    with pytest.raises(Malformed, match="there is no function nope"):
        function("nope", 1)
    with pytest.raises(Malformed, match="ABS does not take 2 arguments"):
        function("ABS", 2)


def test_members() -> None:
    assert member("5", [4, 5]) and not member(None, [None])
