"""The rest of a free environment: frozen after a few milliseconds, thawed for the next request.

Putting it off spares back-to-back requests both. Nothing here decides who is free; `Lifecycle` knows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from lambent.invoke.lifecycle import Lifecycle, Move, State
from lambent.model.errors import PlatformError

_log = logging.getLogger(__name__)

FREEZE_AFTER_SECONDS = 0.005
"""How long a free environment runs on before it is frozen."""


class Sleeper(Protocol):
    """Who is frozen: a sandbox's environment, or the crew in it. Both raise PlatformError."""

    async def freeze(self) -> None: ...

    async def thaw(self) -> None: ...


class Rest:
    """One environment's rest. `monotonic`: the clock's seconds."""

    __slots__ = ("_freezing", "_life", "_monotonic", "_since", "_sleeper", "_timer")

    def __init__(self, life: Lifecycle, monotonic: Callable[[], float]) -> None:
        self._life = life
        self._monotonic = monotonic
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._freezing: asyncio.Task[None] | None = None
        self._sleeper: Sleeper | None = None

    def begin(self, sleeper: Sleeper) -> None:
        """It is free from now on."""
        self._since = self._monotonic()
        self._sleeper = sleeper
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FREEZE_AFTER_SECONDS, self._freeze_if_idle)

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
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._freezing is not None:
            await self._freezing

    def _freeze_if_idle(self) -> None:
        self._timer = None
        if self._life.state is not State.IDLE or self._sleeper is None:
            return
        left = self._since + FREEZE_AFTER_SECONDS - self._monotonic()
        if left > FREEZE_AFTER_SECONDS / 10:
            self._timer = asyncio.get_running_loop().call_later(left, self._freeze_if_idle)
        else:
            self._freezing = asyncio.create_task(self._freeze(self._sleeper))

    async def _freeze(self, sleeper: Sleeper) -> None:
        try:
            await sleeper.freeze()
        except PlatformError as error:
            _log.warning("an environment runs on while idle: %s", error)
            return
        if self._life.state is State.IDLE:
            self._life.move(Move.FROZE)
