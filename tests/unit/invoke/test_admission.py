"""Who may run: the account's limit and reserved concurrency."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.invoke.admission import Admission, Refusal
from lambent.invoke.pace import Pace
from lambent.model.function import FunctionVersion
from tests.unit.invoke.conftest import make_function

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


def two(function: Make) -> tuple[FunctionVersion, FunctionVersion]:
    """Two versions of one function."""
    first, second = (function(version=n, arn=f"arn:aws:lambda:us-east-1:000000000000:function:f:{n}") for n in "12")
    return first, second


def test_provisioned_concurrency_is_a_versions_own_and_the_rest_spills_over(function: Make) -> None:
    admission = Admission(limit=4, unreserved_minimum=0)
    one, other = two(function)
    admission.provision(*WORLD, "f", {one.arn: 2})
    g = function(name="g")
    assert [admission.admit(g) for _ in range(3)] == [None, None, Refusal.ACCOUNT]
    assert [admission.admit(one) for _ in range(3)] == [None, None, Refusal.ACCOUNT]
    assert admission.admit(other) is Refusal.ACCOUNT
    admission.release(g)
    assert admission.admit(one) is None
    admission.release(one)
    assert admission.admit(other) is None


def test_how_much_of_what_is_provisioned_was_used_at_once(function: Make) -> None:
    admission = Admission(limit=9, unreserved_minimum=0)
    one, other = two(function)
    admission.provision(*WORLD, "f", {one.arn: 2})
    for _ in range(3):
        admission.admit(one)
    admission.admit(other)
    assert admission.busiest(*WORLD, "f") == {one.arn: 2}, "the third has spilled over"
    for _ in range(2):
        admission.release(one)
    assert admission.busiest(*WORLD, "f") == {one.arn: 2}, "they ran when the stretch began"
    assert admission.busiest(*WORLD, "f") == {one.arn: 1}
    assert admission.busiest(*WORLD, "nobody") == {}


def test_provisioned_out_of_reserved(function: Make) -> None:
    admission = Admission(limit=100, unreserved_minimum=0)
    one, other = two(function)
    admission.reserve(*WORLD, "f", 3)
    admission.provision(*WORLD, "f", {one.arn: 3})
    assert admission.admit(other) is Refusal.RESERVED, "all that is reserved is provisioned for another version"
    assert [admission.admit(one) for _ in range(4)] == [None, None, None, Refusal.RESERVED]
    admission.provision(*WORLD, "f", {one.arn: 1})
    assert admission.admit(other) is Refusal.RESERVED, "three run"
    admission.release(one)
    assert admission.admit(other) is None


def test_what_is_provisioned_must_fit() -> None:
    admission = Admission(limit=1000, unreserved_minimum=100)
    with pytest.raises(ValueError, match="99 unreserved would remain"):
        admission.provision(*WORLD, "f", {"f:1": 901})
    admission.provision(*WORLD, "f", {"f:1": 500, "f:2": 400})
    with pytest.raises(ValueError, match="99 unreserved"):
        admission.reserve(*WORLD, "g", 1)
    with pytest.raises(ValueError, match="900 are provisioned, 899 would be reserved"):
        admission.reserve(*WORLD, "f", 899)
    admission.reserve(*WORLD, "f", 900)
    with pytest.raises(ValueError, match="900 are reserved, 901 would be provisioned"):
        admission.provision(*WORLD, "f", {"f:1": 901})
    admission.forget(*WORLD, "f")
    admission.reserve(*WORLD, "g", 900)


def test_a_function_that_is_forgotten_leaves_its_running_counted(function: Make) -> None:
    admission = Admission(limit=2, unreserved_minimum=0)
    one, _ = two(function)
    admission.provision(*WORLD, "f", {one.arn: 1})
    assert admission.admit(one) is None
    admission.forget(*WORLD, "f")
    assert [admission.admit(function(name="g")) for _ in range(2)] == [None, Refusal.ACCOUNT]
    admission.release(one)
    assert admission.admit(function(name="g")) is None


@given(st.lists(st.sampled_from(["admit 1", "admit 2", "end", "reserve", "free", "provision", "none"]), max_size=40))
def test_the_sums_are_always_those_of_what_runs(steps: list[str]) -> None:
    admission = Admission(limit=8, unreserved_minimum=1)
    versions = two(make_function)
    running: list[FunctionVersion] = []
    for step in steps:
        try:
            match step:
                case "admit 1" | "admit 2":
                    version = versions[int(step[-1]) - 1]
                    if admission.admit(version) is None:
                        running.append(version)
                case "end" if running:
                    admission.release(running.pop())
                case "reserve":
                    admission.reserve(*WORLD, "f", 3)
                case "free":
                    admission.reserve(*WORLD, "f", None)
                case "provision":
                    admission.provision(*WORLD, "f", {versions[0].arn: 2})
                case "none":
                    admission.provision(*WORLD, "f", {})
        except ValueError:
            continue
    for version in running:
        admission.release(version)
    admission.forget(*WORLD, "f")
    g = make_function(name="g")
    assert [admission.admit(g) for _ in range(9)] == [None] * 8 + [Refusal.ACCOUNT]


def test_how_many_may_run_at_once(function: Make) -> None:
    admission = Admission(limit=10, unreserved_minimum=0)
    assert admission.concurrency(function()) == 10
    admission.reserve(*WORLD, "f", 4)
    assert admission.concurrency(function()) == 4
    assert admission.concurrency(function(name="g")) == 10


def test_how_many_may_begin_in_a_second(function: Make) -> None:
    now = [0.0]
    admission = Admission(limit=2, unreserved_minimum=0, pace=Pace(10.0, lambda: now[0]))
    admission.reserve(*WORLD, "f", 1)
    f, g, h = function(), function(name="g"), function(name="h")

    def begun(subject: FunctionVersion) -> Refusal | None:
        refusal = admission.admit(subject)
        if refusal is None:
            admission.release(subject)
        return refusal

    assert [begun(f) for _ in range(11)] == [None] * 10 + [Refusal.RESERVED_RATE]
    assert [begun(g) for _ in range(15)] == [None] * 15
    assert [begun(h) for _ in range(6)] == [None] * 5 + [Refusal.ACCOUNT_RATE]
    now[0] += 0.1
    assert [begun(f) for _ in range(2)] == [None, Refusal.RESERVED_RATE]
    assert [begun(h) for _ in range(3)] == [None, None, Refusal.ACCOUNT_RATE]
    admission.reserve(*WORLD, "f", 0)
    assert begun(f) is Refusal.RESERVED


def test_the_accounts_peak_is_no_sum_of_peaks_at_different_times(function: Make) -> None:
    admission = Admission(limit=100, unreserved_minimum=0)
    f, g = function(), function(name="g")
    for each in (f, f, f):
        admission.admit(each)
    for each in (f, f):
        admission.release(each)
    admission.admit(g)
    (load,) = admission.loads()
    assert (load.peaks, load.total, load.unreserved) == ({"f": 3, "g": 1}, 3, 3)
    (load,) = admission.loads()
    assert (load.peaks, load.total, load.unreserved) == ({"f": 1, "g": 1}, 2, 2)
