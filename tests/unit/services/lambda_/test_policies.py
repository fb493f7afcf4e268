"""Policy documents: statements come and go, and let accounts in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_ import policies

ACTION = "lambda:GetLayerVersion"


def statement(sid: str = "s", **more: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": ACTION, "Resource": "r"} | more


def test_statements_come_and_go_in_order() -> None:
    document = policies.with_statement(None, statement("a"))
    assert document == (
        '{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*",'
        '"Action":"lambda:GetLayerVersion","Resource":"r"}]}'
    )
    both = policies.with_statement(document, statement("b"))
    assert [each["Sid"] for each in json.loads(both)["Statement"]] == ["a", "b"]
    assert policies.without_statement(both, "b") == document
    assert policies.without_statement(document, "a") is None


def test_an_id_is_used_once() -> None:
    document = policies.with_statement(None, statement("a"))
    with pytest.raises(ApiError, match=r"The statement id \(a\) provided already exists."):
        policies.with_statement(document, statement("a"))
    with pytest.raises(ApiError, match="Statement b is not found in resource policy"):
        policies.without_statement(document, "b")


def test_what_somebody_else_wrote_is_kept() -> None:
    document = json.dumps({"Version": "2008-10-17", "Statement": {"Effect": "Deny"}, "Id": "mine"})
    changed = json.loads(policies.with_statement(document, statement("a")))
    assert changed == {"Version": "2008-10-17", "Statement": [{"Effect": "Deny"}, statement("a")], "Id": "mine"}
    assert json.loads(policies.without_statement(policies.text(changed), "a") or "")["Statement"] == [
        {"Effect": "Deny"}
    ]


def test_20_kb_at_most() -> None:
    document = None
    with pytest.raises(ApiError) as caught:
        for number in range(1000):
            document = policies.with_statement(document, statement(f"s{number}", Resource="x" * 100))
    assert caught.value.code == "PolicyLengthExceededException"
    assert caught.value.message.endswith("is bigger than the limit (20480).")
    assert document is not None
    assert 20_000 < len(document) <= 20_480


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("*", "*"),
        ("123456789012", {"AWS": "arn:aws:iam::123456789012:root"}),
        ("arn:aws:iam::123456789012:user/u", {"AWS": "arn:aws:iam::123456789012:user/u"}),
    ],
)
def test_principals(given: str, shown: Any) -> None:
    assert policies.principal(given) == shown


@pytest.mark.parametrize("given", ["12345678901", "nobody", ""])
def test_what_is_no_principal(given: str) -> None:
    with pytest.raises(ApiError, match="The provided principal was invalid"):
        policies.principal(given)


@pytest.mark.parametrize(
    ("more", "let_in"),
    [
        ({}, True),
        ({"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}, True),
        ({"Principal": {"AWS": "arn:aws:iam::222222222222:root"}}, False),
        ({"Action": "lambda:Other"}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}}, False),
    ],
)
def test_who_is_let_in(more: dict[str, Any], let_in: bool) -> None:
    document = policies.with_statement(None, statement(**more))
    assert policies.lets_in(document, ACTION, "111111111111") is let_in
