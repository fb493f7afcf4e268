"""The rules of a bus, made ready for events: an index that is made anew when they change."""

from __future__ import annotations

from functools import lru_cache

from lambent.patterns.dialects import EVENTBRIDGE
from lambent.patterns.index import Index
from lambent.patterns.pattern import Pattern
from lambent.services.events.event import Event
from lambent.services.events.names import Named
from lambent.services.events.records import Rule
from lambent.services.events.repository import Repository

_COMPILED = 10_000
_BUSES = 1000


class Rulebook:
    """Finds the enabled rules of a bus that match."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._known: dict[Named, tuple[tuple[Rule, ...], Index[str], dict[str, Rule]]] = {}

    async def matching(self, bus: Named, event: Event) -> list[Rule]:
        """The rules that an event finds, in the order of their names."""
        rules = await self._repository.rules(bus.at, bus.name)
        known = self._known.get(bus)
        if known is None or known[0] is not rules:
            patterns = [
                (rule.name, compiled(rule.pattern)) for rule in rules if rule.enabled and rule.pattern is not None
            ]
            known = rules, Index(patterns), {rule.name: rule for rule in rules}
            if len(self._known) >= _BUSES:
                self._known.clear()
            self._known[bus] = known
        _, index, by_name = known
        return [by_name[name] for name in index.matching(event.tree())] if by_name else []


@lru_cache(_COMPILED)
def compiled(pattern: str) -> Pattern:
    """A pattern in EventBridge's dialect. Raises BadPattern."""
    return Pattern(pattern, EVENTBRIDGE)
