"""The decision: may this caller do this to that? AWS's evaluation logic over up to four kinds of policies.

An explicit deny wins. Within an account either side may allow; across accounts both must. Permissions boundaries and
session policies allow nothing by themselves, they limit.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from lambent.policy.index import Ground, PolicySet
from lambent.policy.patterns import Lookup
from lambent.policy.principals import Caller, Grade, Kind


class By(Enum):
    """The kind of policies that decided, in AWS's words."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    ROOT = "account root"


class Policies(msgspec.Struct, frozen=True):
    """What applies to a request. None: there is no such policy (which limits nothing, and allows nothing).

    `resource_decides`: the resource's own policy must allow, even to its own account (keys, trust policies).
    """

    identity: PolicySet | None = None
    resource: PolicySet | None = None
    boundary: PolicySet | None = None
    session: PolicySet | None = None
    resource_decides: bool = False


class Question(msgspec.Struct, frozen=True):
    """May `caller` do `action` (`lambda:InvokeFunction`) to `resource` (an ARN, or `*`), which belongs to `account`?

    `lookup` gives the values of condition keys, by their names in small letters.
    """

    caller: Caller
    action: str
    resource: str
    account: str
    lookup: Lookup


class Decision(msgspec.Struct, frozen=True):
    """The answer. `explicit` is true if a statement denied; `by` is the kind of policies that decided, or that lacked
    an allowing statement; `ground` the statement, if there was one."""

    allowed: bool
    by: By
    explicit: bool = False
    ground: Ground | None = None


class _Finding(msgspec.Struct):
    """What one kind of policies says."""

    allow: Ground | None = None
    grade: Grade = Grade.NONE
    deny: Ground | None = None


def decide(question: Question, policies: Policies) -> Decision:
    """Judge a request."""
    identity = _read(policies.identity, question)
    resource = _read(policies.resource, question)
    boundary = _read(policies.boundary, question)
    session = _read(policies.session, question)
    findings = ((By.IDENTITY, identity), (By.RESOURCE, resource), (By.BOUNDARY, boundary), (By.SESSION, session))
    for by, finding in findings:
        if finding.deny is not None:
            return Decision(False, by, explicit=True, ground=finding.deny)

    caller = question.caller
    if caller.kind in (Kind.SERVICE, Kind.ANONYMOUS):
        return Decision(resource.allow is not None, By.RESOURCE, ground=resource.allow)
    same = caller.account == question.account
    if resource.grade is Grade.DIRECT and same:
        return Decision(True, By.RESOURCE, ground=resource.allow)
    if resource.allow is None and (policies.resource_decides or not same):
        return Decision(False, By.RESOURCE)
    for by, given, finding in (
        (By.BOUNDARY, policies.boundary, boundary),
        (By.SESSION, policies.session, session),
    ):
        if given is not None and finding.allow is None:
            return Decision(False, by)
    if resource.grade is Grade.ROLE and same:
        return Decision(True, By.RESOURCE, ground=resource.allow)
    if caller.kind is Kind.ROOT:
        return Decision(True, By.ROOT)
    return Decision(identity.allow is not None, By.IDENTITY, ground=identity.allow)


def _read(policies: PolicySet | None, question: Question) -> _Finding:
    finding = _Finding()
    if policies is None:
        return finding
    for ground in policies.about(question.action.lower(), question.resource, question.lookup):
        statement = ground.statement
        grade = Grade.DIRECT if statement.principals is None else statement.principals.grade(question.caller)
        if grade is Grade.NONE:
            continue
        if not statement.allows:
            finding.deny = ground
            break
        if grade > finding.grade:
            finding.grade, finding.allow = grade, ground
    return finding


def refusal(question: Question, decision: Decision) -> str:
    """AWS's text for a decision that did not allow: who, what, on what, and why."""
    said = (
        f"User: {question.caller.arn} is not authorized to perform: {question.action} on resource: {question.resource}"
    )
    if decision.explicit:
        article = "an" if decision.by is By.IDENTITY else "a"
        return f"{said} with an explicit deny in {article} {decision.by.value}"
    return f"{said} because no {decision.by.value} allows the {question.action} action"
