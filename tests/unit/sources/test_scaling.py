"""How many workers there may be, minute by minute."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind
from lambent.sources.scaling import Scaling


def scaling(**options: Any) -> Scaling:
    here = ("000000000000", "us-east-1")
    return Scaling(
        EventSourceMapping("u", *here, SourceKind.SQS, "f", "", "arn:q", True, MappingState.ENABLED, 1.0, options)
    )


def test_three_hundred_more_a_minute_up_to_the_most() -> None:
    one = scaling()
    assert (one.allowed, one.idle) == (5, 1)
    one.all_busy(100)
    assert one.allowed == 5
    one.all_busy(101)
    assert one.allowed == 10
    one.all_busy(160)
    assert one.allowed == 305
    one.all_busy(9999)
    assert one.allowed == 1250


def test_only_busy_time_counts_and_what_was_grown_goes_again() -> None:
    one = scaling()
    one.all_busy(0)
    one.some_idle()
    one.all_busy(100)
    assert one.allowed == 5
    one.all_busy(101)
    one.some_idle()
    assert one.allowed == 9
    for _ in range(9):
        one.some_idle()
    assert one.allowed == 5


@pytest.mark.parametrize(("most", "start", "idle"), [(2, 2, 1), (4, 4, 1), (1000, 5, 1)])
def test_a_concurrency_of_the_users_own(most: int, start: int, idle: int) -> None:
    one = scaling(ScalingConfig={"MaximumConcurrency": most})
    assert (one.allowed, one.idle) == (start, idle)
    one.all_busy(0)
    one.all_busy(600)
    assert one.allowed == most


def test_provisioned_pollers_begin_with_more_and_grow_faster() -> None:
    one = scaling(ProvisionedPollerConfig={"MinimumPollers": 3, "MaximumPollers": 200})
    assert (one.allowed, one.idle) == (30, 3)
    one.all_busy(0)
    one.all_busy(60)
    assert one.allowed == 1030
    one.all_busy(120)
    assert one.allowed == 2000


def test_failures_halve_and_success_brings_back() -> None:
    one = scaling()
    for expected in (2, 1, 1, 1):
        one.fell_back()
        assert one.allowed == expected
    one.some_idle()
    for _ in range(9):
        one.went_well()
    assert one.allowed == 5


def test_ten_readers_are_a_provisioned_poller() -> None:
    assert scaling().pollers(20) is None
    one = scaling(ProvisionedPollerConfig={"MinimumPollers": 2, "MaximumPollers": 20})
    assert [one.pollers(workers) for workers in (1, 20, 21, 200)] == [2, 2, 3, 20]
