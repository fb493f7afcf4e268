"""Filter policies: the operators are the patterns' business; here is what SNS makes of messages, and refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.sns import filters
from lambent.services.sns.filters import ATTRIBUTES, BODY
from lambent.services.sns.records import Attribute

GIVEN = {
    "store": Attribute("String", "example_corp"),
    "price": Attribute("Number", "210.75"),
    "interests": Attribute("String.Array", '["soccer", "rugby", 7, true, null]'),
    "broken": Attribute("String.Array", "no list"),
    "ip": Attribute("String", "10.0.0.7"),
    "bytes": Attribute("Binary", data=b"x"),
}


@pytest.mark.parametrize(
    ("policy", "passes"),
    [
        ({"store": ["example_corp"]}, True),
        ({"store": ["example_corp"], "price": [1]}, False),
        ({"store": ["Example_corp"]}, False),
        ({"store": [{"equals-ignore-case": "EXAMPLE_CORP"}]}, True),
        ({"store": [{"prefix": "example"}]}, True),
        ({"store": [{"suffix": "corp"}]}, True),
        ({"store": [{"wildcard": "ex*_c*p"}]}, True),
        ({"store": [{"anything-but": ["tesla", "x"]}]}, True),
        ({"store": [{"anything-but": {"prefix": "exam"}}]}, False),
        ({"store": [{"anything-but": {"suffix": "inc"}}]}, True),
        ({"store": [{"anything-but": {"wildcard": "*corp"}}]}, False),
        ({"store": [{"anything-but": {"equals-ignore-case": ["EXAMPLE_CORP"]}}]}, False),
        ({"store": [{"exists": True}]}, True),
        ({"store": [{"exists": False}]}, False),
        ({"none": [{"exists": False}]}, True),
        ({"none": [{"anything-but": "x"}]}, False),
        ({"price": [{"numeric": ["=", 210.75]}]}, True),
        ({"price": [{"numeric": [">", 200, "<=", 210.75]}]}, True),
        ({"price": [210.75]}, True),
        ({"price": ["210.75"]}, False),
        ({"interests": ["rugby"]}, True),
        ({"interests": [{"prefix": "socc"}]}, True),
        ({"interests": [{"numeric": [">", 6]}]}, True),
        ({"interests": [True]}, True),
        ({"interests": ["tennis"]}, False),
        ({"broken": ["no list"]}, True),
        ({"ip": [{"cidr": "10.0.0.0/24"}]}, True),
        ({"ip": [{"cidr": "10.1.0.0/24"}]}, False),
        ({"bytes": [{"exists": True}]}, False),
        ({"$or": [{"store": ["x"]}, {"price": [{"numeric": [">", 100]}]}]}, True),
        ({"$or": [{"store": ["x"]}, {"price": [{"numeric": ["<", 100]}]}]}, False),
    ],
)
def test_of_attributes(policy: dict[str, Any], passes: bool) -> None:
    text = json.dumps(policy)
    filters.check(text, ATTRIBUTES)
    compiled = filters.compiled(text, ATTRIBUTES)
    assert compiled is not None
    assert compiled.passes("not looked at", GIVEN) is passes


@pytest.mark.parametrize(
    ("policy", "body", "passes"),
    [
        ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True),
        ({"a": {"b": ["x"]}}, {"a": {"b": "y"}}, False),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "y"}, {"b": "x"}]}, True),
        ({"a": [{"numeric": [">", 1]}]}, {"a": [0, 2]}, True),
        ({"a": [None]}, {"a": None}, True),
        ({"a": {"$or": [{"b": [1]}, {"c": [2]}]}}, {"a": {"c": 2}}, True),
        ({"a": ["x"]}, ["a"], False),
        ({"a": [{"exists": False}]}, "text", False),
    ],
)
def test_of_bodies(policy: dict[str, Any], body: Any, passes: bool) -> None:
    text = json.dumps(policy)
    filters.check(text, BODY)
    compiled = filters.compiled(text, BODY)
    assert compiled is not None
    assert compiled.passes(json.dumps(body), {}) is passes
    assert not compiled.passes("{", {})


@pytest.mark.parametrize("text", [None, "", "{}", " { } "])
def test_nothing_lets_everything_through(text: str | None) -> None:
    assert filters.compiled(text, BODY) is None


@pytest.mark.parametrize(
    ("policy", "scope", "said"),
    [
        ("{", ATTRIBUTES, "FilterPolicy: failed to parse JSON."),
        ("[]", ATTRIBUTES, "FilterPolicy: Filter is not an object"),
        ({"a": "x"}, ATTRIBUTES, 'FilterPolicy: "a" must be an object or an array'),
        ({"a": []}, ATTRIBUTES, "FilterPolicy: Empty arrays are not allowed"),
        ({"a": [{"no": 1}]}, ATTRIBUTES, "FilterPolicy: Unrecognized match type no"),
        ({"a": [["x"]]}, BODY, "FilterPolicy: Match value must be String, number, true, false, or null"),
        (
            {"a": {"b": ["x"]}},
            ATTRIBUTES,
            "Filter policy scope MessageAttributes does not support nested filter policy",
        ),
        ({k: ["x"] for k in "abcdef"}, BODY, "FilterPolicy: Filter policy can not have more than 5 keys"),
        ({"a": list(range(151))}, ATTRIBUTES, "FilterPolicy: Filter policy is too complex"),
        ({"a": {"b": {"c": list(range(51))}}}, BODY, "FilterPolicy: Filter policy is too complex"),
        (
            {"$or": [{"a": list(range(76))}, {"b": list(range(75))}]},
            ATTRIBUTES,
            "FilterPolicy: Filter policy is too complex",
        ),
        ('{"a": ["' + "x" * 262_144 + '"]}', BODY, "FilterPolicy: Filter policy is too large"),
    ],
)
def test_what_is_refused(policy: Any, scope: str, said: str) -> None:
    with pytest.raises(ApiError) as raised:
        filters.check(policy if isinstance(policy, str) else json.dumps(policy), scope, "Attributes Reason: ")
    assert raised.value.message == f"Invalid parameter: Attributes Reason: {said}"


def test_a_hundred_and_fifty_combinations_are_not_too_many() -> None:
    filters.check(json.dumps({"a": {"b": {"c": ["1", "2", "3", "4"]}}, "d": {"e": ["1", "2", "3"]}}), BODY)  # 72
    filters.check(json.dumps({"a": list(range(15)), "b": list(range(10))}), ATTRIBUTES)
