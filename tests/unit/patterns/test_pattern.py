"""Event patterns: fields and alternatives joined, lists, `$or`, and what is no pattern."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.patterns.dialects import EVENTBRIDGE, LAMBDA
from lambent.patterns.operators import BadPattern
from lambent.patterns.pattern import Pattern


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": ["x"]}, {"a": "x"}, True),
        ({"a": ["x"]}, {"a": "y"}, False),
        ({"a": ["x"]}, {}, False),
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": [""]}, {"a": ""}, True),
        ({"a": [1]}, {"a": 1.0}, True),
        ({"a": [1]}, {"a": True}, False),
        ({"a": [True]}, {"a": True}, True),
        ({"a": [True]}, {"a": 1}, False),
        ({"a": ["1"]}, {"a": 1}, False),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": ["x"]}, {"a": ["w", "x"]}, True),
        ({"a": ["x"]}, {"a": [["x"]]}, True),
        ({"a": ["x"], "b": [1]}, {"a": "x", "b": 2}, False),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x", "c": 1}}, True),
        ({"a": {"b": ["x"]}}, {"a": "x"}, False),
        ({"a": {"b": ["x"], "c": [1]}}, {"a": [{"b": "x", "c": 2}, {"b": "y", "c": 1}]}, False),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "w"}, {"b": "x"}]}, True),
        ({"a": [{"prefix": "ab"}]}, {"a": "abc"}, True),
        ({"a": [{"prefix": "ab"}]}, {"a": "ba"}, False),
        ({"a": [{"prefix": {"equals-ignore-case": "AB"}}]}, {"a": "abc"}, True),
        ({"a": [{"suffix": ".png"}]}, {"a": "x.png"}, True),
        ({"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}, {"a": "x.png"}, True),
        ({"a": [{"suffix": {"equals-ignore-case": "long"}}]}, {"a": "g"}, False),
        ({"a": [{"suffix": ".png"}]}, {"a": 5}, False),
        ({"a": [{"equals-ignore-case": "ALICE"}]}, {"a": "alice"}, True),
        ({"a": [{"anything-but": "x"}]}, {"a": "y"}, True),
        ({"a": [{"anything-but": "x"}]}, {"a": "x"}, False),
        ({"a": [{"anything-but": "x"}]}, {}, False),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": 7}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": None}, True),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
        ({"a": [{"anything-but": {"suffix": ["y", "z"]}}]}, {"a": "xz"}, False),
        ({"a": [{"anything-but": {"equals-ignore-case": ["A", "b"]}}]}, {"a": "B"}, False),
        ({"a": [{"anything-but": {"equals-ignore-case": "A"}}]}, {"a": "c"}, True),
        ({"a": [{"numeric": ["=", 5]}]}, {"a": 5.0}, True),
        ({"a": [{"numeric": [">", 0, "<=", 10]}]}, {"a": 10}, True),
        ({"a": [{"numeric": [">", 0, "<", 10]}]}, {"a": 10}, False),
        ({"a": [{"numeric": [">=", 1]}]}, {"a": "5"}, False),
        ({"a": [{"exists": True}]}, {"a": None}, True),
        ({"a": [{"exists": True}]}, {"a": {"b": 1}}, False),
        ({"a": [{"exists": False}]}, {}, True),
        ({"a": [{"exists": False}]}, {"a": []}, True),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"$or": [{"a": ["x"]}, {"b": [1]}]}, {"b": 1}, True),
        ({"$or": [{"a": ["x"]}, {"b": [1]}], "c": [2]}, {"b": 1}, False),
        ({"a": {"$or": [{"b": ["x"]}, {"c": ["y"]}]}}, {"a": {"c": "y"}}, True),
    ],
)
@pytest.mark.parametrize("dialect", [LAMBDA, EVENTBRIDGE])
def test_what_matches(pattern: Any, event: Any, expected: bool, dialect: Any) -> None:
    assert Pattern(json.dumps(pattern), dialect).matches(event) is expected


def test_filters_of_functions_mix_texts_and_numbers() -> None:
    assert not Pattern('{"a": [{"anything-but": ["x", 7]}]}', LAMBDA).matches({"a": 7})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Invalid JSON"),
        ("x", "Invalid JSON"),
        ("[]", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        ('{"a": "x"}', '"a" must be an object or an array'),
        ('{"a": []}', "Empty arrays are not allowed"),
        ('{"a": {}}', "Empty objects are not allowed"),
        ('{"$or": {"a": [1]}}', "It must be an Array followed with $or."),
        ('{"$or": [{"a": [1]}]}', "There must have at least 2 Objects in $or relationship."),
        ('{"$or": [{"a": [1]}, 2]}', "Only JSON object is allowed in array of $or relationship."),
        ('{"a":' * 200 + "[1]" + "}" * 200, "Event pattern is nested too deeply"),
    ],
)
def test_what_is_no_pattern(text: str, why: str) -> None:
    with pytest.raises(BadPattern) as refused:
        Pattern(text, EVENTBRIDGE)
    assert str(refused.value) == why


def test_lists_that_are_too_deep_for_anybody() -> None:
    deep: Any = "x"
    for _ in range(2000):
        deep = [deep]
    assert not Pattern('{"a": ["x"]}', EVENTBRIDGE).matches({"a": deep})


EC2 = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "111122223333",
    "time": "2017-10-02T18:43:48Z",
    "region": "us-west-1",
    "resources": ["arn:aws:ec2:us-west-1:111122223333:instance/i-1", "arn:aws:ec2:us-west-1:111122223333:instance/i-2"],
    "detail": {
        "instance-id": "i-1",
        "state": "terminated",
        "c-count": 5,
        "d-count": 10,
        "x-limit": 301.8,
        "source-ip": "10.0.0.123",
        "eventVersion": "",
        "responseElements": None,
        "FileName": "dir/image.PNG",
        "service": "EventBridge",
    },
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"source": ["aws.ec2"], "detail-type": [EC2["detail-type"]], "detail": {"state": ["terminated"]}}, True),
        ({"time": [{"prefix": "2017-10-02"}]}, True),
        ({"detail": {"service": [{"prefix": {"equals-ignore-case": "EVENTB"}}]}}, True),
        ({"detail": {"service": [{"suffix": {"equals-ignore-case": "tBridge"}}]}}, True),
        ({"detail": {"FileName": [{"suffix": ".png"}]}}, False),
        ({"detail": {"state": [{"anything-but": "initializing"}]}}, True),
        ({"detail": {"x-limit": [{"anything-but": [100, 200, 301.8]}]}}, False),
        ({"detail": {"state": [{"anything-but": ["stopped", "overloaded"]}]}}, True),
        ({"detail": {"state": [{"anything-but": {"equals-ignore-case": ["TERMINATED", "x"]}}]}}, False),
        ({"detail": {"state": [{"anything-but": {"prefix": "init"}}]}}, True),
        ({"detail": {"FileName": [{"anything-but": {"wildcard": "*/lib/*"}}]}}, True),
        ({"detail": {"c-count": [{"numeric": [">", 0, "<=", 5]}], "x-limit": [{"numeric": ["=", 3.018e2]}]}}, True),
        ({"detail": {"d-count": [{"numeric": ["<", 10]}]}}, False),
        ({"detail": {"source-ip": [{"cidr": "10.0.0.0/24"}]}}, True),
        ({"detail": {"source-ip": [{"cidr": "10.0.1.0/24"}]}}, False),
        ({"detail": {"state": [{"exists": True}], "nothing": [{"exists": False}]}}, True),
        ({"detail-type": [{"equals-ignore-case": "ec2 instance State-change Notification"}]}, True),
        ({"resources": [{"wildcard": "arn:aws:ec2:*:*:instance/i-2"}]}, True),
        ({"resources": [EC2["resources"][1], "arn:aws:ec2:us-east-1:111122223333:instance/i-9"]}, True),
        ({"detail": {"eventVersion": [""], "responseElements": [None]}}, True),
        ({"detail": {"$or": [{"d-count": [{"numeric": ["<", 10]}]}, {"x-limit": [{"numeric": [">", 300]}]}]}}, True),
        ({"source": ["aws.s3"], "$or": [{"region": ["us-west-1"]}, {"account": ["111122223333"]}]}, False),
    ],
)
def test_what_awss_documentation_shows(pattern: Any, expected: bool) -> None:
    assert Pattern(json.dumps(pattern), EVENTBRIDGE).matches(EC2) is expected
