"""What happens to events, step by step: the last steps are remembered, and whoever follows hears of the next.

Bounded: so many steps, and so many for a follower who does not keep up; the rest is forgotten.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, Protocol, TypeVar

import msgspec

_REMEMBERED = 2000
_BEHIND = 1000


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of an event: `what` is `accepted`, `started`, `succeeded`, `failed`, `refused`, `delivered`,
    `undelivered` or `dropped`. `time` in seconds since the epoch; `next` is when it goes on; `last`: it does not.
    """

    time: float
    event: str
    function: str
    what: str
    attempt: int = 0
    next: float | None = None
    detail: str = ""
    last: bool = False


class Told(Protocol):
    """What a journal must know of a step: whose it is, and whether it is the last."""

    @property
    def event(self) -> str: ...

    @property
    def last(self) -> bool: ...


Kind = TypeVar("Kind", bound=Told)


class Journal(Generic[Kind]):
    """Steps of all events."""

    def __init__(self) -> None:
        self._steps: deque[Kind] = deque(maxlen=_REMEMBERED)
        self._followers: set[asyncio.Queue[Kind]] = set()

    def tell(self, step: Kind) -> None:
        """Remember a step, and pass it on to whoever follows."""
        self._steps.append(step)
        for follower in self._followers:
            if not follower.full():
                follower.put_nowait(step)

    async def steps(self, event: str | None = None, *, follow: bool = False) -> AsyncIterator[Kind]:
        """What is remembered, oldest first, of one event or of all; then what comes, until the event has its end."""
        follower: asyncio.Queue[Kind] = asyncio.Queue(_BEHIND)
        known = [step for step in self._steps if event in (None, step.event)]
        self._followers.add(follower)
        try:
            for step in known:
                yield step
            over = event is not None and any(step.last for step in known)
            while follow and not over:
                step = await follower.get()
                if event in (None, step.event):
                    yield step
                    over = event is not None and step.last
        finally:
            self._followers.discard(follower)
