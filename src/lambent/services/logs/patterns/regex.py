"""Regular expressions of filter patterns, `%...%`: does one occur in a text? In time proportional to the text.

CloudWatch Logs allows no groups here, so an expression is a choice between rows of repeated single characters. It is
run as a finite automaton whose states are made when they are first reached: nothing backtracks, nothing can hang.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from lambent.services.logs.patterns.malformed import Malformed

_ELEMENTS = 1000
"""How long the rows of an expression may be once its counts are written out."""

_STATES = 2000
_PLAIN = re.compile(r"[A-Za-z0-9 :_#=@/;,\-!~&<>'\"`]")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|[dDsSwW]|[^A-Za-z0-9])")
_COUNT = re.compile(r"\{(\d{1,4})(?:(,)(\d{1,4})?)?\}")

_Place = tuple[int, int]
"""A row, and an element of it."""


class _Times(Enum):
    ONCE = 1
    MAYBE = 2
    ANY = 3


class _Element(NamedTuple):
    accepts: re.Pattern[str]
    times: _Times


class _Row(NamedTuple):
    elements: tuple[_Element, ...]
    at_start: bool
    at_end: bool


class Regex:
    """A compiled expression. Raises Malformed for what CloudWatch Logs does not allow."""

    def __init__(self, source: str) -> None:
        self._rows = tuple(_parsed(source))
        if sum(len(row.elements) for row in self._rows) > _ELEMENTS:
            raise Malformed("the regular expression is too long")
        self._fresh = frozenset(self._closed((number, 0) for number, row in enumerate(self._rows) if not row.at_start))
        self._first = self._fresh | frozenset(self._closed((number, 0) for number in range(len(self._rows))))
        self._next: dict[frozenset[_Place], dict[str, frozenset[_Place] | None]] = {}

    def occurs_in(self, text: str) -> bool:
        """Whether it matches anywhere in the text."""
        state = self._first
        if self._done(state):
            return True
        known = self._next.get(state) or self._state(state)
        for character in text:
            try:
                following = known[character]
            except KeyError:
                following = known[character] = self._step(state, character)
            if following is None:
                return True
            if following is not state:
                state = following
                known = self._next.get(state) or self._state(state)
        return any(element == len(self._rows[row].elements) for row, element in state)

    def _state(self, state: frozenset[_Place]) -> dict[str, frozenset[_Place] | None]:
        if len(self._next) >= _STATES:
            self._next.clear()
        return self._next.setdefault(state, {})

    def _step(self, state: frozenset[_Place], character: str) -> frozenset[_Place] | None:
        """Where a character leads; None when the expression has matched."""
        reached = []
        for number, at in state:
            elements = self._rows[number].elements
            if at < len(elements) and elements[at].accepts.match(character):
                reached.append((number, at if elements[at].times is _Times.ANY else at + 1))
        following = frozenset(self._closed(reached)) | self._fresh
        return None if self._done(following) else following

    def _done(self, state: frozenset[_Place]) -> bool:
        return any(at == len(self._rows[row].elements) and not self._rows[row].at_end for row, at in state)

    def _closed(self, places: Iterable[_Place]) -> Iterator[_Place]:
        """The places, and those behind them that are reached without a character."""
        for number, at in places:
            elements = self._rows[number].elements
            yield number, at
            while at < len(elements) and elements[at].times is not _Times.ONCE:
                at += 1
                yield number, at


def _parsed(source: str) -> Iterator[_Row]:
    elements: list[_Element] = []
    at_start = at_end = False
    at = 0
    while at < len(source):
        character = source[at]
        if at_end and character != "|":
            raise Malformed("$ stands only at the end of a regular expression")
        if character == "|":
            yield _Row(tuple(elements), at_start, at_end)
            elements, at_start, at_end = [], False, False
            at += 1
        elif character == "^":
            if elements or at_start:
                raise Malformed("^ stands only at the beginning of a regular expression")
            at_start, at = True, at + 1
        elif character == "$":
            at_end, at = True, at + 1
        else:
            accepts, at = _character(source, at)
            least, most, at = _repeated(source, at)
            if (most or least) > _ELEMENTS:
                raise Malformed("the regular expression repeats too often")
            elements += [_Element(accepts, _Times.ONCE)] * least
            more = _Times.ANY if most is None else _Times.MAYBE
            elements += [_Element(accepts, more)] * (1 if most is None else most - least)
    yield _Row(tuple(elements), at_start, at_end)


def _character(source: str, at: int) -> tuple[re.Pattern[str], int]:
    for kind in (_CLASS, _ESCAPE, _PLAIN):
        if match := kind.match(source, at):
            if kind is not _PLAIN and not match[0].isascii():
                break
            text = re.escape(match[0]) if kind is _PLAIN else match[0]
            try:
                return re.compile(text, re.ASCII), match.end()
            except re.error as error:
                raise Malformed(f"the regular expression is not valid: {error.msg}") from None
    if source[at] == ".":
        return re.compile(".", re.DOTALL), at + 1
    raise Malformed(f"the regular expression must not contain {source[at]}")


def _repeated(source: str, at: int) -> tuple[int, int | None, int]:
    """How often the character before may stand there: least, most, and where the rest begins."""
    match source[at : at + 1]:
        case "*":
            return 0, None, at + 1
        case "+":
            return 1, None, at + 1
        case "?":
            return 0, 1, at + 1
        case "{":
            count = _COUNT.match(source, at)
            if count is None:
                raise Malformed("the regular expression has { without a count")
            least = int(count[1])
            most = least if count[2] is None else int(count[3]) if count[3] else None
            if most is not None and most < least:
                raise Malformed("the regular expression counts from more to less")
            return least, most, count.end()
    return 1, 1, at
