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
        ("arn:aws:sts::123456789012:assumed-role/r/s", {"AWS": "arn:aws:sts::123456789012:assumed-role/r/s"}),
        ("s3.amazonaws.com", {"Service": "s3.amazonaws.com"}),
        ("events.amazonaws.com.cn", {"Service": "events.amazonaws.com.cn"}),
        ("alexa-appkit.amazon.com", {"Service": "alexa-appkit.amazon.com"}),
    ],
)
def test_principals(given: str, shown: Any) -> None:
    assert policies.principal(given) == shown


@pytest.mark.parametrize(
    "given", ["12345678901", "nobody", "", "arn:aws:s3:::b", "amazonaws.com", "s3.amazonaws.com.evil.org"]
)
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


RESOURCE = "arn:aws:lambda:us-east-1:000000000000:function:f"
GOOD = {"Sid": "a", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "lambda:InvokeFunction"}


def given(statement: Any = None, **policy: Any) -> str:
    """A caller's document."""
    statement = GOOD | {"Resource": RESOURCE} | (statement or {})
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]} | policy)


@pytest.mark.parametrize(
    "document",
    [
        given(),
        given(Id="mine"),
        given(Version="2008-10-17"),
        given({"Action": ["lambda:Get*", "lambda:*", "*"], "Resource": [RESOURCE]}),
        given({"Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:root"], "Service": "x.amazonaws.com"}}),
        given({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}}),
        given({"Principal": "*", "Effect": "Deny"}),
        json.dumps({"Version": "2012-10-17", "Statement": GOOD | {"Resource": RESOURCE}}),
    ],
)
def test_documents_that_are_accepted(document: str) -> None:
    accepted = policies.accepted(document, RESOURCE)
    assert json.loads(accepted) == json.loads(document)
    assert ": " not in accepted


@pytest.mark.parametrize(
    ("document", "trouble"),
    [
        ("{", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ('"\ud800"', "it is not JSON"),
        ("[]", "it must have Version, Statement and at most an Id"),
        (given(More=1), "it must have Version, Statement and at most an Id"),
        (given(Version="2020-01-01"), "Version must be one of 2012-10-17, 2008-10-17"),
        (given(Version=None), "Version must be one of"),
        (given(Version=["2012-10-17"]), "Version must be one of"),
        (given(Statement=[]), "there is no statement"),
        (given(Statement=["x"]), "a statement may have"),
        (given({"NotAction": "x"}), "a statement may have"),
        (given({"Sid": 1}), "Sid must be a text"),
        (given({"Effect": "Maybe"}), "Effect must be Allow or Deny"),
        (given({"Effect": ["Allow"]}), "Effect must be Allow or Deny"),
        (given({"Action": "s3:GetObject"}), "Action must name actions of Lambda"),
        (given({"Action": []}), "Action must be a text, or a list of texts"),
        (given({"Action": ["lambda:*", 1]}), "Action must be a text, or a list of texts"),
        (given({"Resource": RESOURCE + ":1"}), f"Resource must be {RESOURCE}"),
        (given({"Resource": None}), "Resource must be a text, or a list of texts"),
        (given({"Condition": "x"}), "Condition must be an object"),
        (given({"Principal": "everybody"}), "Principal must be * or name"),
        (given({"Principal": {"Nobody": "x"}}), "Principal must be * or name"),
        (given({"Principal": {"AWS": 1}}), "AWS must be a text, or a list of texts"),
        (given({"Principal": None}), "Principal must be * or name"),
        (given(Statement=[GOOD | {"Resource": RESOURCE}] * 2), "two statements have the same Sid"),
    ],
)
def test_documents_that_are_none(document: str, trouble: str) -> None:
    with pytest.raises(ApiError) as caught:
        policies.accepted(document, RESOURCE)
    assert caught.value.code == "InvalidParameterValueException"
    assert trouble in caught.value.message


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["123456789012", "*"]}])
def test_nobody_lets_everybody_in(principal: Any) -> None:
    with pytest.raises(ApiError, match="PublicPolicyException"):
        policies.accepted(given({"Principal": principal}), RESOURCE)
