"""Decisions. The sources are the IAM User Guide's pages `reference_policies_evaluation-logic` (LOGIC), its part on one
account (SAME) and on several (CROSS), `access_policies_boundaries` (BOUND), `reference_policies_elements_principal`
(PRINCIPAL), `access_policies_session` (SESSION), and the KMS guide's `key-policies` (KMS)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.policy.document import Use, parse
from lambent.policy.engine import By, Decision, Policies, Question, decide, refusal
from lambent.policy.index import PolicySet
from lambent.policy.principals import Caller
from tests.unit.policy.decisions import ROWS
from tests.unit.policy.world import (
    ACCOUNT,
    FUNCTION,
    NOBODY,
    OTHER,
    ROOT,
    S3,
    SESSION,
    STRANGER,
    USER,
    ask,
    document,
    lookup,
    statement,
)

ALLOW, DENY = statement(), statement("Deny")
NAMING_USER = statement(Principal={"AWS": USER.arn})
NAMING_SESSION = statement(Principal={"AWS": SESSION.arn})
NAMING_ROLE = statement(Principal={"AWS": SESSION.role_arn})
NAMING_ACCOUNT = statement(Principal={"AWS": ACCOUNT})
NAMING_OTHER = statement(Principal={"AWS": OTHER})
NAMING_STRANGER = statement(Principal={"AWS": STRANGER.arn})
ANYBODY = statement(Principal="*")
DENY_ALL = statement("Deny", Principal="*")
FOR_S3 = statement(Principal={"Service": "s3.amazonaws.com"})

Case = tuple[str, Caller, dict[str, Any], bool, By]

CASES: list[Case] = [
    ("SAME: nothing allows", USER, {}, False, By.IDENTITY),
    ("SAME: identity allows", USER, {"identity": [ALLOW]}, True, By.IDENTITY),
    ("SAME: identity allows a session", SESSION, {"identity": [ALLOW]}, True, By.IDENTITY),
    ("LOGIC: deny wins", USER, {"identity": [ALLOW, DENY]}, False, By.IDENTITY),
    ("LOGIC: deny wins, in any order", USER, {"identity": [DENY, ALLOW]}, False, By.IDENTITY),
    ("LOGIC: another's deny", USER, {"identity": [ALLOW, statement("Deny", Action="s3:*")]}, True, By.IDENTITY),
    ("LOGIC: denied by the resource", USER, {"identity": [ALLOW], "resource_policy": [DENY_ALL]}, False, By.RESOURCE),
    ("LOGIC: the root, too", ROOT, {"resource_policy": [DENY_ALL]}, False, By.RESOURCE),
    ("LOGIC: the root may", ROOT, {}, True, By.ROOT),
    ("SAME: the resource alone", USER, {"resource_policy": [NAMING_USER]}, True, By.RESOURCE),
    ("SAME: the resource names the role", SESSION, {"resource_policy": [NAMING_ROLE]}, True, By.RESOURCE),
    ("SAME: the resource names the session", SESSION, {"resource_policy": [NAMING_SESSION]}, True, By.RESOURCE),
    ("SAME: the resource names all", USER, {"resource_policy": [ANYBODY]}, True, By.RESOURCE),
    ("PRINCIPAL: an account delegates only", USER, {"resource_policy": [NAMING_ACCOUNT]}, False, By.IDENTITY),
    (
        "PRINCIPAL: an account delegates, and identity allows",
        USER,
        {"resource_policy": [NAMING_ACCOUNT], "identity": [ALLOW]},
        True,
        By.IDENTITY,
    ),
    ("SAME: the resource names another", USER, {"resource_policy": [NAMING_STRANGER]}, False, By.IDENTITY),
    ("CROSS: identity alone", STRANGER, {"identity": [ALLOW]}, False, By.RESOURCE),
    ("CROSS: the resource alone", STRANGER, {"resource_policy": [NAMING_STRANGER]}, False, By.IDENTITY),
    ("CROSS: both", STRANGER, {"identity": [ALLOW], "resource_policy": [NAMING_STRANGER]}, True, By.IDENTITY),
    ("CROSS: by account", STRANGER, {"identity": [ALLOW], "resource_policy": [NAMING_OTHER]}, True, By.IDENTITY),
    ("CROSS: by everybody", STRANGER, {"identity": [ALLOW], "resource_policy": [ANYBODY]}, True, By.IDENTITY),
    (
        "CROSS: a deny on either side",
        STRANGER,
        {"identity": [DENY], "resource_policy": [NAMING_STRANGER]},
        False,
        By.IDENTITY,
    ),
    ("BOUND: allows nothing alone", USER, {"boundary": [ALLOW]}, False, By.IDENTITY),
    ("BOUND: both", USER, {"boundary": [ALLOW], "identity": [ALLOW]}, True, By.IDENTITY),
    ("BOUND: limits", USER, {"boundary": [], "identity": [ALLOW]}, False, By.BOUNDARY),
    ("BOUND: denies", USER, {"boundary": [DENY], "identity": [ALLOW]}, False, By.BOUNDARY),
    (
        "BOUND: does not limit what names the user",
        USER,
        {"boundary": [], "resource_policy": [NAMING_USER]},
        True,
        By.RESOURCE,
    ),
    (
        "BOUND: its deny does",
        USER,
        {"boundary": [DENY], "resource_policy": [NAMING_USER]},
        False,
        By.BOUNDARY,
    ),
    (
        "BOUND: limits what names the role",
        SESSION,
        {"boundary": [], "resource_policy": [NAMING_ROLE]},
        False,
        By.BOUNDARY,
    ),
    (
        "BOUND: does not limit what names the session",
        SESSION,
        {"boundary": [], "resource_policy": [NAMING_SESSION]},
        True,
        By.RESOURCE,
    ),
    ("BOUND: limits everybody", USER, {"boundary": [], "resource_policy": [ANYBODY]}, False, By.BOUNDARY),
    ("SESSION: allows nothing alone", SESSION, {"session": [ALLOW]}, False, By.IDENTITY),
    ("SESSION: both", SESSION, {"session": [ALLOW], "identity": [ALLOW]}, True, By.IDENTITY),
    ("SESSION: limits", SESSION, {"session": [], "identity": [ALLOW]}, False, By.SESSION),
    ("SESSION: denies", SESSION, {"session": [DENY], "identity": [ALLOW]}, False, By.SESSION),
    (
        "SESSION: limits what names the role",
        SESSION,
        {"session": [], "resource_policy": [NAMING_ROLE]},
        False,
        By.SESSION,
    ),
    (
        "SESSION: both, naming the role",
        SESSION,
        {"session": [ALLOW], "resource_policy": [NAMING_ROLE]},
        True,
        By.RESOURCE,
    ),
    (
        "SESSION: boundary, session and identity",
        SESSION,
        {"session": [ALLOW], "boundary": [ALLOW], "identity": [ALLOW]},
        True,
        By.IDENTITY,
    ),
    ("PRINCIPAL: a service", S3, {"resource_policy": [FOR_S3]}, True, By.RESOURCE),
    ("PRINCIPAL: no service", S3, {"resource_policy": [NAMING_ACCOUNT]}, False, By.RESOURCE),
    ("PRINCIPAL: a service, denied", S3, {"resource_policy": [FOR_S3, DENY_ALL]}, False, By.RESOURCE),
    ("PRINCIPAL: a service needs a policy", S3, {}, False, By.RESOURCE),
    ("PRINCIPAL: nobody", NOBODY, {"resource_policy": [ANYBODY]}, True, By.RESOURCE),
    ("PRINCIPAL: nobody in particular", NOBODY, {"resource_policy": [NAMING_ACCOUNT]}, False, By.RESOURCE),
    ("KMS: identity alone", USER, {"identity": [ALLOW], "resource_decides": True}, False, By.RESOURCE),
    (
        "KMS: the account lets identity decide",
        USER,
        {"identity": [ALLOW], "resource_policy": [NAMING_ACCOUNT], "resource_decides": True},
        True,
        By.IDENTITY,
    ),
    (
        "KMS: the account alone",
        USER,
        {"resource_policy": [NAMING_ACCOUNT], "resource_decides": True},
        False,
        By.IDENTITY,
    ),
    (
        "KMS: the key names the user",
        USER,
        {"resource_policy": [NAMING_USER], "resource_decides": True},
        True,
        By.RESOURCE,
    ),
    ("KMS: not even the root", ROOT, {"resource_decides": True}, False, By.RESOURCE),
    ("KMS: the root", ROOT, {"resource_policy": [NAMING_ACCOUNT], "resource_decides": True}, True, By.ROOT),
    (
        "PRINCIPAL: denied but for one",
        USER,
        {"identity": [ALLOW], "resource_policy": [statement("Deny", NotPrincipal={"AWS": [USER.arn, ACCOUNT]})]},
        True,
        By.IDENTITY,
    ),
    (
        "PRINCIPAL: denied but for another",
        STRANGER,
        {"identity": [ALLOW], "resource_policy": [ANYBODY, statement("Deny", NotPrincipal={"AWS": ACCOUNT})]},
        False,
        By.RESOURCE,
    ),
]


@pytest.mark.parametrize(("what", "caller", "given", "allowed", "by"), CASES, ids=[case[0] for case in CASES])
def test_decisions(what: str, caller: Caller, given: dict[str, Any], allowed: bool, by: By) -> None:
    decision = ask(caller, **given)
    assert (decision.allowed, decision.by) == (allowed, by)


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_every_combination_of_policies(row: tuple[str, ...]) -> None:
    who, identity, resource, boundary, session, decision = row
    caller = {"user": USER, "stranger": STRANGER, "session": SESSION}[who]
    said: dict[str, Any] = {"-": None, "allow": [ALLOW], "silent": [], "deny": [DENY]}
    named: dict[str, Any] = {
        "-": None,
        "itself": [statement(Principal={"AWS": caller.arn})],
        "role": [NAMING_ROLE],
        "account": [statement(Principal={"AWS": caller.account})],
        "deny": [DENY_ALL],
    }
    made = ask(
        caller,
        identity=said[identity],
        resource_policy=named[resource],
        boundary=said[boundary],
        session=said[session],
    )
    assert made.allowed is (decision == "allow")


def test_the_statement_that_decided_is_told() -> None:
    decision = ask(identity=[statement(Action="s3:*"), statement(Sid="Mine")])
    assert decision.ground is not None
    assert (decision.ground.policy, decision.ground.statement.sid, decision.ground.statement.index) == (
        "tested",
        "Mine",
        1,
    )
    decision = ask(identity=[ALLOW, statement("Deny", Sid="No")])
    assert decision.ground is not None
    assert decision.ground.statement.sid == "No"
    assert ask().ground is None


def test_conditions_take_part() -> None:
    guarded = statement(
        Principal={"Service": "s3.amazonaws.com"}, Condition={"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}}
    )
    assert ask(S3, resource_policy=[guarded], keys=lookup(aws__SourceArn="arn:aws:s3:::b")).allowed
    assert not ask(S3, resource_policy=[guarded], keys=lookup(aws__SourceArn="arn:aws:s3:::c")).allowed
    assert not ask(S3, resource_policy=[guarded]).allowed


def _said(decision: Decision, caller: Caller = USER) -> str:
    return refusal(Question(caller, "lambda:InvokeFunction", FUNCTION, ACCOUNT, lookup()), decision)


def test_refusals_say_who_what_on_what_and_why() -> None:
    begins = f"User: {USER.arn} is not authorized to perform: lambda:InvokeFunction on resource: {FUNCTION}"
    action = "allows the lambda:InvokeFunction action"
    assert _said(ask()) == f"{begins} because no identity-based policy {action}"
    assert _said(ask(identity=[DENY])) == f"{begins} with an explicit deny in an identity-based policy"
    assert _said(ask(resource_policy=[DENY_ALL])) == f"{begins} with an explicit deny in a resource-based policy"
    assert _said(ask(identity=[ALLOW], boundary=[])) == f"{begins} because no permissions boundary {action}"
    assert _said(ask(identity=[ALLOW], session=[])) == f"{begins} because no session policy {action}"
    assert _said(ask(identity=[ALLOW], resource_decides=True)) == f"{begins} because no resource-based policy {action}"


# Properties.

_ACTIONS = st.sampled_from(["lambda:InvokeFunction", "lambda:*", "s3:GetObject", "*", "lambda:Get*"])
_RESOURCES = st.sampled_from([FUNCTION, "*", FUNCTION + ":*", "arn:aws:s3:::b"])
_WHO = st.sampled_from(["*", {"AWS": USER.arn}, {"AWS": ACCOUNT}, {"AWS": OTHER}, {"Service": "s3.amazonaws.com"}])
_CALLERS = st.sampled_from([USER, SESSION, STRANGER, ROOT, S3, NOBODY])


def _statements(*, who: bool, effects: tuple[str, ...] = ("Allow", "Deny")) -> st.SearchStrategy[list[dict[str, Any]]]:
    members = {"Effect": st.sampled_from(effects), "Action": _ACTIONS, "Resource": _RESOURCES}
    if who:
        members["Principal"] = _WHO
    return st.lists(st.fixed_dictionaries(members), min_size=1, max_size=4)


@given(_CALLERS, _statements(who=False), _statements(who=True))
def test_a_deny_always_wins(caller: Caller, identity: list[dict[str, Any]], resource: list[dict[str, Any]]) -> None:
    assert not ask(caller, identity=[*identity, DENY], resource_policy=resource).allowed
    assert not ask(caller, identity=identity, resource_policy=[*resource, DENY_ALL]).allowed


@given(_CALLERS, _statements(who=False), _statements(who=True), _statements(who=False, effects=("Allow",)))
def test_one_more_allow_never_denies(
    caller: Caller, identity: list[dict[str, Any]], resource: list[dict[str, Any]], more: list[dict[str, Any]]
) -> None:
    if ask(caller, identity=identity, resource_policy=resource).allowed:
        assert ask(caller, identity=identity + more, resource_policy=resource).allowed
        assert ask(caller, identity=identity, resource_policy=[*resource, ANYBODY]).allowed


@given(_CALLERS, _statements(who=False), _statements(who=True), _statements(who=False))
def test_a_limit_never_allows(
    caller: Caller, identity: list[dict[str, Any]], resource: list[dict[str, Any]], limit: list[dict[str, Any]]
) -> None:
    if not ask(caller, identity=identity, resource_policy=resource).allowed:
        assert not ask(caller, identity=identity, resource_policy=resource, boundary=limit).allowed
        assert not ask(caller, identity=identity, resource_policy=resource, session=limit).allowed


@given(_CALLERS, st.permutations([ALLOW, DENY, statement(Action="s3:*"), statement("Deny", Resource="arn:aws:s3:::b")]))
def test_order_does_not_matter(caller: Caller, statements: list[dict[str, Any]]) -> None:
    assert not ask(caller, identity=list(statements)).allowed


def test_several_policies_count_together() -> None:
    read = [parse(document(each), Use.IDENTITY, name) for name, each in (("one", ALLOW), ("two", DENY))]
    question = Question(USER, "lambda:InvokeFunction", FUNCTION, ACCOUNT, lookup())
    assert decide(question, Policies(identity=PolicySet(read[:1]))).allowed
    decision = decide(question, Policies(identity=PolicySet(read)))
    assert decision.ground is not None
    assert decision.ground.policy == "two"
