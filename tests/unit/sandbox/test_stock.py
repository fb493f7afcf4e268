"""The stock of prepared environments as lists of events: every race is a line."""

from __future__ import annotations

import pytest

from lambent.sandbox.stock import (
    NONE,
    Failed,
    Give,
    Looked,
    Lost,
    Made,
    Prepare,
    Release,
    Sizes,
    Stock,
    Taken,
    Wanted,
)

SIZES = Sizes(least=2, most=3, total=5, window_seconds=10, unused_seconds=100, retry_seconds=5, spare_memory=1000)
PLENTY = 10_000


@pytest.fixture
def stock() -> Stock[str, int]:
    return Stock(SIZES)


def fill(stock: Stock[str, int], kind: str, *children: int, now: float = 0.0) -> None:
    """Have these children of a kind there."""
    stock.handle(Wanted(kind, now))
    for child in children:
        stock.handle(Made(kind, child))


def test_a_kind_in_use_is_filled_one_at_a_time(stock: Stock[str, int]) -> None:
    assert stock.handle(Wanted("a", 0)) == [Prepare("a")]
    assert stock.handle(Wanted("a", 0)) == []  # one is under way
    assert stock.handle(Made("a", 1)) == [Prepare("a")]
    assert stock.handle(Made("a", 2)) == []
    assert stock.children() == [1, 2]


def test_the_first_taker_gets_none_and_starts_the_filling(stock: Stock[str, int]) -> None:
    assert stock.handle(Taken("a", 0)) == [Prepare("a")]


def test_the_child_made_last_is_given_and_replaced(stock: Stock[str, int]) -> None:
    fill(stock, "a", 1, 2)
    assert stock.handle(Taken("a", 1)) == [Give(2), Prepare("a")]
    assert stock.handle(Taken("a", 1)) == [Give(1)]
    assert stock.handle(Taken("a", 1)) == []


def test_more_are_kept_while_many_are_taken_and_let_go_afterwards(stock: Stock[str, int]) -> None:
    for _ in range(4):
        stock.handle(Taken("a", 1))
    assert [stock.handle(Made("a", child)) for child in (1, 2, 3)] == [[Prepare("a")], [Prepare("a")], []]
    assert stock.handle(Looked(10.9, PLENTY)) == []
    assert stock.handle(Looked(11, PLENTY)) == [Release(1)]
    assert stock.children() == [2, 3]


def test_the_emptiest_kind_comes_first_then_the_one_used_last(stock: Stock[str, int]) -> None:
    stock.handle(Wanted("a", 0))
    stock.handle(Wanted("b", 1))
    stock.handle(Wanted("c", 2))
    order = []
    action = stock.handle(Made("a", 0))
    for child in range(1, 5):
        assert isinstance(action[-1], Prepare)
        order.append(action[-1].kind)
        action = stock.handle(Made(action[-1].kind, child))
    assert order == ["c", "b", "c", "b"]
    assert action == []  # five is all that may be there


def test_one_that_was_under_way_when_the_last_place_was_taken_costs_the_longest_unused_kind_one(
    stock: Stock[str, int],
) -> None:
    for number, kind in enumerate("abc"):
        fill(stock, kind, 2 * number, 2 * number + 1, now=number)
    assert sorted(stock.children()) == [1, 2, 3, 4, 5]


def test_what_nobody_uses_is_released(stock: Stock[str, int]) -> None:
    fill(stock, "a", 1, 2)
    fill(stock, "b", 3, 4, now=50)
    assert stock.handle(Looked(99, PLENTY)) == []
    assert stock.handle(Looked(100, PLENTY)) == [Release(1), Release(2)]
    assert stock.handle(Taken("a", 101)) == [Prepare("a")]


def test_when_memory_is_short_nothing_is_prepared_and_when_shorter_nothing_kept(stock: Stock[str, int]) -> None:
    fill(stock, "a", 1, 2)
    stock.handle(Looked(1, 1999))
    assert stock.handle(Taken("a", 1)) == [Give(2)]
    assert stock.handle(Looked(2, 999)) == [Release(1)]
    assert stock.handle(Taken("a", 3)) == []
    assert stock.handle(Looked(4, 1999)) == []
    assert stock.handle(Looked(5, 2000)) == [Prepare("a")]


def test_a_child_that_comes_when_memory_has_become_short_is_released_at_once(stock: Stock[str, int]) -> None:
    stock.handle(Wanted("a", 0))
    stock.handle(Looked(1, 10))
    assert stock.handle(Made("a", 1)) == [Release(1)]


def test_a_kind_that_fails_rests_while_others_go_on(stock: Stock[str, int]) -> None:
    stock.handle(Wanted("a", 0))
    stock.handle(Wanted("b", 0))
    assert stock.handle(Failed("a", 1)) == [Prepare("b")]
    stock.handle(Made("b", 1))
    assert stock.handle(Made("b", 2)) == []
    assert stock.handle(Looked(5.9, PLENTY)) == []
    assert stock.handle(Looked(6, PLENTY)) == [Prepare("a")]


def test_a_lost_child_is_released_once_and_replaced(stock: Stock[str, int]) -> None:
    fill(stock, "a", 1, 2)
    assert stock.handle(Lost(1)) == [Release(1), Prepare("a")]
    assert stock.handle(Lost(1)) == []


def test_time_does_not_go_back(stock: Stock[str, int]) -> None:
    fill(stock, "a", 1, 2, now=100)
    assert stock.handle(Looked(0, PLENTY)) == []
    assert stock.handle(Taken("a", 0)) == [Give(2), Prepare("a")]


def test_an_empty_stock_stays_empty() -> None:
    stock: Stock[str, int] = Stock(NONE)
    for event in (Wanted("a", 0), Taken("a", 0), Looked(1, PLENTY)):
        assert stock.handle(event) == []
