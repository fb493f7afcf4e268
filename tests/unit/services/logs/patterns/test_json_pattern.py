"""Patterns of JSON events; the facts are those of AWS's page "Filter pattern syntax" (JSON log events)."""

from __future__ import annotations

import json

import pytest

from lambent.services.logs.patterns.json_pattern import JsonPattern
from lambent.services.logs.patterns.malformed import Malformed

EVENT = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "cluster.name": "c",
        "bandwidth": 75.5,
        "ok": True,
        "bad": False,
        "user": {"id": 1, "email": "a@b.c", "mail-box": "x"},
        "statusCode": 404,
        "text": 'has "quotes"',
    }
)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{ $.eventType = UpdateTrail }", True),
        ("{$.eventType=UpdateTrail}", True),
        ('{ $.eventType = "Update*" }', True),
        ("{ $.eventType = %Trail$% }", True),
        ("{ $.eventType = %^Trail% }", False),
        ('{ $.eventType != "UpdateTrail" }', False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress = 111.111.* }", True),
        ('{ $.arrayKey[0] = "value" }', True),
        ('{ $.arrayKey[1] = "value" }', False),
        ('{ $.arrayKey[*] = "another*" }', True),
        ("{ $.objectList[1].id = 2 }", True),
        ("{ $.objectList[*].id = 2 }", True),
        ("{ $.objectList[*].id = 3 }", False),
        ("{ $.user.* = 1 }", True),
        ("{ $.user.mail-box = x }", True),
        ("{ $.['cluster.name'] = c }", True),
        ('{ $["cluster.name"] = c }', True),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.user IS NULL }", False),
        ("{ $.missing IS NULL }", False),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.SomeObject NOT EXISTS }", False),
        ("{ $.user EXISTS }", True),
        ("{ $.ok IS TRUE && $.bad IS FALSE }", True),
        ("{ $.ok IS FALSE }", False),
        ("{ $.bandwidth > 75 }", True),
        ("{ $.bandwidth >= 75.5 && $.bandwidth <= 7.55e1 }", True),
        ("{ $.bandwidth < 75 }", False),
        ("{ $.statusCode = 4* }", True),
        ("{ $.statusCode != 200 }", True),
        ("{ $.missing != 200 }", False),
        ("{ ($.user.id = 1) && ($.missing = 1 || $.statusCode = 404) }", True),
        ("{ $.user.id = 2 || $.user.id = 1 && $.statusCode = 404 }", True),
        ("{ ($.user.id = 2 || $.user.id = 1) && $.statusCode = 200 }", False),
        ('{ $.text = "has \\"quotes\\"" }', True),
        ("{ $.user = 1 }", False),
    ],
)
def test_what_matches(pattern: str, matches: bool) -> None:
    assert (JsonPattern(pattern).match(EVENT) is not None) is matches


@pytest.mark.parametrize("message", ["plain", "[1]", '{"eventType": ', "{" * 5000, '"x"', ""])
def test_what_is_no_json_object_never_matches(message: str) -> None:
    assert JsonPattern("{ $.a NOT EXISTS }").match(message) is None


def test_what_is_drawn_out() -> None:
    drawn = JsonPattern("{ $.statusCode = 404 && $.user.email = * && $.missing NOT EXISTS }").match(EVENT)
    assert drawn == {"$.statusCode": "404", "$.user.email": "a@b.c"}


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("{ $.a = 1", "} is missing"),
        ("{ a = 1 }", r"\$ is missing"),
        ("{ $ = 1 }", "must name a property"),
        ("{ $.a }", "an operator is missing"),
        ("{ $.a = }", "a value is missing"),
        ("{ $.a > b }", "compares numbers"),
        ("{ $.a[x] = 1 }", "an index is missing"),
        ("{ $. = 1 }", "a name is missing"),
        ("{ $.a = 1 } x", "something follows"),
        ("{ " + "(" * 60 + "$.a = 1" + ")" * 60 + " }", "nested too deeply"),
    ],
)
def test_what_is_no_pattern(pattern: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        JsonPattern(pattern)
