"""Who may start the next environment, and how many in a time: fairness between functions, AWS's scaling rate. Pure."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Turns(Generic[_T]):
    """Wishes in lines, served round robin: each line's first in turn, however long another line is."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[_T]] = {}
        self._order: deque[str] = deque()

    def __bool__(self) -> bool:
        return bool(self._order)

    def add(self, line: str, wish: _T) -> None:
        """Last in its line; a line that was empty is served after all others."""
        if line in self._lines:
            self._lines[line].append(wish)
        else:
            self._lines[line] = deque((wish,))
            self._order.append(line)

    def take(self) -> _T:
        """The next wish, which is no longer in line. Raises IndexError if there is none."""
        line = self._order.popleft()
        wishes = self._lines[line]
        wish = wishes.popleft()
        if wishes:
            self._order.append(line)
        else:
            del self._lines[line]
        return wish

    def put_back(self, line: str, wish: _T) -> None:
        """It was not its time: it is the next one again, of its line and of all."""
        if line in self._lines:
            self._lines[line].appendleft(wish)
            self._order.remove(line)
        else:
            self._lines[line] = deque((wish,))
        self._order.appendleft(line)

    def clear(self) -> None:
        """Nobody wishes anything any more."""
        self._lines.clear()
        self._order.clear()


class Rate:
    """At most `most` at once for each key, refilled all the time at `most / seconds`; never more is saved up."""

    def __init__(self, most: float, seconds: float) -> None:
        self._most = most
        self._per_second = most / seconds
        self._left: dict[str, tuple[float, float]] = {}
        """What was left, and when."""

    def take(self, key: str, now: float) -> bool:
        """One more for `key`, if it may have it now."""
        left = self._refilled(key, now)
        if left < 1.0:
            return False
        self._left[key] = (left - 1.0, now)
        return True

    def give_back(self, key: str) -> None:
        """One that was taken was not needed."""
        if key in self._left:
            left, at = self._left[key]
            self._left[key] = (min(self._most, left + 1.0), at)

    def wait(self, key: str, now: float) -> float:
        """Seconds until `key` may have the next one."""
        return max(0.0, (1.0 - self._refilled(key, now)) / self._per_second)

    def forget(self, now: float) -> None:
        """Drop what would say nothing: keys that have their full rate again."""
        for key in [key for key in self._left if self._refilled(key, now) >= self._most]:
            del self._left[key]

    def _refilled(self, key: str, now: float) -> float:
        if key not in self._left:
            return self._most
        left, at = self._left[key]
        return min(self._most, left + max(0.0, now - at) * self._per_second)
