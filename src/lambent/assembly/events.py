"""EventBridge: buses, rules, archives, and the deliveries that are under way."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from lambent.assembly.ground import Ground
from lambent.assembly.identity import Identity
from lambent.gateway.dispatch import Service
from lambent.neighbours.calls import Calls
from lambent.neighbours.outbox import Outbox
from lambent.queue.sqlite import SqliteQueue
from lambent.schedules.alarms import Alarms
from lambent.services.events.access import EventsAccess
from lambent.services.events.api import EventsApi
from lambent.services.events.courier import Courier
from lambent.services.events.forwarding import Forwarding
from lambent.services.events.player import Player
from lambent.services.events.repository import Repository
from lambent.services.events.retention import Retention
from lambent.services.events.router import Router
from lambent.services.events.rulebook import Rulebook
from lambent.services.events.shelf import Shelf
from lambent.services.events.steps import Steps
from lambent.services.events.timetable import Timetable
from lambent.services.events.undertaker import Undertaker
from lambent.wire.model import load

PLACES = 200
"""Deliveries at once, of all rules."""


@dataclass(frozen=True, slots=True)
class Events:
    """The service, and what others need of it."""

    service: Service
    steps: Steps


async def open_events(stack: AsyncExitStack, ground: Ground, neighbours: Calls, identity: Identity) -> Events:
    """Buses and rules, with what is under way in files of their own; takes up what was left. Raises PlatformError."""
    clock, ids = ground.clock, ground.ids
    repository, forwarding, steps = Repository(ground.store, ground.bus), Forwarding(), Steps()
    undertaker = Undertaker(neighbours, identity.acting, ground.seal, steps, clock, ids)
    courier = Courier(
        neighbours, identity.acting, forwarding, undertaker, ground.seal, steps, identity.trusts, clock, ids
    )
    queue = await stack.enter_async_context(SqliteQueue(ground.data / "deliveries.db"))
    outbox = await stack.enter_async_context(Outbox(queue, courier.attempt, clock, places=PLACES))
    undertaker.open_to(outbox.put)
    shelf = await stack.enter_async_context(Shelf(ground.data / "archives.db", ground.seal))
    router = Router(Rulebook(repository), outbox, shelf, ground.seal, steps, clock)
    player = await stack.enter_async_context(Player(repository, shelf, router, clock))
    await stack.enter_async_context(Retention(repository, shelf, ground.bus, clock))
    timetable = Timetable(repository, router.fire, clock)
    alarms = Alarms(lambda name: timetable.ring(name, alarms), clock)
    await timetable.load(alarms, ground.bus)
    await stack.enter_async_context(alarms)
    api = EventsApi(repository, router, forwarding, shelf, player, neighbours.reaches, ground.settings.put_events_bytes)
    return Events(Service(load("events"), api.operations, EventsAccess(repository)), steps)
