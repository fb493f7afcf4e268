"""Rules on a schedule: fired when they are due, by one wait for all of them. Nothing is ticked.

A rate counts from when the rule was made, changed or enabled. First the event is with the targets' outbox, then the
rule's time is kept: what happens to this process in between makes the same event come twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache, partial

from lambent.bus.base import Bus as Wire
from lambent.context import Clock
from lambent.schedules import backlog
from lambent.schedules.alarms import Alarms
from lambent.schedules.expressions import Dialect, Expression, parse
from lambent.schedules.occurrences import next_after
from lambent.services.events.records import Rule
from lambent.services.events.repository import TOPIC, Repository, rule_key, rule_named

Fire = Callable[[Rule, float], Awaitable[None]]
"""(rule, the time that has come): its targets will hear of it when this returns."""

AGE_SECONDS = 86_400.0
"""For how long an event is worth delivering, as with targets."""

_KNOWN = 20_000


class Timetable:
    """`ring` is for `Alarms`."""

    def __init__(self, repository: Repository, fire: Fire, clock: Clock) -> None:
        self._repository = repository
        self._fire = fire
        self._clock = clock
        self._missed: set[str] = set()

    async def load(self, alarms: Alarms, wire: Wire) -> None:
        """Take up every rule, and hear of those that change."""
        now = self._clock.now()
        async for rule in self._repository.scheduled():
            due = await self._due(rule)
            alarms.set(rule_key(rule), due)
            if due is not None and due <= now:
                self._missed.add(rule_key(rule))

        def changed(topic: str, key: str) -> None:
            if rule_named(key) is not None:
                alarms.set(key, self._clock.now())

        wire.subscribe(TOPIC, changed)

    async def ring(self, key: str, alarms: Alarms) -> None:
        """A rule is due, or has changed: fire it for every time that has come, and say when it is due next."""
        named = rule_named(key)
        kept = None if named is None else await self._repository.kept_rule(*named)
        if kept is None or kept.value.schedule is None or not kept.value.enabled:
            self._missed.discard(key)
            return
        rule, now = kept.value, self._clock.now()
        cursor = await self._cursor(rule)
        following, come = partial(_following, rule), now.__ge__
        if key in self._missed:
            times = backlog.missed(following, cursor, come, now=now, age=AGE_SECONDS)
        else:
            times = backlog.overdue(following, cursor, come)
        for time in times:
            await self._fire(rule, time)
        if times:
            await self._repository.set_fired(rule, times[-1])
        self._missed.discard(key)
        alarms.set(key, _following(rule, times[-1] if times else cursor))

    async def _due(self, rule: Rule) -> float | None:
        return _following(rule, await self._cursor(rule)) if rule.enabled else None

    async def _cursor(self, rule: Rule) -> float:
        """Up to when nothing is left to do."""
        return max(rule.changed, await self._repository.fired(rule))


def _following(rule: Rule, after: float) -> float | None:
    return next_after(_parsed(rule.schedule or ""), after, anchor=rule.changed)


@lru_cache(_KNOWN)
def _parsed(text: str) -> Expression:
    """An expression, which was checked when it came."""
    return parse(text, Dialect.RULES)
