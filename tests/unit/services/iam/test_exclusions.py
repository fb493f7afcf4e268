"""Policies that a simulation leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.iam.exclusions import Exclusions

OF_AWS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
OWN = "arn:aws:iam::000000000000:policy/team/mine"
INLINE = "arn:aws:iam::000000000000:role/p"
DEEP = "arn:aws:iam::000000000000:user/a/b/ann/p"


def inline(kind: str, holder: str) -> dict[str, Any]:
    return {"InlinePolicyIdentifier": {"PolicyName": "p", "AttachmentType": kind, "AttachmentName": holder}}


@pytest.mark.parametrize(
    ("identifier", "held"),
    [
        ({"PolicyType": "inline"}, {f"{INLINE}/p", DEEP}),
        ({"PolicyType": "aws-managed"}, {OF_AWS}),
        ({"PolicyType": "user-managed"}, {OWN}),
        ({"PolicyType": "rcp"}, set()),
        ({"PolicyArn": OWN}, {OWN}),
        ({"PolicyArn": "arn:aws:iam::aws:policy/service-role/*"}, {OF_AWS}),
        ({"PolicyArn": "arn:aws:iam::000000000000:policy/team/m?ne"}, {OWN}),
        (inline("role", "p"), {f"{INLINE}/p"}),
        (inline("user", "a*n"), {DEEP}),
        (inline("group", "*"), set()),
    ],
)
def test_what_is_left_out(identifier: dict[str, Any], held: set[str]) -> None:
    excluded = Exclusions([identifier])
    assert {each for each in (OF_AWS, OWN, f"{INLINE}/p", DEEP) if excluded.hold(each)} == held
    assert not excluded.boundary


def test_the_boundary() -> None:
    assert Exclusions([{"PolicyType": "permission-boundary"}]).boundary


@pytest.mark.parametrize("identifier", [{}, {"PolicyType": "inline", "PolicyArn": OWN}, {"PolicyArn": "p"}])
def test_what_names_no_policy(identifier: dict[str, str]) -> None:
    with pytest.raises(ApiError) as caught:
        Exclusions([identifier])
    assert caught.value.code == "InvalidInput"
