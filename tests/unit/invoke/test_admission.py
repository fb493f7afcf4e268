"""Who may run: the account's limit and reserved concurrency."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lambent.invoke.admission import Admission, Refusal
from lambent.model.function import FunctionVersion

Make = Callable[..., FunctionVersion]
WORLD = ("000000000000", "us-east-1")


def test_the_account_limit_refuses_the_one_above(function: Make) -> None:
    admission = Admission(limit=2, unreserved_minimum=0)
    f, g = function(), function(name="g")
    assert admission.admit(f) is None
    assert admission.admit(g) is None
    assert admission.admit(f) is Refusal.ACCOUNT
    admission.release(g)
    assert admission.admit(f) is None


def test_regions_and_accounts_have_their_own_limits(function: Make) -> None:
    admission = Admission(limit=1, unreserved_minimum=0)
    assert admission.admit(function()) is None
    assert admission.admit(function(region="eu-west-1")) is None
    assert admission.admit(function(account="111111111111")) is None
    assert admission.admit(function()) is Refusal.ACCOUNT


def test_reserved_concurrency_is_a_cap_and_a_carve_out(function: Make) -> None:
    admission = Admission(limit=3, unreserved_minimum=1)
    admission.reserve(*WORLD, "f", 2)
    f, g = function(), function(name="g")
    assert [admission.admit(f) for _ in range(3)] == [None, None, Refusal.RESERVED]
    assert [admission.admit(g) for _ in range(2)] == [None, Refusal.ACCOUNT]


def test_versions_of_a_function_share_its_reservation(function: Make) -> None:
    admission = Admission(limit=10, unreserved_minimum=0)
    admission.reserve(*WORLD, "f", 1)
    assert admission.admit(function(version="1")) is None
    assert admission.admit(function(version="2")) is Refusal.RESERVED


def test_a_reservation_of_none_throttles_everything(function: Make) -> None:
    admission = Admission(limit=10, unreserved_minimum=0)
    admission.reserve(*WORLD, "f", 0)
    assert admission.admit(function()) is Refusal.RESERVED


def test_the_unreserved_minimum_cannot_be_reserved() -> None:
    admission = Admission(limit=1000, unreserved_minimum=100)
    admission.reserve(*WORLD, "f", 900)
    with pytest.raises(ValueError, match="99 unreserved would remain, at least 100 must"):
        admission.reserve(*WORLD, "g", 1)
    admission.reserve(*WORLD, "f", 899)
    admission.reserve(*WORLD, "g", 1)


def test_lowering_a_reservation_is_always_allowed() -> None:
    admission = Admission(limit=50, unreserved_minimum=100)
    with pytest.raises(ValueError, match="unreserved"):
        admission.reserve(*WORLD, "f", 1)
    admission.reserve(*WORLD, "f", 0)
    admission.reserve(*WORLD, "f", None)


def test_counts_stay_true_when_a_running_function_changes_sides(function: Make) -> None:
    admission = Admission(limit=4, unreserved_minimum=0)
    f, g = function(), function(name="g")
    assert [admission.admit(f), admission.admit(f)] == [None, None]
    admission.reserve(*WORLD, "f", 3)
    assert [admission.admit(g), admission.admit(g)] == [None, Refusal.ACCOUNT]
    assert [admission.admit(f), admission.admit(f)] == [None, Refusal.RESERVED]
    admission.reserve(*WORLD, "f", None)
    assert admission.admit(g) is Refusal.ACCOUNT
    for _ in range(3):
        admission.release(f)
    assert [admission.admit(g) for _ in range(4)] == [None, None, None, Refusal.ACCOUNT]
