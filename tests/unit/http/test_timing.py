"""Who is late, tick by tick."""

from __future__ import annotations

from math import inf

from lambent.http.timing import Progress, Waiting


def test_a_wait_is_late_after_its_ticks() -> None:
    waiting, what = Waiting(), object()
    assert [waiting.late(tick, what, 3) for tick in range(10, 15)] == [False, False, False, True, True]


def test_a_wait_begins_anew_with_another_thing_and_after_none() -> None:
    waiting, first, second = Waiting(), object(), object()
    assert not waiting.late(1, first, 2)
    assert not waiting.late(3, second, 2)
    assert not waiting.late(4, None, 2)
    assert not waiting.late(5, second, 2)
    assert not waiting.late(6, second, 2)
    assert waiting.late(7, second, 2)


def test_a_wait_without_a_limit_is_never_late() -> None:
    waiting, what = Waiting(), object()
    assert not any(waiting.late(tick, what, inf) for tick in range(1000))


def test_a_flow_is_late_when_a_window_brings_too_little() -> None:
    flow = Progress(ticks=2, least=10)
    assert [flow.late(tick, moved) for tick, moved in enumerate([0, 9, 10, 10, 19])] == [
        False,
        False,
        False,
        False,
        True,
    ]


def test_a_flow_that_is_not_awaited_is_not_measured() -> None:
    flow = Progress(ticks=2, least=10)
    assert not flow.late(0, 0)
    assert not flow.late(1, None)
    assert not flow.late(5, 0)
    assert not flow.late(6, 0)
    assert flow.late(7, 0)
