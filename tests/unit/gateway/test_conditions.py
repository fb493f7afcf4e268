"""The condition keys of requests."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.context import Principal, Session
from lambent.gateway.conditions import Keys
from lambent.http.message import Origin, Request
from lambent.policy.index import PolicySet
from lambent.services.access import Need
from lambent.services.iam.identities import Identity
from tests.unit.gateway.conftest import StoppedClock

ACCOUNT = "000000000000"
NEED = Need("lambda:InvokeFunction", "arn", ACCOUNT, {"lambda:functionarn": ("x",)})
ROOT = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
ANN = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann", "AKIA", user="ann")
FUNCTION = Principal(
    ACCOUNT,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/r/f",
    "ASIA",
    function_arn=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:1",
    role="r",
    session=Session("f", 0.0, tags={"Team": "blue"}, source_identity="ann"),
)
S3 = Principal("", "s3", "", service="s3.amazonaws.com", source_arn="arn:aws:s3:::b", source_account=ACCOUNT)


def keys(principal: Principal, *, request: Request | None = None, identity: Identity | None = None) -> Keys:
    return Keys(NEED, principal, identity, {"Stage": "prod"}, "eu-west-1", request, StoppedClock(), "o-abcdefghij")


def identity(arn: str, id_: str) -> Identity:
    return Identity(id=id_, arn=arn, policies=PolicySet([]), boundary=None, tags={"Team": "red", "Cost": "1"})


@pytest.mark.parametrize(
    ("key", "root", "ann", "function", "service"),
    [
        ("aws:principalarn", ROOT.arn, ANN.arn, "arn:role", None),
        ("aws:principalaccount", ACCOUNT, ACCOUNT, ACCOUNT, None),
        ("aws:principalorgid", *["o-abcdefghij"] * 3, None),
        ("aws:resourceorgid", *["o-abcdefghij"] * 4),
        ("aws:principaltype", "Account", "User", "AssumedRole", "Service"),
        ("aws:userid", ACCOUNT, "AIDA", "AROA:f", None),
        ("aws:username", None, "ann", None, None),
        ("aws:sourceidentity", None, None, "ann", None),
        ("aws:principalisawsservice", "false", "false", "false", "true"),
        ("aws:principalservicename", None, None, None, "s3.amazonaws.com"),
        ("aws:sourcearn", None, None, None, "arn:aws:s3:::b"),
        ("aws:sourceaccount", None, None, None, ACCOUNT),
        ("aws:sourceowner", None, None, None, None),
        ("aws:tokenissuetime", None, None, "1970-01-01T00:00:00Z", None),
        ("aws:principaltag/team", None, "red", "blue", None),
        ("aws:principaltag/cost", None, "1", "1", None),
        ("aws:resourcetag/stage", "prod", "prod", "prod", "prod"),
        ("aws:resourcetag/none", None, None, None, None),
        ("aws:requestedregion", "eu-west-1", "eu-west-1", "eu-west-1", "eu-west-1"),
        ("aws:resourceaccount", ACCOUNT, ACCOUNT, ACCOUNT, ACCOUNT),
        ("aws:currenttime", *["2026-09-21T14:13:20Z"] * 4),
        ("aws:epochtime", *["1790000000"] * 4),
        ("aws:viaawsservice", *["false"] * 4),
        ("lambda:sourcefunctionarn", None, None, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f", None),
        ("lambda:functionarn", "x", "x", "x", "x"),
        ("aws:sourceip", None, None, None, None),
        ("aws:securetransport", *["true"] * 4),
        ("aws:nonsense", None, None, None, None),
    ],
)
def test_by_caller(key: str, root: Any, ann: Any, function: Any, service: Any) -> None:
    found = [
        keys(ROOT)(key),
        keys(ANN, identity=identity(ANN.arn, "AIDA"))(key),
        keys(FUNCTION, identity=identity("arn:role", "AROA"))(key),
        keys(S3)(key),
    ]
    assert [None if each is None else each[0] for each in found] == [root, ann, function, service]


def test_by_request_and_not_by_what_a_proxy_claims() -> None:
    fields = [
        ("User-Agent", "me"),
        ("Referer", "there"),
        ("X-Forwarded-For", "1.2.3.4"),
        ("X-Forwarded-Proto", "https"),
    ]
    request = Request.of("GET", "/", fields, b"", Origin("http", ("::ffff:203.0.113.9", 1)))
    found = keys(ROOT, request=request)
    assert [found(f"aws:{name}") for name in ("useragent", "referer", "sourceip", "securetransport")] == [
        ("me",),
        ("there",),
        ("203.0.113.9",),
        ("false",),
    ]


def test_alarms_say_whose_they_are() -> None:
    alarms = Principal("", "", "", service="cloudwatch.amazonaws.com", source_arn="arn", source_account=ACCOUNT)
    assert keys(alarms)("aws:sourceowner") == (ACCOUNT,)


@pytest.mark.parametrize("key", ["aws:principalorgid", "aws:resourceorgid"])
def test_without_an_organization_nobody_is_of_one(key: str) -> None:
    assert Keys(NEED, ANN, None, {}, "eu-west-1", None, StoppedClock())(key) is None
    anonymous = Principal("", "", "")
    assert keys(anonymous)("aws:principalorgid") is None
