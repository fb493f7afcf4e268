"""Sets of policies find what concerns a request, and touch little else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.policy.document import Statement, Use, parse
from lambent.policy.index import PolicySet
from tests.unit.policy.world import document, lookup, statement

ARN = "arn:aws:lambda:us-east-1:111122223333:function:"


def made(*resources: str | list[str], **members: Any) -> PolicySet:
    statements = [statement(Sid=f"s{i}", Resource=resource, **members) for i, resource in enumerate(resources)]
    return PolicySet([parse(document(*statements), Use.IDENTITY, "p")])


def found(policies: PolicySet, resource: str, action: str = "lambda:invokefunction") -> set[str]:
    keys = lookup(aws__username="ann")
    return {ground.statement.sid for ground in policies.about(action, resource, keys)}


def test_by_resource() -> None:
    policies = made("*", ARN + "a", ARN + "a*", ARN + "b", [ARN + "a", ARN + "c?"], ARN + "${aws:username}")
    assert len(policies) == 6
    assert found(policies, ARN + "a") == {"s0", "s1", "s2", "s4"}
    assert found(policies, ARN + "ab") == {"s0", "s2"}
    assert found(policies, ARN + "c1") == {"s0", "s4"}
    assert found(policies, ARN + "ann") == {"s0", "s2", "s5"}
    assert found(policies, ARN + "a", "lambda:getfunction") == set()


def test_what_is_not_named() -> None:
    text = document(statement(Sid="s", NotResource=ARN + "a"))
    policies = PolicySet([parse(text, Use.IDENTITY)])
    assert found(policies, ARN + "a") == set()
    assert found(policies, ARN + "b") == {"s"}


def test_conditions_decide_last() -> None:
    policies = made(ARN + "a", Condition={"StringEquals": {"aws:username": "bob"}})
    assert found(policies, ARN + "a") == set()


def test_of_a_thousand_statements_few_are_held_against_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    policies = made(*(f"{ARN}f{i:04}{'*' if i % 2 else ''}" for i in range(1000)))
    found(policies, ARN + "f0007x")
    held: list[str] = []
    covers = Statement.covers_resource
    monkeypatch.setattr(Statement, "covers_resource", lambda self, *a: held.append(self.sid) or covers(self, *a))
    assert found(policies, ARN + "f0007x") == {"s7"}
    assert held == ["s7"]


_NAMES = st.text("ab", max_size=3)
_RESOURCES = st.lists(st.text("ab*?", max_size=4).map(lambda tail: ARN + tail), min_size=1, max_size=6)


@given(resources=_RESOURCES, name=_NAMES)
def test_the_index_finds_what_a_scan_finds(resources: list[str], name: str) -> None:
    policies = made(*resources)
    (policy,) = [parse(document(*(statement(Sid=f"s{i}", Resource=r) for i, r in enumerate(resources))), Use.IDENTITY)]
    scanned = {each.sid for each in policy.statements if each.covers_resource(ARN + name, lookup())}
    assert found(policies, ARN + name) == scanned
