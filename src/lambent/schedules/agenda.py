"""What is due when: a heap of names, of which each has one time at most. Pure."""

from __future__ import annotations

import heapq


class Agenda:
    """Names and their times (seconds since the epoch)."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._due)

    def set(self, name: str, due: float | None) -> None:
        """From now on `name` is due then; never, if None."""
        if due is None:
            self._due.pop(name, None)
        elif self._due.get(name) != due:
            self._due[name] = due
            heapq.heappush(self._heap, (due, name))
        if len(self._heap) > 2 * len(self._due) + 64:  # what was set anew lies there twice
            self._heap = [(when, each) for each, when in self._due.items()]
            heapq.heapify(self._heap)

    def next(self) -> float | None:
        """When something is due next."""
        while self._heap:
            due, name = self._heap[0]
            if self._due.get(name) == due:
                return due
            heapq.heappop(self._heap)
        return None

    def take(self, now: float) -> list[str]:
        """What is due by now, earliest first; it is due no more."""
        taken: list[str] = []
        while (due := self.next()) is not None and due <= now:
            _, name = heapq.heappop(self._heap)
            del self._due[name]
            taken.append(name)
        return taken
