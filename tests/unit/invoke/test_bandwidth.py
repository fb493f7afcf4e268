"""The bandwidth rule, with the time as an input."""

from __future__ import annotations

from lambent.invoke.bandwidth import Bandwidth

MIB = 1024 * 1024


def test_the_first_six_megabytes_leave_at_once() -> None:
    bandwidth = Bandwidth(6 * MIB, 2 * MIB, now=100.0)
    assert [bandwidth.take(MIB, 100.0) for _ in range(6)] == [0.0] * 6


def test_the_rest_leaves_at_two_megabytes_a_second() -> None:
    bandwidth = Bandwidth(6 * MIB, 2 * MIB, now=100.0)
    bandwidth.take(6 * MIB, 100.0)
    now, waits = 100.0, []
    for _ in range(4):
        waits.append(wait := bandwidth.take(MIB, now))
        now += wait
    assert waits == [0.5] * 4


def test_a_slow_answer_never_waits() -> None:
    bandwidth = Bandwidth(6 * MIB, 2 * MIB, now=0.0)
    assert [bandwidth.take(MIB, second / 2) for second in range(1000)] == [0.0] * 1000


def test_what_was_not_used_is_saved_up_to_the_burst_and_no_more() -> None:
    bandwidth = Bandwidth(6 * MIB, 2 * MIB, now=0.0)
    bandwidth.take(6 * MIB, 0.0)
    assert bandwidth.take(6 * MIB, 3600.0) == 0.0
    assert bandwidth.take(MIB, 3600.0) == 0.5


def test_a_piece_above_the_burst_waits_for_what_is_missing() -> None:
    assert Bandwidth(MIB, 2 * MIB, now=0.0).take(5 * MIB, 0.0) == 2.0


def test_time_that_runs_backwards_gives_nothing() -> None:
    bandwidth = Bandwidth(MIB, MIB, now=50.0)
    bandwidth.take(MIB, 50.0)
    assert bandwidth.take(MIB, 10.0) == 1.0
    assert bandwidth.take(0, 11.0) == 0.0
