"""Reading documents, and what IAM says of those that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.policy.document import Malformed, Use, parse
from tests.unit.policy.world import document, lookup, statement

EVERYBODY = {"Principal": "*"}


@pytest.mark.parametrize(
    ("text", "use", "refusal"),
    [
        ("{", Use.IDENTITY, "This policy contains invalid Json"),
        ("[" * 100_000, Use.IDENTITY, "This policy contains invalid Json"),
        ("[]", Use.IDENTITY, "Syntax errors in policy."),
        ('{"Version": "2012-10-17", "Statements": []}', Use.IDENTITY, "Syntax errors in policy."),
        ('{"Version": "2012-10-17", "Statement": []}', Use.IDENTITY, "Syntax errors in policy."),
        ('{"Version": "2012-10-17", "Statement": ["x"]}', Use.IDENTITY, "Syntax errors in policy."),
        ('{"Version": "2012-10-17"}', Use.IDENTITY, "Syntax errors in policy."),
        (
            json.dumps({"Version": "2012-10-17", "Statement": [statement(), "x"]}),
            Use.IDENTITY,
            "Syntax errors in policy.",
        ),
        (
            json.dumps({"Statement": statement()}),
            Use.IDENTITY,
            "Policy document must be version 2012-10-17 or greater.",
        ),
        (
            document(statement(), version="2020-01-01"),
            Use.RESOURCE,
            "Policy document must be version 2012-10-17 or greater.",
        ),
        (document(statement("allow")), Use.IDENTITY, "Syntax errors in policy."),
        (document(statement(Extra=1)), Use.IDENTITY, "Syntax errors in policy."),
        (document(statement(Sid=1)), Use.IDENTITY, "Syntax errors in policy."),
        (document(statement(Sid="a b")), Use.IDENTITY, "Statement IDs (SID) must be alpha-numeric."),
        (
            document(statement(Sid="a"), statement(Sid="a")),
            Use.IDENTITY,
            "Statement IDs (SID) in a single policy must be unique.",
        ),
        (
            document({"Effect": "Allow", "Resource": "*"}),
            Use.IDENTITY,
            "Policy statement must contain actions.",
        ),
        (document(statement(Action=[])), Use.IDENTITY, "Policy statement must contain actions."),
        (document(statement(Action="a:b", NotAction="a:b")), Use.IDENTITY, "Syntax errors in policy."),
        (document(statement(Action=[1])), Use.IDENTITY, "Syntax errors in policy."),
        (
            document(statement(Action="InvokeFunction")),
            Use.IDENTITY,
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            document({"Effect": "Allow", "Action": "s3:*"}),
            Use.IDENTITY,
            "Policy statement must contain resources.",
        ),
        (document(statement(Resource="bucket")), Use.IDENTITY, 'Resource bucket must be in ARN format or "*".'),
        (document(statement(Condition=[])), Use.IDENTITY, "Syntax errors in policy."),
        (document(statement(Condition={"Bool": "x"})), Use.IDENTITY, "Syntax errors in policy."),
        (document(statement(Condition={"Boole": {"a:b": "c"}})), Use.IDENTITY, "Syntax errors in policy."),
        (document(statement(Condition={"Bool": {"a:b": None}})), Use.IDENTITY, "Syntax errors in policy."),
        (
            document(statement(Principal="*")),
            Use.IDENTITY,
            "Policy document should not specify a principal.",
        ),
        (document(statement()), Use.RESOURCE, "Syntax errors in policy."),
        (document(statement(Principal="*", NotPrincipal="*")), Use.RESOURCE, "Syntax errors in policy."),
        (
            document(statement(Principal={"AWS": "ann"})),
            Use.RESOURCE,
            'Invalid principal in policy: "AWS":"ann"',
        ),
        (document(statement(Principal="*")), Use.TRUST, "Has prohibited field Resource"),
    ],
)
def test_what_is_refused(text: str, use: Use, refusal: str) -> None:
    with pytest.raises(Malformed) as raised:
        parse(text, use)
    assert str(raised.value) == refusal


def test_one_statement_needs_no_list_and_one_value_no_list_either() -> None:
    policy = parse(json.dumps({"Version": "2012-10-17", "Statement": statement(Sid="One")}), Use.IDENTITY, "inline")
    (read,) = policy.statements
    assert (policy.name, read.index, read.sid, read.allows) == ("inline", 0, "One", True)


def test_a_document_may_have_every_member() -> None:
    whole = {"Version": "2012-10-17", "Id": "one", "Statement": [statement(Condition={"Bool": {"a:b": "${c:d}"}})]}
    policy = parse(json.dumps(whole), Use.IDENTITY)
    assert len(policy.statements) == 1
    assert policy.keys == {"a:b", "c:d"}


def test_an_old_version_has_no_variables() -> None:
    read = parse(document(statement(Resource="arn:aws:s3:::${a:b}", **EVERYBODY), version="2008-10-17"), Use.RESOURCE)
    assert read.statements[0].covers_resource("arn:aws:s3:::${a:b}", lookup(a__b="x"))
    read = parse(document(statement(Resource="arn:aws:s3:::${a:b}", **EVERYBODY)), Use.RESOURCE)
    assert read.statements[0].covers_resource("arn:aws:s3:::x", lookup(a__b="x"))


@pytest.mark.parametrize(
    ("members", "action", "covered"),
    [
        ({"Action": "lambda:InvokeFunction"}, "lambda:invokefunction", True),
        ({"Action": "LAMBDA:invokefunction"}, "lambda:invokefunction", True),
        ({"Action": "lambda:Invoke*"}, "lambda:invokeasync", True),
        ({"Action": "lambda:Get?lias"}, "lambda:getalias", True),
        ({"Action": ["s3:*", "sqs:*"]}, "lambda:getalias", False),
        ({"Action": ["s3:*", "lambda:*"]}, "lambda:getalias", True),
        ({"Action": "*"}, "lambda:getalias", True),
        ({"NotAction": "lambda:*"}, "lambda:getalias", False),
        ({"NotAction": ["s3:*", "iam:*"]}, "lambda:getalias", True),
    ],
)
def test_actions(members: dict[str, Any], action: str, covered: bool) -> None:
    (read,) = parse(document(statement(**members)), Use.IDENTITY).statements
    assert read.covers_action(action) is covered


@pytest.mark.parametrize(
    ("members", "covered"),
    [
        ({"Resource": "*"}, True),
        ({"Resource": ["arn:aws:s3:::a", "arn:aws:s3:::b"]}, True),
        ({"Resource": "arn:aws:s3:::b*"}, True),
        ({"Resource": "arn:aws:s3:::a*"}, False),
        ({"NotResource": "arn:aws:s3:::a"}, True),
        ({"NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b"]}, False),
    ],
)
def test_resources(members: dict[str, Any], covered: bool) -> None:
    (read,) = parse(document(statement(**members)), Use.IDENTITY).statements
    assert read.covers_resource("arn:aws:s3:::b", lookup()) is covered


def test_a_trust_policy_is_about_its_role() -> None:
    text = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})
    (read,) = parse(text, Use.TRUST).statements
    assert read.covers_resource("arn:aws:iam::1:role/any", lookup())
