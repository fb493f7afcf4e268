"""Fairness and rates, without any time passing."""

from __future__ import annotations

import pytest

from lambent.invoke.turns import Rate, Turns


def turns(*wishes: str) -> Turns[str]:
    """A wish's line is its first letter."""
    made: Turns[str] = Turns()
    for wish in wishes:
        made.add(wish[0], wish)
    return made


def taken(subject: Turns[str]) -> list[str]:
    found = []
    while subject:
        found.append(subject.take())
    return found


def test_each_line_has_its_turn_however_long_another_is() -> None:
    assert taken(turns("a1", "a2", "a3", "a4", "b1", "c1", "c2")) == ["a1", "b1", "c1", "a2", "c2", "a3", "a4"]


def test_a_line_that_comes_later_is_served_after_those_that_wait() -> None:
    subject = turns("a1", "a2", "b1")
    assert subject.take() == "a1"
    subject.add("c", "c1")
    assert taken(subject) == ["b1", "a2", "c1"]


@pytest.mark.parametrize("wish", ["a1", "z1"])
def test_what_is_put_back_is_next(wish: str) -> None:
    subject = turns("a2", "b1")
    subject.put_back(wish[0], wish)
    assert subject.take() == wish
    assert sorted(taken(subject)) == ["a2", "b1"]


def test_taking_where_nobody_waits_is_a_mistake() -> None:
    with pytest.raises(IndexError):
        turns().take()


def test_cleared_it_is_empty() -> None:
    subject = turns("a1", "a2", "b1")
    subject.clear()
    assert not subject
    subject.add("a", "a1")
    assert taken(subject) == ["a1"]


def test_a_rate_gives_its_burst_and_then_refills_all_the_time() -> None:
    rate = Rate(1000, 10)
    assert sum(rate.take("f", 0.0) for _ in range(1100)) == 1000
    assert sum(rate.take("f", 0.5) for _ in range(1100)) == 50
    assert sum(rate.take("f", 10.5) for _ in range(1100)) == 1000


def test_what_is_not_used_is_not_saved_up() -> None:
    rate = Rate(10, 1)
    assert rate.take("f", 0.0)
    assert sum(rate.take("f", 3600.0) for _ in range(100)) == 10


def test_each_key_has_its_own_rate() -> None:
    rate = Rate(1, 1)
    assert rate.take("f", 0.0)
    assert rate.take("g", 0.0)
    assert not rate.take("f", 0.5)


def test_what_was_not_needed_comes_back_but_never_more_than_there_is() -> None:
    rate = Rate(1, 1)
    rate.give_back("f")
    assert rate.take("f", 0.0)
    rate.give_back("f")
    rate.give_back("f")
    assert rate.take("f", 0.0)
    assert not rate.take("f", 0.0)


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    rate = Rate(2, 1)
    assert rate.take("f", 100.0)
    assert rate.take("f", 50.0)
    assert not rate.take("f", 50.4)
    assert rate.take("f", 50.5)


def test_how_long_to_wait() -> None:
    rate = Rate(10, 5)
    assert rate.wait("f", 0.0) == 0
    for _ in range(10):
        rate.take("f", 0.0)
    assert rate.wait("f", 0.0) == pytest.approx(0.5)
    assert rate.wait("f", 0.4) == pytest.approx(0.1)
    assert rate.take("f", 0.5)


def test_full_rates_are_forgotten() -> None:
    rate = Rate(1, 1)
    rate.take("f", 0.0)
    rate.take("g", 0.9)
    rate.forget(1.0)
    assert set(rate._left) == {"g"}
