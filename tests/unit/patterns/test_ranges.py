"""Ranges: the tree finds what asking every range would find."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lambent.patterns.keys import Range
from lambent.patterns.ranges import Ranges

BOUNDS = st.integers(-4, 4)
RANGES = st.lists(
    st.tuples(BOUNDS, st.booleans(), BOUNDS, st.booleans()).filter(lambda each: each[0] < each[2]), max_size=12
)


def holds(found: Range, number: float) -> bool:
    return (found.low < number or (found.with_low and found.low == number)) and (
        number < found.high or (found.with_high and found.high == number)
    )


@given(RANGES, st.floats(-6, 6).map(lambda number: round(number * 2) / 2))
def test_it_finds_what_holds_the_number(given_ranges: list[tuple[int, bool, int, bool]], number: float) -> None:
    ranges = [Range(*each) for each in given_ranges]
    found = Ranges((each, position) for position, each in enumerate(ranges)).at(number)
    assert sorted(found) == [position for position, each in enumerate(ranges) if holds(each, number)]


def test_half_open_ends() -> None:
    infinity = float("inf")
    found = Ranges([(Range(-infinity, False, 3, True), 1), (Range(3, False, infinity, False), 2)])
    assert (found.at(3), found.at(3.5), found.at(-1e300)) == ([1], [2], [1])
