"""Patterns of JSON events: `{ $.a.b[0] = "x*" && ($.n > 3 || $.c IS NULL) }`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from lambent.services.logs.patterns.malformed import Malformed
from lambent.services.logs.patterns.reading import OPERATORS, Reader, as_text, condition

_NAME = re.compile(r"[\w\-@:/]+")
_INDEX = re.compile(r"\d+|\*")
_BARE = re.compile(r"[^\s\"%&|(){}=<>!,]+")
_TEST = re.compile(r"IS\s+(?:NULL|TRUE|FALSE)\b|NOT\s+EXISTS\b|EXISTS\b|IS\s+NOT\s+NULL\b", re.IGNORECASE)
_DEPTH = 50

Path = tuple[str | int, ...]
"""Keys and indexes; the index -1 and the key `*` stand for all."""

_Test = Callable[[Any], bool]


class JsonPattern:
    """Matches events that are JSON objects. What its selectors choose is drawn out."""

    needle: str | None = None

    def __init__(self, text: str) -> None:
        reader = Reader(text)
        self._paths: dict[str, Path] = {}
        reader.need("{")
        self._holds = self._either(reader, 0)
        reader.need("}")
        if not reader.ended:
            raise Malformed("something follows the closing brace")
        self.regexes = reader.regexes

    def match(self, message: str) -> Mapping[str, str] | None:
        """What the selectors choose, by their texts; None if it does not match."""
        if message.lstrip()[:1] != "{":
            return None
        try:
            event = msgspec.json.decode(message)
        except (msgspec.DecodeError, RecursionError):
            return None
        if not isinstance(event, dict) or not self._holds(event):
            return None
        return {text: as_text(value) for text, path in self._paths.items() for value in [*chosen(event, path)][:1]}

    def offers(self, selector: str) -> bool:
        """See Pattern: any property, also one that the pattern does not ask about."""
        return _path(selector) is not None

    def draw(self, message: str, drawn: Mapping[str, str], selector: str) -> str | None:
        """See Pattern."""
        if selector in drawn:
            return drawn[selector]
        if (path := _path(selector)) is None:
            return None
        value = next(chosen(msgspec.json.decode(message), path), None)
        return None if value is None or isinstance(value, (dict, list)) else as_text(value)

    def _either(self, reader: Reader, depth: int) -> _Test:
        if depth > _DEPTH:
            raise Malformed("the pattern is nested too deeply")
        tests = [self._both(reader, depth)]
        while reader.take("||"):
            tests.append(self._both(reader, depth))
        return tests[0] if len(tests) == 1 else lambda event: any(test(event) for test in tests)

    def _both(self, reader: Reader, depth: int) -> _Test:
        tests = [self._one(reader, depth)]
        while reader.take("&&"):
            tests.append(self._one(reader, depth))
        return tests[0] if len(tests) == 1 else lambda event: all(test(event) for test in tests)

    def _one(self, reader: Reader, depth: int) -> _Test:
        if reader.take("("):
            inner = self._either(reader, depth + 1)
            reader.need(")")
            return inner
        reader.space()
        start = reader.at
        path = selector(reader)
        self._paths[reader.text[start : reader.at]] = path
        if (test := reader.word(_TEST)) is not None:
            return _tested(path, " ".join(test.upper().split()))
        operator = reader.take(*OPERATORS)
        if operator is None:
            raise Malformed(f"an operator is missing at character {reader.at + 1}")
        holds = condition(reader, operator, _BARE)
        return lambda event: any(
            holds(value) for value in chosen(event, path) if value is not None and not isinstance(value, (dict, list))
        )


def selector(reader: Reader) -> Path:
    """`$.name[3].*`. Raises Malformed."""
    reader.need("$")
    path: list[str | int] = []
    while True:
        if reader.text.startswith("[", reader.at) or reader.text.startswith(".[", reader.at):
            reader.at += 1 if reader.text[reader.at] == "[" else 2
            if reader.take("'"):
                end = reader.text.find("'", reader.at)
                if end < 0:
                    raise Malformed("a quotation mark is not closed")
                path.append(reader.text[reader.at : end])
                reader.at = end + 1
            elif (quoted := reader.quoted()) is not None:
                path.append(quoted)
            elif (index := reader.word(_INDEX)) is not None:
                path.append(-1 if index == "*" else int(index))
            else:
                raise Malformed(f"an index is missing at character {reader.at + 1}")
            reader.need("]")
        elif reader.text.startswith(".", reader.at):
            reader.at += 1
            name = "*" if reader.take("*") else reader.word(_NAME)
            if name is None:
                raise Malformed(f"a name is missing at character {reader.at + 1}")
            path.append(name)
        else:
            break
    if not path:
        raise Malformed("a selector must name a property, as $.name does")
    return tuple(path)


@lru_cache(1000)
def _path(text: str) -> Path | None:
    """The path of a selector that stands alone; None if it is none."""
    reader = Reader(text)
    try:
        path = selector(reader)
    except Malformed:
        return None
    return path if reader.ended else None


def chosen(value: Any, path: Path) -> Iterator[Any]:
    """What a path leads to: nothing, one value, or with wildcards several."""
    if not path:
        yield value
        return
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        if isinstance(value, list):
            for item in value if head < 0 else value[head : head + 1]:
                yield from chosen(item, rest)
    elif isinstance(value, dict):
        if head in value:
            yield from chosen(value[head], rest)
        elif head == "*":
            for item in value.values():
                yield from chosen(item, rest)


def _tested(path: Path, test: str) -> _Test:
    match test:
        case "NOT EXISTS":
            return lambda event: not any(True for _ in chosen(event, path))
        case "EXISTS":
            return lambda event: any(True for _ in chosen(event, path))
        case "IS NOT NULL":
            return lambda event: any(value is not None for value in chosen(event, path))
    meant = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}[test]
    return lambda event: any(value is meant for value in chosen(event, path))
