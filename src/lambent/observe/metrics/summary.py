"""Many values summed up: how many, their sum, the least and the most, and how they are distributed.

Up to `EXACT` different values are kept as they are. Beyond, values within one per cent of each other are taken
together: sums and extremes stay exact, percentiles are then within one per cent.
"""

from __future__ import annotations

import math
from typing import Self

import msgspec

EXACT = 64
"""So many different values are told apart exactly."""

_STEP = math.log(1.02)


class Summary:
    """Mutable; `marks` is value -> how often."""

    __slots__ = ("count", "least", "marks", "most", "total")

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0
        self.least = math.inf
        self.most = -math.inf
        self.marks: dict[float, float] = {}

    @classmethod
    def of(cls, *values: float) -> Self:
        """Of some values."""
        made = cls()
        for value in values:
            made.add(value)
        return made

    @classmethod
    def told(cls, count: float, total: float, least: float, most: float) -> Self:
        """Of a set of which only that is known: between its extremes it is taken to be even."""
        made = cls()
        if count <= 0:
            return made
        inner = count - 2
        if inner <= 0 or least == most:
            made.marks = {least: count} if count < 2 or least == most else {least: 1.0, most: count - 1}
        else:
            between = min(max((total - least - most) / inner, least), most)
            for value, often in ((least, 1.0), (between, inner), (most, 1.0)):
                made.marks[value] = made.marks.get(value, 0.0) + often
        made.count, made.total, made.least, made.most = count, total, least, most
        return made

    def add(self, value: float, often: float = 1.0) -> None:
        """One value, `often` times."""
        self.count += often
        self.total += value * often
        if value < self.least:
            self.least = value
        if value > self.most:
            self.most = value
        marks = self.marks
        if value in marks:
            marks[value] += often
        elif len(marks) < EXACT:
            marks[value] = often
        else:
            self._near(value, often)

    def merge(self, other: Summary) -> None:
        """All of another one's values."""
        self.count += other.count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)
        marks = self.marks
        for value, often in other.marks.items():
            if value in marks:
                marks[value] += often
            elif len(marks) < EXACT:
                marks[value] = often
            else:
                self._near(value, often)

    def encoded(self) -> bytes:
        """For a file."""
        return _encode((self.count, self.total, self.least, self.most, self.marks))

    @classmethod
    def decoded(cls, data: bytes) -> Self:
        """Back again."""
        made = cls()
        made.count, made.total, made.least, made.most, made.marks = _decode(data)
        return made

    def _near(self, value: float, often: float) -> None:
        near = _representative(value)
        self.marks[near] = self.marks.get(near, 0.0) + often


def _representative(value: float) -> float:
    """The value that stands for all within one per cent of it."""
    if value == 0:
        return 0.0
    return math.copysign(math.exp(round(math.log(abs(value)) / _STEP) * _STEP), value)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[float, float, float, float, dict[float, float]]).decode
