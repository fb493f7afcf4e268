"""What all three kinds of patterns are made of: quoted texts, words, regular expressions, conditions. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from lambent.services.logs.patterns.malformed import Malformed
from lambent.services.logs.patterns.regex import Regex

Condition = Callable[[Any], bool]
"""About one value."""

OPERATORS = ("!=", ">=", "<=", "=", ">", "<")


class Reader:
    """A place in a pattern that moves on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.regexes = 0

    def space(self) -> None:
        """Pass over white space."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def take(self, *texts: str) -> str | None:
        """The first of some texts that stands here, passed over with the space before it; None if none does."""
        self.space()
        for text in texts:
            if self.text.startswith(text, self.at):
                self.at += len(text)
                return text
        return None

    def need(self, text: str) -> None:
        """Pass over what must stand here. Raises Malformed."""
        if self.take(text) is None:
            raise Malformed(f"{text} is missing at character {self.at + 1}")

    def word(self, pattern: re.Pattern[str]) -> str | None:
        """What of a pattern stands here; None if it does not match."""
        self.space()
        match = pattern.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return match[0]

    @property
    def ended(self) -> bool:
        """Whether nothing but space is left."""
        self.space()
        return self.at >= len(self.text)

    def quoted(self) -> str | None:
        """A text in double quotes, in which `\\"` and `\\\\` stand for what follows the stroke."""
        if self.take('"') is None:
            return None
        found: list[str] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            self.at += 1
            if character == '"':
                return "".join(found)
            if character == "\\" and self.text[self.at : self.at + 1] in ('"', "\\"):
                character = self.text[self.at]
                self.at += 1
            found.append(character)
        raise Malformed("a quotation mark is not closed")

    def regex(self) -> Regex | None:
        """A regular expression between percent signs."""
        if self.take("%") is None:
            return None
        end = self.at
        while end < len(self.text) and self.text[end] != "%":
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise Malformed("a regular expression is not closed")
        source, self.at = self.text[self.at : end], end + 1
        if not source:
            raise Malformed("a regular expression is empty")
        self.regexes += 1
        return _compiled(source)


def condition(reader: Reader, operator: str, bare: re.Pattern[str]) -> Condition:
    """What stands behind an operator: a regular expression, a quoted text, or a word of the form `bare`."""
    if operator in ("=", "!="):
        if (regex := reader.regex()) is not None:
            occurs = regex.occurs_in
            return _either(lambda value: occurs(as_text(value)), operator)
        if (quoted := reader.quoted()) is not None:
            return _either(_like(quoted), operator)
    word = reader.word(bare)
    if not word:
        raise Malformed(f"a value is missing at character {reader.at + 1}")
    number = as_number(word)
    if operator in ("=", "!="):
        if number is None:
            return _either(_like(word), operator)
        return _either(lambda value: as_number(value) == number, operator)
    if number is None:
        raise Malformed(f"{operator} compares numbers, and {word} is none")
    return _compared(operator, number)


def as_number(value: Any) -> float | None:
    """A number, or a text that is one."""
    if isinstance(value, bool) or value is None or isinstance(value, (dict, list)):
        return None
    try:
        return float(value) if not isinstance(value, str) or "_" not in value else None
    except ValueError:
        return None


def as_text(value: Any) -> str:
    """A value as it stood in the event, more or less."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _either(condition: Condition, operator: str) -> Condition:
    return condition if operator == "=" else lambda value: not condition(value)


def _compared(operator: str, number: float) -> Condition:
    def holds(value: Any) -> bool:
        found = as_number(value)
        if found is None:
            return False
        match operator:
            case ">":
                return found > number
            case "<":
                return found < number
            case ">=":
                return found >= number
        return found <= number

    return holds


def _like(text: str) -> Condition:
    """Equal, where `*` stands for any characters."""
    if "*" not in text:
        return lambda value: not isinstance(value, (dict, list)) and value is not None and as_text(value) == text
    first, *middle, last = text.split("*")

    def holds(value: Any) -> bool:
        if isinstance(value, (dict, list)) or value is None:
            return False
        found = as_text(value)
        if len(found) < len(first) + len(last) or not found.startswith(first) or not found.endswith(last):
            return False
        at, end = len(first), len(found) - len(last)
        for part in middle:
            at = found.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return holds


@lru_cache(1000)
def _compiled(source: str) -> Regex:
    return Regex(source)
