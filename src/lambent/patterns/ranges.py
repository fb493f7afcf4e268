"""Which of many ranges of numbers hold a number: a segment tree, so that a look-up takes logarithmic time. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from lambent.patterns.keys import Range


class Ranges:
    """Items by their ranges, made once. Places are numbered: the gap below the first bound, that bound, the gap above
    it, the next bound, and so on."""

    __slots__ = ("_bounds", "_size", "_tree")

    def __init__(self, items: Iterable[tuple[Range, int]]) -> None:
        listed = list(items)
        self._bounds = sorted({bound for found, _ in listed for bound in (found.low, found.high)})
        self._size = 2 * len(self._bounds) + 1
        self._tree: list[list[int]] = [[] for _ in range(2 * self._size)]
        for found, item in listed:
            self._add(self._place(found.low) + (not found.with_low), self._place(found.high) + found.with_high, item)

    def at(self, number: float) -> list[int]:
        """The items whose ranges hold `number`."""
        place = self._place(number) + self._size
        found: list[int] = []
        while place:
            found += self._tree[place]
            place >>= 1
        return found

    def _place(self, number: float) -> int:
        position = bisect_left(self._bounds, number)
        exact = position < len(self._bounds) and self._bounds[position] == number
        return 2 * position + exact

    def _add(self, first: int, behind: int, item: int) -> None:
        first, behind = first + self._size, behind + self._size
        while first < behind:
            if first & 1:
                self._tree[first].append(item)
                first += 1
            if behind & 1:
                behind -= 1
                self._tree[behind].append(item)
            first, behind = first >> 1, behind >> 1
