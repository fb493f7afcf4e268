"""A remembered decision is the one that would be made anew, whatever has changed since."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.policy import decisions as module
from lambent.policy.decisions import Decisions
from lambent.policy.document import Use
from lambent.policy.engine import Policies, Question, decide
from lambent.policy.patterns import Lookup
from lambent.policy.principals import Caller
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
    lookup,
    policies,
    statement,
)

FROM_HERE = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
ABSENT = {"Null": {"aws:SourceIp": "true"}}
SAID = [
    (),
    (statement(),),
    (statement("Deny"),),
    (statement(Action="*", Resource="*"),),
    (statement(Condition=FROM_HERE),),
    (statement("Deny", Condition=FROM_HERE), statement()),
    (statement(Condition=ABSENT),),
    (statement(Resource="arn:aws:lambda:*:*:function:${aws:username}"),),
    (statement(NotAction="lambda:Get*", Resource="*"),),
    (statement(Action="s3:*", Condition=FROM_HERE), statement()),
]
LETS_IN = [
    (),
    (statement(Principal={"AWS": USER.arn}),),
    (statement(Principal={"AWS": SESSION.role_arn}, Condition=FROM_HERE),),
    (statement(Principal={"AWS": ACCOUNT}),),
    (statement(Principal="*"), statement("Deny", Principal={"AWS": STRANGER.arn})),
    (statement(Principal={"Service": "s3.amazonaws.com"}),),
]
IDENTITY = [None, *(policies(Use.IDENTITY, *said) for said in SAID)]
RESOURCE = [None, *(policies(Use.RESOURCE, *said) for said in LETS_IN)]
HERE, THERE, NOWHERE = (
    lookup(aws__SourceIp="10.1.1.1", aws__username="hello"),
    lookup(aws__SourceIp="8.8.8.8"),
    lookup(),
)

cases = st.builds(
    lambda caller, action, resource, account, asked, applied: (
        Question(caller, action, resource, account, asked),
        applied,
    ),
    st.sampled_from([USER, ROOT, SESSION, STRANGER, S3, NOBODY]),
    st.sampled_from(["lambda:InvokeFunction", "lambda:GetFunction"]),
    st.sampled_from([FUNCTION, FUNCTION + "2"]),
    st.sampled_from([ACCOUNT, OTHER]),
    st.sampled_from([HERE, THERE, NOWHERE]),
    st.builds(
        Policies,
        st.sampled_from(IDENTITY),
        st.sampled_from(RESOURCE),
        st.sampled_from(IDENTITY),
        st.sampled_from(IDENTITY),
        st.booleans(),
    ),
)


@given(
    st.lists(cases, min_size=1, max_size=4), st.lists(st.sampled_from([HERE, THERE, NOWHERE]), min_size=2, max_size=3)
)
def test_what_is_remembered_is_what_is_decided(asked: list[tuple[Question, Policies]], moments: list[Lookup]) -> None:
    decisions = Decisions()
    for moment in moments:
        for question, applied in asked:
            now = msgspec.structs.replace(question, lookup=moment)
            assert decisions.decide(now, applied) == decide(now, applied)


def question(caller: Caller = USER, **changed: Any) -> Question:
    return msgspec.structs.replace(Question(caller, "lambda:InvokeFunction", FUNCTION, ACCOUNT, NOWHERE), **changed)


def test_what_no_condition_had_a_say_in_is_decided_once() -> None:
    decisions, applied = Decisions(), Policies(identity=policies(Use.IDENTITY, statement()))
    first = decisions.decide(question(), applied)
    assert first.allowed
    assert decisions.decide(question(lookup=HERE), applied) is first
    same = Policies(identity=policies(Use.IDENTITY, statement()))
    assert decisions.decide(question(), same) is not first  # other policies, though they say the same


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (statement(Condition=FROM_HERE), question(lookup=HERE)),
        (statement(Condition=ABSENT), question()),
        (statement(Resource="arn:aws:lambda:*:*:function:${aws:username}"), question(lookup=HERE)),
        (statement(Resource="*"), question(resource="arn:" + "f" * module.RESOURCE_CHARACTERS)),
    ],
)
def test_what_is_decided_each_time(said: dict[str, Any], asked: Question) -> None:
    decisions, applied = Decisions(), Policies(identity=policies(Use.IDENTITY, said))
    first = decisions.decide(asked, applied)
    assert first.allowed
    assert decisions.decide(asked, applied) is not first


def test_a_refusal_is_made_anew() -> None:
    decisions, applied = Decisions(), Policies(identity=policies(Use.IDENTITY, statement("Deny")))
    first = decisions.decide(question(), applied)
    assert not first.allowed
    assert decisions.decide(question(), applied) is not first


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    decisions, applied = Decisions(), Policies(identity=policies(Use.IDENTITY, statement(Resource="*")))
    first = decisions.decide(question(), applied)
    for number in range(2):
        decisions.decide(question(resource=f"{FUNCTION}{number}"), applied)
    assert decisions.decide(question(), applied) is not first


def test_policies_that_are_no_more_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STATEMENTS", 3)
    decisions, applied = Decisions(), Policies(identity=policies(Use.IDENTITY, statement()))
    first = decisions.decide(question(), applied)
    for _ in range(3):
        decisions.decide(question(), Policies(identity=policies(Use.IDENTITY, statement())))
    assert decisions.decide(question(), applied) is first
    decisions.decide(question(), Policies(identity=policies(Use.IDENTITY, statement())))
    assert decisions.decide(question(), applied) is not first
