"""From an event on a bus to the targets of the rules that it finds: durable before anybody is told that it is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256

import msgspec

from lambent.context import Clock
from lambent.neighbours.outbox import Outbox
from lambent.services.access import Place
from lambent.services.events.deliveries import Delivery, closed
from lambent.services.events.event import Event
from lambent.services.events.names import Named, bus_arn, bus_named
from lambent.services.events.records import Rule, Target
from lambent.services.events.rulebook import Rulebook
from lambent.services.events.shelf import Shelf
from lambent.services.events.steps import Step, Steps
from lambent.store.seal import Seal


class Router:
    """Puts what is to be done into the outbox, and what is to be kept onto the archives' shelf."""

    def __init__(
        self, rulebook: Rulebook, outbox: Outbox, shelf: Shelf, seal: Seal, steps: Steps, clock: Clock
    ) -> None:
        self._rulebook = rulebook
        self._outbox = outbox
        self._shelf = shelf
        self._seal = seal
        self._steps = steps
        self._clock = clock

    async def receive(self, bus: Named, event: Event, only: Sequence[str] = ()) -> None:
        """Take an event for the rules that it finds, or for those `only` (by their ARNs). Raises PlatformError."""
        found = await self._rulebook.matching(bus, event)
        rules = [rule for rule in found if rule.arn in only] if only else found
        self._tell(bus_arn(bus), event, rules)
        await self._hand_over(rules, event)

    async def fire(self, rule: Rule, time: float) -> None:
        """The time of a rule's schedule has come: its targets get an event that says so. Raises PlatformError.

        The same time makes the same event, should a crash make it come twice.
        """
        digits = sha256(f"{rule.arn} {rule.changed!r} {time!r}".encode()).hexdigest()
        event = Event(
            id=f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}",
            detail_type="Scheduled Event",
            source="aws.events",
            account=rule.account,
            time=time,
            region=rule.region,
            detail="{}",
            resources=(rule.arn,),
        )
        self._tell(bus_arn(bus_named(Place(rule.account, rule.region), rule.bus)), event, [rule])
        await self._hand_over([rule], event)

    async def _hand_over(self, rules: Sequence[Rule], event: Event) -> None:
        waits = []
        for rule in rules:
            if rule.archive is not None:
                waits.append(self._shelf.add(rule.archive, event, self._clock.now()))
                continue
            waits += [self._post(rule, target, event) for target in rule.targets]
        await asyncio.gather(*waits)

    async def _post(self, rule: Rule, target: Target, event: Event) -> None:
        if target.role is None and rule.role is not None:
            target = msgspec.structs.replace(target, role=rule.role)
        delivery = Delivery(rule.arn, target, event)
        await self._outbox.put(delivery.line, [closed(self._seal, delivery)])

    def _tell(self, bus: str, event: Event, rules: Sequence[Rule]) -> None:
        step = Step(
            time=self._clock.now(),
            event=event.id,
            bus=bus,
            what="put",
            source=event.source,
            detail_type=event.detail_type,
            rules=tuple(rule.name for rule in rules),
        )
        self._steps.tell(step)
