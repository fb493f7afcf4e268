"""Schedules on time: what is due becomes executions in the outbox, and the schedule is written on. Nothing is ticked.

First the executions are durable, then the schedule's cursor: what happens to this process in between makes a second
copy after the next start, which `Executions` drops, and loses nothing.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from lambent.context import Clock, Ids
from lambent.schedules.alarms import Alarms
from lambent.services.scheduler import timing
from lambent.services.scheduler.executions import Executions
from lambent.services.scheduler.records import Schedule
from lambent.services.scheduler.repository import Kept, Repository, key_of
from lambent.services.scheduler.waiting import Execution, closed
from lambent.store.base import Conflict
from lambent.store.seal import Seal


class Box(Protocol):
    """The outbox."""

    async def put(self, line: str, bodies: list[bytes]) -> None:
        """Durable when it returns."""
        ...


class Timekeeper:
    """Loads what there is, then rings."""

    def __init__(self, repository: Repository, executions: Executions, seal: Seal, clock: Clock, ids: Ids) -> None:
        self._repository = repository
        self._executions = executions
        self._seal = seal
        self._clock = clock
        self._ids = ids
        self._missed: set[str] = set()
        self._writing: dict[str, asyncio.Event] = {}
        self._box: Box | None = None
        executions.waits = self._written

    async def load(self, alarms: Alarms) -> None:
        """Take up every schedule, before the outbox is opened: what is due now may lie in it already."""
        now = self._clock.now()
        async for schedule in self._repository.everything():
            due = timing.due(schedule)
            if due is None:
                continue
            alarms.set(key_of(schedule), due)
            if due <= now:
                self._missed.add(key_of(schedule))
                self._executions.doubt(
                    timing.execution_id(schedule, occurrence) for occurrence in timing.missed(schedule, now)
                )

    def open_to(self, box: Box) -> None:
        """Where executions are put."""
        self._box = box

    async def ring(self, key: str, alarms: Alarms) -> None:
        """A schedule is due: execute what is overdue, and say when it is due next."""
        kept = await self._repository.at(key)
        if kept is None or timing.due(kept.schedule) is None:
            return
        schedule = kept.schedule
        came_due = timing.missed if key in self._missed else timing.overdue
        occurrences = came_due(schedule, self._clock.now())
        if occurrences:
            written = msgspec.structs.replace(schedule, cursor=occurrences[-1])
            if not await self._execute(kept, written, occurrences):
                return  # it was changed meanwhile, and whoever did that has set the alarm
            schedule = written
        self._missed.discard(key)
        alarms.set(key, timing.due(schedule))

    async def _execute(self, kept: Kept, written: Schedule, occurrences: list[float]) -> bool:
        schedule = kept.schedule
        over = schedule.after_completion == "DELETE" and timing.following(schedule, occurrences[-1]) is None
        executions = [
            Execution(
                id=timing.execution_id(schedule, occurrence),
                copy=self._ids.hex(8),
                arn=schedule.arn,
                occurrence=occurrence,
                target=schedule.target,
                serial=schedule.serial,
                completes=over and occurrence == occurrences[-1],
            )
            for occurrence in occurrences
        ]
        assert self._box is not None
        line, done = schedule.arn, asyncio.Event()
        self._writing[line] = done
        try:
            await self._box.put(line, [closed(self._seal, execution) for execution in executions])
            await self._repository.put(written, kept)
        except Conflict:
            return False
        except BaseException:
            self._executions.doubt(execution.id for execution in executions)  # they may be put again
            raise
        finally:
            self._writing.pop(line, None)
            done.set()
        return True

    async def _written(self, line: str) -> None:
        """Return once no schedule of that ARN is being written on."""
        writing = self._writing.get(line)
        if writing is not None:
            await writing.wait()
