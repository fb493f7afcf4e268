"""The rest of a free environment: frozen after a few milliseconds, thawed for the next request.

Putting it off spares back-to-back requests both. Nothing here decides who is free; `Lifecycle` knows.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from lambent.invoke.lifecycle import Lifecycle, Move, State
from lambent.model.errors import PlatformError

_log = logging.getLogger(__name__)

FREEZE_AFTER_SECONDS = 0.005
"""How long a free environment runs on before it is frozen: so long, and up to twice as long."""

_NEARLY = 0.9
"""The loop counts in whole milliseconds."""


class Sleeper(Protocol):
    """Who is frozen: a sandbox's environment, or the crew in it. Both raise PlatformError."""

    async def freeze(self) -> None: ...

    async def thaw(self) -> None: ...


class Curfew:
    """One timer for all that rest: of one for each, every other request of a busy function would make and fire one."""

    __slots__ = ("_loop", "_rests", "_timer")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rests: set[Rest] = set()
        self._timer: asyncio.TimerHandle | None = None

    def time(self) -> float:
        """The loop's seconds: cheap, and exact enough."""
        return self._loop.time()

    def expect(self, rest: Rest) -> None:
        """Ask `rest` every few milliseconds whether its time has come, until it has."""
        self._rests.add(rest)
        if self._timer is None:
            self._timer = self._loop.call_later(FREEZE_AFTER_SECONDS, self._strike)

    def forget(self, rest: Rest) -> None:
        """It does not matter any more."""
        self._rests.discard(rest)

    def _strike(self) -> None:
        self._timer = None
        now = self._loop.time()
        self._rests = {rest for rest in self._rests if not rest.come(now)}
        if self._rests:
            self._timer = self._loop.call_later(FREEZE_AFTER_SECONDS, self._strike)


class Rest:
    """One environment's rest."""

    __slots__ = ("_awaited", "_curfew", "_freezing", "_life", "_since", "_sleeper")

    def __init__(self, life: Lifecycle, curfew: Curfew) -> None:
        self._life = life
        self._curfew = curfew
        self._since = 0.0
        self._awaited = False
        self._freezing: asyncio.Task[None] | None = None
        self._sleeper: Sleeper | None = None

    def begin(self, sleeper: Sleeper) -> None:
        """It is free from now on."""
        self._since = self._curfew.time()
        self._sleeper = sleeper
        if not self._awaited:
            self._awaited = True
            self._curfew.expect(self)

    @property
    def frozen(self) -> bool:
        """True if it is frozen, or about to be: `end` is due before it is used."""
        return self._freezing is not None

    async def end(self) -> None:
        """Let it run again. Raises PlatformError."""
        freezing, self._freezing = self._freezing, None
        if freezing is not None and self._sleeper is not None:
            await freezing
            await self._sleeper.thaw()

    async def cancel(self) -> None:
        """No rest any more; a freeze that is under way ends first."""
        self._curfew.forget(self)
        if self._freezing is not None:
            await self._freezing

    def come(self, now: float) -> bool:
        """For the curfew: freeze it if it has been free for long enough. False: it has not, ask again."""
        if self._life.state is State.IDLE and self._sleeper is not None:
            if now - self._since < FREEZE_AFTER_SECONDS * _NEARLY:
                return False
            self._freezing = asyncio.create_task(self._freeze(self._sleeper))
        self._awaited = False
        return True

    async def _freeze(self, sleeper: Sleeper) -> None:
        try:
            await sleeper.freeze()
        except PlatformError as error:
            _log.warning("an environment runs on while idle: %s", error)
            return
        if self._life.state is State.IDLE:
            self._life.move(Move.FROZE)
