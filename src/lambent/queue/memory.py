"""The Queue in memory: for tests, and for servers that need to remember nothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import msgspec

from lambent.queue.base import Message


class _Stored(msgspec.Struct):
    """A message as it lies in its queue; `visible_at` and its id are its place in the order."""

    body: bytes
    enqueued_at: float
    visible_at: float
    attempts: int = 0


@dataclass(slots=True)
class _Line:
    """One queue: its messages by id, and (visible_at, id) of each in order."""

    messages: dict[int, _Stored] = field(default_factory=dict)
    order: list[tuple[float, int]] = field(default_factory=list)

    def add(self, number: int, stored: _Stored) -> None:
        self.messages[number] = stored
        insort(self.order, (stored.visible_at, number))

    def remove(self, number: int) -> _Stored:
        stored = self.messages.pop(number)
        del self.order[bisect_left(self.order, (stored.visible_at, number))]
        return stored


class MemoryQueue:
    """Messages in sorted lists. Durable for as long as the process lives."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._last_id = 0

    @property
    def commits(self) -> int:
        """See `Queue.commits`."""
        return 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None

    async def put(
        self, queue: str, bodies: Sequence[bytes], *, now: float, visible_at: float | None = None
    ) -> list[int]:
        """See `Queue.put`."""
        line = self._lines.setdefault(queue, _Line())
        first = self._last_id + 1
        self._last_id += len(bodies)
        for number, body in enumerate(bodies, first):
            line.add(number, _Stored(body, now, now if visible_at is None else max(now, visible_at)))
        return list(range(first, self._last_id + 1))

    async def take(self, queue: str, *, limit: int, now: float, lease: float) -> list[Message]:
        """See `Queue.take`."""
        line = self._lines.get(queue, _Line())
        visible = bisect_right(line.order, (now, self._last_id))
        taken = []
        for _, number in line.order[: min(visible, max(limit, 0))]:
            stored = line.remove(number)
            stored.attempts += 1
            stored.visible_at = now + lease
            line.add(number, stored)
            taken.append(Message(number, stored.body, _receipt(number, stored), stored.attempts, stored.enqueued_at))
        return taken

    async def ack(self, queue: str, messages: Sequence[Message]) -> int:
        """See `Queue.ack`."""
        acknowledged = 0
        for message in messages:
            if self._holds(queue, message):
                self._lines[queue].remove(message.id)
                acknowledged += 1
        return acknowledged

    async def defer(self, queue: str, message: Message, *, visible_at: float) -> bool:
        """See `Queue.defer`."""
        if not self._holds(queue, message):
            return False
        stored = self._lines[queue].remove(message.id)
        stored.visible_at = visible_at
        self._lines[queue].add(message.id, stored)
        return True

    async def depth(self, queue: str, *, now: float) -> tuple[int, int]:
        """See `Queue.depth`."""
        line = self._lines.get(queue, _Line())
        visible = bisect_right(line.order, (now, self._last_id))
        return visible, len(line.order) - visible

    async def next_visible(self, queue: str) -> float | None:
        """See `Queue.next_visible`."""
        line = self._lines.get(queue)
        return line.order[0][0] if line and line.order else None

    async def names(self) -> list[str]:
        """See `Queue.names`."""
        return sorted(name for name, line in self._lines.items() if line.order)

    async def reopen(self, *, now: float, beyond: float = 0.0) -> list[str]:
        """See `Queue.reopen`."""
        for line in self._lines.values():
            late = bisect_right(line.order, (max(now, beyond), self._last_id))
            for number in [number for _, number in line.order[late:] if line.messages[number].attempts]:
                stored = line.remove(number)
                stored.visible_at = now
                line.add(number, stored)
        return await self.names()

    def _holds(self, queue: str, message: Message) -> bool:
        line = self._lines.get(queue)
        stored = line.messages.get(message.id) if line else None
        return stored is not None and _receipt(message.id, stored) == message.receipt


def _receipt(number: int, stored: _Stored) -> str:
    return f"{number}-{stored.attempts}"
