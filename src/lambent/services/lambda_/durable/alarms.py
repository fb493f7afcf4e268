"""When which execution has something to do by itself: one sleeper for all of them, on the clock that users can move."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable

from lambent.context import Clock
from lambent.services.lambda_.durable.values import Ref

_LONGEST_SLEEP = 86_400.0


class Alarms:
    """Calls `ring` with an execution when its time has come. One time an execution: a new one replaces the old."""

    def __init__(self, clock: Clock, ring: Callable[[Ref], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._heap: list[tuple[float, int, Ref]] = []
        self._set: dict[str, tuple[float, int]] = {}
        self._count = 0
        self._earlier = asyncio.Event()

    def at(self, execution: Ref, moment: float) -> None:
        """Ring for an execution then, and not when it was to be before."""
        known = self._set.get(execution.id)
        if known is not None and known[0] == moment:
            return
        self._count += 1
        self._set[execution.id] = moment, self._count
        heapq.heappush(self._heap, (moment, self._count, execution))
        if self._heap[0][1] == self._count:
            self._earlier.set()

    def forget(self, execution: Ref) -> None:
        """It is not there any more."""
        self._set.pop(execution.id, None)

    async def watch(self) -> None:
        """Ring until cancelled."""
        while True:
            self._earlier.clear()
            left = self._due()
            async with asyncio.TaskGroup() as group:
                waits = [group.create_task(self._earlier.wait()), group.create_task(self._clock.sleep(left))]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for wait in waits:
                    wait.cancel()

    def _due(self) -> float:
        """Ring for all whose time has come; seconds until the next."""
        while self._heap:
            moment, number, execution = self._heap[0]
            if self._set.get(execution.id) != (moment, number):
                heapq.heappop(self._heap)
                continue
            if (left := moment - self._clock.now()) > 0:
                return min(left, _LONGEST_SLEEP)
            heapq.heappop(self._heap)
            del self._set[execution.id]
            self._ring(execution)
        return _LONGEST_SLEEP
