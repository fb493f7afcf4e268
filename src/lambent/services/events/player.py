"""Plays replays: archived events go to their bus again, a few at a time, and how far it came is kept.

After a crash a replay goes on behind the last few that were kept: those may come twice, none is left out.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Self

import msgspec

from lambent.context import Clock
from lambent.model.errors import PlatformError
from lambent.services.access import Place
from lambent.services.events.managed import shelved
from lambent.services.events.names import archive_of, bus_of
from lambent.services.events.records import Replay
from lambent.services.events.repository import Kept, Repository, put_replay
from lambent.services.events.router import Router
from lambent.services.events.shelf import Shelf
from lambent.store.base import Conflict

CHUNK = 50
"""So many events are sent before it is written down how far a replay is."""

_LOG = logging.getLogger(__name__)


class Player:
    """Open it with `async with`; it takes up what was left. One task a replay."""

    def __init__(self, repository: Repository, shelf: Shelf, router: Router, clock: Clock) -> None:
        self._repository = repository
        self._shelf = shelf
        self._router = router
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        async for at, name in self._repository.replaying():
            self.play(at, name)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop at once; the next start goes on."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def play(self, at: Place, name: str) -> None:
        """Go on with a replay that is stored."""
        task = asyncio.create_task(self._play(at, name), name=f"replay {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Return once nothing is being replayed (any more)."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _play(self, at: Place, name: str) -> None:
        try:
            while await self._step(at, name):
                pass
        except PlatformError:
            _LOG.exception("the replay %s waits for the next start", name)

    async def _step(self, at: Place, name: str) -> bool:
        """Send the next few events; False when there is no more to do."""
        kept = await self._repository.kept_replay(at, name)
        if kept is None or kept.value.ended is not None:
            return False
        replay, now = kept.value, self._clock.now()
        if replay.state == "CANCELLING":
            return await self._write(kept, msgspec.structs.replace(replay, state="CANCELLED", ended=now))
        named, bus = archive_of(replay.archive), bus_of(replay.bus)
        archive = None if named is None else await self._repository.kept_archive(named.at, named.name)
        if archive is None or bus is None or await self._repository.bus(bus.at, bus.name) is None:
            why = "The archive, or its event bus, was deleted."
            return await self._write(kept, msgspec.structs.replace(replay, state="FAILED", why=why, ended=now))
        reached = replay.first if replay.reached is None else replay.reached
        events = await self._shelf.following(
            shelved(archive.value),
            first=replay.first,
            last=replay.last,
            behind=(reached, replay.position),
            limit=CHUNK,
        )
        again = [msgspec.structs.replace(each.event, replay=replay.name) for each in events]
        await asyncio.gather(*(self._router.receive(bus, event, replay.rules) for event in again))  # one fsync for many
        if not events:
            return await self._write(kept, msgspec.structs.replace(replay, state="COMPLETED", ended=self._clock.now()))
        last = events[-1]
        further = msgspec.structs.replace(replay, state="RUNNING", reached=last.event.time, position=last.number)
        return await self._write(kept, further)

    async def _write(self, kept: Kept[Replay], replay: Replay) -> bool:
        """True if it goes on: also when somebody has cancelled meanwhile, which the next step sees."""
        try:
            await self._repository.commit(*put_replay(replay, kept))
        except Conflict:
            return True
        return replay.ended is None
