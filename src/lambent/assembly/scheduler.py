"""The Scheduler: schedules in the store, what they have begun in a file of its own."""

from __future__ import annotations

from contextlib import AsyncExitStack

from lambent.assembly.ground import Ground
from lambent.assembly.identity import Identity
from lambent.gateway.dispatch import Service
from lambent.neighbours.calls import Calls
from lambent.neighbours.outbox import Outbox
from lambent.queue.sqlite import SqliteQueue
from lambent.schedules.alarms import Alarms
from lambent.services.scheduler.access import SchedulerAccess
from lambent.services.scheduler.api import SchedulerApi
from lambent.services.scheduler.checks import Checks
from lambent.services.scheduler.executions import Executions
from lambent.services.scheduler.repository import Repository
from lambent.services.scheduler.timekeeper import Timekeeper
from lambent.wire.model import load

_PLACES = 128
"""Calls of targets at once."""


async def open_scheduler(stack: AsyncExitStack, ground: Ground, identity: Identity, neighbours: Calls) -> Service:
    """Schedules, which take up what became due while the server was down. Raises PlatformError."""
    repository = Repository(ground.store)
    as_role, trusts, seal = identity.acting.as_role, identity.trusts, ground.seal
    executions = Executions(repository, neighbours, as_role, trusts, seal, ground.clock)
    timekeeper = Timekeeper(repository, executions, seal, ground.clock, ground.ids)
    alarms = Alarms(lambda name: timekeeper.ring(name, alarms), ground.clock)
    await timekeeper.load(alarms)
    queue = await stack.enter_async_context(SqliteQueue(ground.data / "scheduler.db"))
    outbox = await stack.enter_async_context(Outbox(queue, executions.attempt, ground.clock, places=_PLACES))
    executions.open_to(outbox.put)
    timekeeper.open_to(outbox)
    await stack.enter_async_context(alarms)
    checks = Checks(trusts, neighbours.reaches)
    return Service(load("scheduler"), SchedulerApi(repository, checks, alarms).operations, SchedulerAccess(repository))
