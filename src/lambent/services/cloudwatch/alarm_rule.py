"""The rules of composite alarms: `ALARM("a") AND NOT (OK("b") OR INSUFFICIENT_DATA("c"))`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lambent.services.cloudwatch.records import AlarmState
from lambent.services.tokens import tokens

States = Mapping[str, AlarmState]
"""Alarms by name; one that is not there is none of the three."""

Rule = Callable[[States], bool]

_TOKEN = re.compile(r'\s*(?:(?P<word>[A-Za-z_]+)(?=[\s()]|$)|(?P<sign>[()])|"(?P<text>[^"]*)"|(?P<bare>[^\s()"]+))')
_DEEPEST = 100


class BadRule(Exception):
    """The text is no rule; says why."""


class ParsedRule:
    """A rule; `names` are the alarms that it looks at, by name."""

    def __init__(self, text: str) -> None:
        """Raises BadRule."""
        self._tokens = tokens(_TOKEN, text, BadRule)
        self._at = 0
        self.names: set[str] = set()
        self.holds: Rule = self._either(0)
        if self._at < len(self._tokens):
            raise BadRule(f"unexpected {self._tokens[self._at][1]}")

    def _word(self) -> str:
        return self._tokens[self._at][1].upper() if self._at < len(self._tokens) else ""

    def _either(self, depth: int) -> Rule:
        left = self._both(depth)
        while self._word() == "OR":
            self._at += 1
            left = _or(left, self._both(depth))
        return left

    def _both(self, depth: int) -> Rule:
        left = self._one(depth)
        while self._word() == "AND":
            self._at += 1
            left = _and(left, self._one(depth))
        return left

    def _one(self, depth: int) -> Rule:
        if depth > _DEEPEST:
            raise BadRule("too deeply nested")
        word = self._word()
        self._at += 1
        if word == "NOT":
            inner = self._one(depth + 1)
            return lambda states: not inner(states)
        if word == "(":
            inner = self._either(depth + 1)
            self._expect(")")
            return inner
        if word in ("TRUE", "FALSE"):
            return lambda states: word == "TRUE"
        if word in {state.value for state in AlarmState}:
            return self._state(AlarmState(word))
        raise BadRule(f"unexpected {word}" if word else "it ends too early")

    def _state(self, state: AlarmState) -> Rule:
        self._expect("(")
        if self._at >= len(self._tokens) or self._tokens[self._at][0] == "sign":
            raise BadRule("the name of an alarm is missing")
        name = self._tokens[self._at][1]
        self._at += 1
        self._expect(")")
        if name.startswith("arn:"):
            name = name.split(":alarm:", 1)[-1]
        self.names.add(name)
        return lambda states: states.get(name) is state

    def _expect(self, sign: str) -> None:
        if self._word() != sign:
            raise BadRule(f"{sign} expected")
        self._at += 1


def _or(left: Rule, right: Rule) -> Rule:
    return lambda states: left(states) or right(states)


def _and(left: Rule, right: Rule) -> Rule:
    return lambda states: left(states) and right(states)
