"""Patterns of terms: `ERROR "not found" -Exit`, `?ERROR ?WARN`, `%4[0-9]{2}%`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lambent.services.logs.patterns.malformed import Malformed
from lambent.services.logs.patterns.reading import Reader
from lambent.services.logs.patterns.regex import Regex

_WORD = re.compile(r"\w+", re.UNICODE)
_Term = str | Regex


class TermPattern:
    """All terms without a sign must occur, none of those with `-`. Of those with `?` one must, if there are no others;
    beside others they count for nothing, as on AWS. `needle` is the longest text that every match has."""

    def __init__(self, text: str) -> None:
        reader = Reader(text)
        self._all: list[_Term] = []
        self._none: list[_Term] = []
        self._any: list[_Term] = []
        while not reader.ended:
            sign = reader.take("-", "?")
            if sign is not None and reader.text[reader.at : reader.at + 1].isspace():
                raise Malformed(f"nothing follows the {sign} at character {reader.at}")
            term: _Term | None = reader.quoted()
            if term is None:
                term = reader.regex() or reader.word(_WORD)
            following = text[reader.at : reader.at + 1]
            if term is None or (following and not following.isspace()):
                raise Malformed(f"a term with the character {following or sign} must be in double quotation marks")
            (self._all if sign is None else self._none if sign == "-" else self._any).append(term)
        self.regexes = reader.regexes
        texts = [term for term in self._all if isinstance(term, str)]
        self.needle = max(texts, key=len, default="") or None

    def match(self, message: str) -> Mapping[str, str] | None:
        """Nothing is drawn out of a message that matches."""
        if not all(_occurs(term, message) for term in self._all):
            return None
        if any(_occurs(term, message) for term in self._none):
            return None
        if self._any and not self._all and not self._none and not any(_occurs(term, message) for term in self._any):
            return None
        return {}

    def offers(self, selector: str) -> bool:
        """See Pattern: there are no fields."""
        return False

    def draw(self, message: str, drawn: Mapping[str, str], selector: str) -> str | None:
        """See Pattern."""
        return None


def _occurs(term: _Term, message: str) -> bool:
    return term in message if isinstance(term, str) else term.occurs_in(message)
