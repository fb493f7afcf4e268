"""Memory between two readings."""

from __future__ import annotations

from lambent.invoke.headroom import Headroom


def read(available: int, reserve: int = 100) -> Headroom:
    headroom = Headroom()
    headroom.read(available, reserve)
    return headroom


def test_without_a_reading_there_is_no_limit() -> None:
    assert Headroom().missing(10**15) == Headroom().excess() == 0


def test_the_reserve_is_never_given() -> None:
    assert read(150).missing(50) == 0
    assert read(150).missing(60) == 10


def test_what_was_started_since_the_reading_counts() -> None:
    headroom = read(200)
    headroom.promise(60)
    assert headroom.missing(40) == 0
    assert headroom.missing(50) == 10
    headroom.read(200, 100)
    assert headroom.missing(100) == 0


def test_the_idle_give_back_before_starts_are_refused() -> None:
    assert read(200).excess() == 0
    assert read(150).excess() == 50
    assert read(150).missing(0) == 0
