"""How many environments to have prepared for which functions to come: a pure machine of events and actions.

It prepares one at a time, more where many were taken lately, none where none was taken for long, and gives all up when
memory is short. It does no I/O, reads no clock and knows no environment: `K` is what children of one kind have in
common, `C` a child.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Sizes:
    """`least` are kept of a kind in use, up to `most` when that many were taken within `window_seconds`, `total` of
    all kinds together; none of a kind that nobody took for `unused_seconds`.

    Nothing is prepared while the machine has less than twice `spare_memory` bytes available, and nothing is kept with
    less than that. After a failure the kind rests for `retry_seconds`.
    """

    least: int = 2
    most: int = 8
    total: int = 16
    window_seconds: float = 10.0
    unused_seconds: float = 1800.0
    retry_seconds: float = 5.0
    spare_memory: int = 512 * 1024 * 1024


NONE = Sizes(least=0, most=0, total=0)
"""Prepare nothing."""


@dataclass(frozen=True, slots=True)
class Wanted(Generic[K]):
    """Functions of this kind are in use."""

    kind: K
    now: float


@dataclass(frozen=True, slots=True)
class Taken(Generic[K]):
    """Somebody needs a child: `Give` is the answer if there is one."""

    kind: K
    now: float


@dataclass(frozen=True, slots=True)
class Made(Generic[K, C]):
    """What `Prepare` asked for."""

    kind: K
    child: C


@dataclass(frozen=True, slots=True)
class Failed(Generic[K]):
    """`Prepare` could not be done."""

    kind: K
    now: float


@dataclass(frozen=True, slots=True)
class Lost(Generic[C]):
    """A child has died by itself."""

    child: C


@dataclass(frozen=True, slots=True)
class Looked:
    """Time has passed; `available` is the machine's memory that is free for new use, in bytes."""

    now: float
    available: int


@dataclass(frozen=True, slots=True)
class Prepare(Generic[K]):
    """Make one; `Made` or `Failed` must follow. Never two at a time."""

    kind: K


@dataclass(frozen=True, slots=True)
class Give(Generic[C]):
    """This child is the asker's."""

    child: C


@dataclass(frozen=True, slots=True)
class Release(Generic[C]):
    """This child is wanted no more."""

    child: C


Event = Wanted[K] | Taken[K] | Made[K, C] | Failed[K] | Lost[C] | Looked
Action = Prepare[K] | Give[C] | Release[C]


@dataclass(slots=True)
class _Shelf(Generic[C]):
    """The children of one kind, and when they were taken lately."""

    taken: deque[float]
    used: float
    rests_until: float = 0.0
    children: list[C] = field(default_factory=list)


class Stock(Generic[K, C]):
    """See the module. `now` of all events is of one clock that never goes back."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._shelves: dict[K, _Shelf[C]] = {}
        self._preparing: K | None = None
        self._now = 0.0
        self._may_prepare = True
        self._may_keep = True

    def children(self) -> list[C]:
        """All that are there."""
        return [child for shelf in self._shelves.values() for child in shelf.children]

    def handle(self, event: Event[K, C]) -> list[Action[K, C]]:
        """What follows from an event."""
        actions: list[Action[K, C]] = []
        match event:
            case Wanted(kind, now):
                self._advance(now)
                self._shelf(kind).used = self._now
            case Taken(kind, now):
                self._advance(now)
                shelf = self._shelf(kind)
                shelf.used = self._now
                shelf.taken.append(self._now)
                if shelf.children:
                    actions.append(Give(shelf.children.pop()))
            case Made(kind, child):
                self._preparing = None
                self._shelf(kind).children.append(child)
                actions += self._surplus()
            case Failed(kind, now):
                self._advance(now)
                self._preparing = None
                self._shelf(kind).rests_until = self._now + self._sizes.retry_seconds
            case Lost(child):
                actions += self._remove(child)
            case Looked(now, available):
                self._advance(now)
                self._may_keep = available >= self._sizes.spare_memory
                self._may_prepare = available >= 2 * self._sizes.spare_memory
                actions += self._surplus()
        return actions + self._refill()

    def _advance(self, now: float) -> None:
        self._now = max(self._now, now)

    def _shelf(self, kind: K) -> _Shelf[C]:
        shelf = self._shelves.get(kind)
        if shelf is None:
            shelf = self._shelves[kind] = _Shelf(deque(maxlen=self._sizes.most), self._now)
        return shelf

    def _aim(self, shelf: _Shelf[C]) -> int:
        """How many of this kind there should be."""
        if not self._may_keep or self._now - shelf.used >= self._sizes.unused_seconds:
            return 0
        while shelf.taken and self._now - shelf.taken[0] >= self._sizes.window_seconds:
            shelf.taken.popleft()
        return min(self._sizes.most, max(self._sizes.least, len(shelf.taken)))

    def _surplus(self) -> list[Action[K, C]]:
        """Let go of what is too much, the longest unused kind first."""
        actions: list[Action[K, C]] = []
        by_use = sorted(self._shelves.values(), key=lambda shelf: shelf.used)
        count = len(self.children())
        for shelf in by_use:
            aim = self._aim(shelf)
            while shelf.children and len(shelf.children) > aim:
                actions.append(Release(shelf.children.pop(0)))
                count -= 1
        for shelf in by_use:
            while shelf.children and count > self._sizes.total:
                actions.append(Release(shelf.children.pop(0)))
                count -= 1
        return actions

    def _remove(self, child: C) -> list[Action[K, C]]:
        for shelf in self._shelves.values():
            if child in shelf.children:
                shelf.children.remove(child)
                return [Release(child)]
        return []

    def _refill(self) -> list[Action[K, C]]:
        """Ask for the child that is missed most, if one may be asked for: of the emptiest kind, then the last used."""
        if self._preparing is not None or not self._may_prepare or len(self.children()) >= self._sizes.total:
            return []
        short = [
            (len(shelf.children), -shelf.used, number, kind)
            for number, (kind, shelf) in enumerate(self._shelves.items())
            if len(shelf.children) < self._aim(shelf) and self._now >= shelf.rests_until
        ]
        if not short:
            return []
        self._preparing = min(short)[3]
        return [Prepare(self._preparing)]
