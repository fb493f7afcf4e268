"""Series are values: equal when they say the same."""

from __future__ import annotations

from lambent.observe.metrics.series import Series, dimensions


def test_the_order_in_which_dimensions_are_told_does_not_matter() -> None:
    one = Series("1", "r", "n", "m", dimensions({"b": "2", "a": "1"}))
    other = Series("1", "r", "n", "m", dimensions({"a": "1", "b": "2"}))
    assert one == other
    assert hash(one) == hash(other)
    assert one.dimensions == (("a", "1"), ("b", "2"))
