"""Who follows log groups, and how each reads on when streams have grown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lambent.observe.log_files import LogFiles
from lambent.observe.log_lines import LogEvent
from lambent.observe.log_names import Group


@dataclass(slots=True, eq=False)
class Follower:
    """Streams that grew since the follower last looked, and where it is in them, in bytes: None until that is known."""

    positions: dict[str, int] | None = None
    grown: set[str] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Following:
    """All followers of a store; used from the event loop only."""

    def __init__(self, read: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        """`read` runs a function of the files in a thread."""
        self._read = read
        self._followers: dict[Group, set[Follower]] = {}
        self._closed = False

    def __len__(self) -> int:
        """How many miss nothing that comes from now on."""
        return sum(each.positions is not None for followers in self._followers.values() for each in followers)

    def begin(self, group: Group) -> Follower:
        """From now on it hears of what grows; its `positions` are to be told it."""
        follower = Follower()
        self._followers.setdefault(group, set()).add(follower)
        return follower

    def grew(self, group: Group, stream: str) -> None:
        """A stream has more."""
        for follower in self._followers.get(group, ()):
            follower.grown.add(stream)
            follower.wake.set()

    def close(self) -> None:
        """Nothing more will come: followers end when they have told what there is."""
        self._closed = True
        for followers in self._followers.values():
            for follower in followers:
                follower.wake.set()

    async def events(self, group: Group, follower: Follower) -> AsyncIterator[LogEvent]:
        """What comes, of every stream, new ones too, until `close`."""
        try:
            while True:
                grown, follower.grown = follower.grown, set()
                events, unread = await self._read(_read_on, group, grown, follower.positions)
                for event in events:
                    yield event
                follower.grown |= unread
                if not follower.grown:
                    if self._closed:
                        return
                    await follower.wake.wait()
                    follower.wake.clear()
        finally:
            self.end(group, follower)

    def end(self, group: Group, follower: Follower) -> None:
        """It listens no more. Idempotent."""
        followers = self._followers.get(group, set())
        followers.discard(follower)
        if not followers:
            self._followers.pop(group, None)


class Tail:
    """What a follower hears. Close it, also if nothing was read from it."""

    def __init__(self, following: Following, group: Group, follower: Follower) -> None:
        self._events = following.events(group, follower)
        self._end = partial(following.end, group, follower)

    def __aiter__(self) -> AsyncIterator[LogEvent]:
        return self._events

    async def aclose(self) -> None:
        """Nobody reads on. Idempotent."""
        await self._events.aclose()  # type: ignore[attr-defined]
        self._end()


def _read_on(
    files: LogFiles, group: Group, grown: set[str], positions: dict[str, int]
) -> tuple[list[LogEvent], set[str]]:
    """One portion of each stream that grew, by time, and the streams of which more may be left."""
    events: list[LogEvent] = []
    unread = set()
    for stream in sorted(grown):
        portion, positions[stream] = files.since(group, stream, positions.get(stream, 0))
        events += portion
        if portion:
            unread.add(stream)
    return sorted(events, key=lambda event: event.timestamp_ms), unread
