"""Environments that are prepared before anybody asks: `Stock` decides, this does it, unhurried, in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from lambent.model.errors import PlatformError
from lambent.sandbox.environment import LaunchedEnvironment
from lambent.sandbox.launcher import Plan
from lambent.sandbox.stock import (
    Event,
    Failed,
    Give,
    Looked,
    Lost,
    Made,
    Prepare,
    Release,
    Sizes,
    Stock,
    Taken,
    Wanted,
)

_log = logging.getLogger(__name__)

CALM_SECONDS = 0.02
"""How long after a start nothing is prepared: the start itself shall have the processors."""
LONGEST_CALM_SECONDS = 0.2
LOOK_SECONDS = 5.0

_Event = Event[Plan, LaunchedEnvironment]


def available_memory(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Bytes that can be used without swapping, as the kernel estimates it."""
    for line in meminfo.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise PlatformError(f"{meminfo} does not tell the memory that is available")


class Reserve:
    """`make` prepares an environment, `available` reads the machine's memory. Used on one event loop; ended by `close`,
    which leaves the environments to their maker."""

    def __init__(
        self,
        make: Callable[[Plan], Awaitable[LaunchedEnvironment]],
        sizes: Sizes,
        available: Callable[[], int] = available_memory,
    ) -> None:
        self._make = make
        self._available = available
        self._stock: Stock[Plan, LaunchedEnvironment] = Stock(sizes)
        self._tasks: set[asyncio.Task[None]] = set()
        self._taken_at = 0.0
        self._look: asyncio.TimerHandle | None = None
        self._closed = False

    def warm(self, plan: Plan) -> None:
        """Environments of this plan will be wanted."""
        self._handle(Wanted(plan, self._now()))

    def take(self, plan: Plan) -> LaunchedEnvironment | None:
        """A prepared environment, now the caller's; None if there is none."""
        self._taken_at = self._now()
        while (child := self._handle(Taken(plan, self._now()))) is not None:
            if child.alive:
                return child
            self._own(child.kill())
        return None

    async def close(self) -> None:
        """Prepare no more."""
        self._closed = True
        if self._look is not None:
            self._look.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _handle(self, event: _Event) -> LaunchedEnvironment | None:
        given: LaunchedEnvironment | None = None
        if not self._closed:
            if self._look is None:
                self._look = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look_around)
            for action in self._stock.handle(event):
                match action:
                    case Give(child):
                        given = child
                    case Release(child):
                        self._own(child.kill())
                    case Prepare(plan):
                        self._own(self._prepare(plan))
        return given

    def _own(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _prepare(self, plan: Plan) -> None:
        """Wait until no start is under way, look at the memory, prepare one."""
        latest = self._now() + LONGEST_CALM_SECONDS
        while (calm := min(self._taken_at + CALM_SECONDS, latest)) > self._now():  # noqa: ASYNC110 - it moves meanwhile
            await asyncio.sleep(calm - self._now())
        try:
            child = await self._make(plan)
        except PlatformError as error:
            _log.warning("no environment could be prepared: %s", error)
            self._handle(Failed(plan, self._now()))
        except Exception:
            _log.exception("no environment could be prepared")
            self._handle(Failed(plan, self._now()))
        else:
            self._handle(Made(plan, child))

    def _look_around(self) -> None:
        self._look = None
        for child in self._stock.children():
            if not child.alive:
                self._handle(Lost(child))
        self._handle(Looked(self._now(), self._available()))
