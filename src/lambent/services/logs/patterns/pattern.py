"""A filter pattern of whichever kind, compiled."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from lambent.services.logs.patterns.columns import ColumnPattern
from lambent.services.logs.patterns.json_pattern import JsonPattern
from lambent.services.logs.patterns.malformed import Malformed
from lambent.services.logs.patterns.terms import TermPattern

_COMPILED = 1000
_REGEXES = 2


class Pattern(Protocol):
    """`needle` is a text that every event has that matches, or None; `regexes` how many expressions it has."""

    needle: str | None
    regexes: int

    def match(self, message: str) -> Mapping[str, str] | None:
        """What a matching event gives (selectors or fields, with their values); None if it does not match."""
        ...

    def offers(self, selector: str) -> bool:
        """Whether `draw` can find something for `$.name` or `$name`."""
        ...

    def draw(self, message: str, drawn: Mapping[str, str], selector: str) -> str | None:
        """What a selector chooses of a message that gave `drawn`; None for nothing."""
        ...


@lru_cache(_COMPILED)
def compiled(text: str) -> Pattern:
    """The pattern of a text; an empty one matches everything. Raises Malformed."""
    match text.strip()[:1]:
        case "{":
            found: Pattern = JsonPattern(text)
        case "[":
            found = ColumnPattern(text)
        case _:
            return TermPattern(text)
    if found.regexes > _REGEXES:
        raise Malformed("a pattern for JSON or space-delimited events has at most two regular expressions")
    return found
