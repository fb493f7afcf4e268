"""Requests and policies for the tests of the policy language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lambent.policy.document import Use, parse
from lambent.policy.engine import Decision, Policies, Question, decide
from lambent.policy.index import PolicySet
from lambent.policy.patterns import Lookup
from lambent.policy.principals import Caller, Kind

ACCOUNT, OTHER = "111122223333", "999999999999"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello"
USER = Caller(Kind.USER, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann")
ROOT = Caller(Kind.ROOT, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")
SESSION = Caller(
    Kind.SESSION,
    ACCOUNT,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/one",
    role_arn=f"arn:aws:iam::{ACCOUNT}:role/service-role/worker",
)
STRANGER = Caller(Kind.USER, OTHER, f"arn:aws:iam::{OTHER}:user/bob")
S3 = Caller(Kind.SERVICE, "", "s3.amazonaws.com", service="s3.amazonaws.com")
NOBODY = Caller(Kind.ANONYMOUS, "", "anonymous")


def lookup(**values: str | list[str]) -> Lookup:
    """A request's condition keys; `aws__SourceIp` is `aws:SourceIp`."""
    known = {name.replace("__", ":").lower(): [v] if isinstance(v, str) else v for name, v in values.items()}
    return known.get


def statement(effect: str = "Allow", **members: Any) -> dict[str, Any]:
    """A statement about invoking `FUNCTION`, unless `members` says otherwise."""
    made: dict[str, Any] = {"Effect": effect, **members}
    if "NotAction" not in made:
        made.setdefault("Action", "lambda:InvokeFunction")
    if "NotResource" not in made:
        made.setdefault("Resource", FUNCTION)
    return made


def document(*statements: Mapping[str, Any], version: str = "2012-10-17") -> str:
    """A policy document."""
    return json.dumps({"Version": version, "Statement": list(statements)})


def policies(use: Use, *statements: Mapping[str, Any]) -> PolicySet:
    """One policy as a set; none of no statements."""
    return PolicySet([parse(document(*statements), use, "tested")] if statements else [])


def ask(
    caller: Caller = USER,
    *,
    action: str = "lambda:InvokeFunction",
    resource: str = FUNCTION,
    account: str = ACCOUNT,
    keys: Lookup | None = None,
    identity: list[dict[str, Any]] | None = None,
    resource_policy: list[dict[str, Any]] | None = None,
    boundary: list[dict[str, Any]] | None = None,
    session: list[dict[str, Any]] | None = None,
    resource_decides: bool = False,
) -> Decision:
    """What the engine says."""

    def made(use: Use, statements: list[dict[str, Any]] | None) -> PolicySet | None:
        return None if statements is None else policies(use, *statements)

    return decide(
        Question(caller, action, resource, account, keys or lookup()),
        Policies(
            identity=made(Use.IDENTITY, identity),
            resource=made(Use.RESOURCE, resource_policy),
            boundary=made(Use.IDENTITY, boundary),
            session=made(Use.IDENTITY, session),
            resource_decides=resource_decides,
        ),
    )
