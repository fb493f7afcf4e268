"""Contexts of calls that no request asked for."""

from __future__ import annotations

from lambent.clock import MovableClock, RandomIds
from lambent.context import Principal
from lambent.neighbours.acting import Acting

ROOT = Principal("000000000000", "arn:aws:iam::000000000000:root", "AKIA")
TOPIC = "arn:aws:sns:eu-west-1:111111111111:t"
ROLE = "arn:aws:iam::222222222222:role/r"


def in_role(role: str, session: str) -> Principal:
    return Principal(role.split(":")[4], f"{role}/{session}", "", role="r")


def acting(everybody: Principal | None = None) -> Acting:
    return Acting(in_role, everybody, MovableClock(), RandomIds())


def test_a_service_acts_for_a_resource() -> None:
    ctx = acting().as_service("sns.amazonaws.com", TOPIC, trace_id="Root=1")
    assert (ctx.account, ctx.region, ctx.trace_id) == ("111111111111", "eu-west-1", "Root=1")
    who = ctx.principal
    assert (who.service, who.source_arn, who.source_account) == ("sns.amazonaws.com", TOPIC, "111111111111")
    assert not who.is_root


def test_a_role_acts_in_its_account() -> None:
    ctx = acting().as_role(ROLE, "scheduler", "us-east-1")
    assert (ctx.account, ctx.region) == ("222222222222", "us-east-1")
    assert ctx.principal == in_role(ROLE, "scheduler")


def test_an_account_acts_for_itself() -> None:
    ctx = acting().as_account("111111111111", "eu-west-1", trace_id="Root=1")
    assert (ctx.account, ctx.region, ctx.trace_id) == ("111111111111", "eu-west-1", "Root=1")
    assert ctx.principal.is_root


def test_without_authentication_all_are_one() -> None:
    assert acting(ROOT).as_service("sns.amazonaws.com", TOPIC).principal is ROOT
    assert acting(ROOT).as_account("1", "us-east-1").principal is ROOT
    assert acting(ROOT).as_role(ROLE, "s", "us-east-1").principal is ROOT
