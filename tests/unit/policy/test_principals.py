"""Whom a Principal element means."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.policy.principals import Caller, Grade, Kind, principals
from tests.unit.policy.world import ACCOUNT, NOBODY, OTHER, ROOT, S3, SESSION, STRANGER, USER

FEDERATED = Caller(Kind.SESSION, ACCOUNT, "arn:aws:sts::1:federated-user/x", provider="accounts.example.com")
LOGS = Caller(Kind.SERVICE, "", "logs.amazonaws.com", service="logs.amazonaws.com", region="eu-west-1")


@pytest.mark.parametrize(
    ("element", "caller", "grade"),
    [
        ("*", USER, Grade.ROLE),
        ("*", NOBODY, Grade.ROLE),
        ("*", S3, Grade.DIRECT),
        ({"AWS": "*"}, STRANGER, Grade.ROLE),
        ({"AWS": ACCOUNT}, USER, Grade.ACCOUNT),
        ({"AWS": ACCOUNT}, STRANGER, Grade.NONE),
        ({"AWS": ACCOUNT}, NOBODY, Grade.NONE),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, SESSION, Grade.ACCOUNT),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ROOT, Grade.ACCOUNT),
        ({"AWS": [f"arn:aws:iam::{OTHER}:root", USER.arn]}, USER, Grade.DIRECT),
        ({"AWS": SESSION.role_arn}, SESSION, Grade.ROLE),
        ({"AWS": SESSION.arn}, SESSION, Grade.DIRECT),
        ({"AWS": "arn:aws:iam::111122223333:role/other"}, SESSION, Grade.NONE),
        ({"Service": "s3.amazonaws.com"}, S3, Grade.DIRECT),
        ({"Service": ["sns.amazonaws.com"]}, S3, Grade.NONE),
        ({"AWS": ACCOUNT}, S3, Grade.NONE),
        ({"Service": "logs.amazonaws.com"}, LOGS, Grade.DIRECT),
        ({"Service": "logs.eu-west-1.amazonaws.com"}, LOGS, Grade.DIRECT),
        ({"Service": "logs.us-east-1.amazonaws.com"}, LOGS, Grade.NONE),
        ({"Federated": "accounts.example.com"}, FEDERATED, Grade.DIRECT),
        ({"Federated": "other.example.com"}, FEDERATED, Grade.NONE),
        ({"CanonicalUser": "79a5"}, USER, Grade.NONE),
    ],
)
def test_grades(element: Any, caller: Caller, grade: Grade) -> None:
    assert principals(element).grade(caller) is grade


def test_the_other_way_round() -> None:
    named = principals({"AWS": [USER.arn, ACCOUNT]}, inverted=True)
    assert named.grade(USER) is Grade.NONE
    assert named.grade(SESSION) is Grade.NONE
    assert named.grade(STRANGER) is Grade.ROLE


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ("ann", '"ann"'),
        ({}, '"{}"'),
        ({"AWS": "ann"}, '"AWS":"ann"'),
        ({"AWS": "abcdefghijkl"}, '"AWS":"abcdefghijkl"'),
        ({"AWS": "1234"}, '"AWS":"1234"'),
        ({"AWS": ["*", 7]}, '"AWS":"7"'),
        ({"AWS": "arn:aws:iam::1:user/*"}, '"AWS":"arn:aws:iam::1:user/*"'),
        ({"AWS": "arn:aws:s3:::bucket"}, '"AWS":"arn:aws:s3:::bucket"'),
        ({"AWS": []}, '"AWS":"[]"'),
        ({"Robot": "x"}, '"Robot":"x"'),
        ({"Service": ""}, '"Service":""'),
    ],
)
def test_nonsense_is_named(element: Any, text: str) -> None:
    with pytest.raises(ValueError) as raised:
        principals(element)
    assert str(raised.value) == text
