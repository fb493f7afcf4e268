"""What `SEARCH` looks for: `{AWS/Lambda,FunctionName} MetricName="Errors" OR (prod -test)`. Pure.

The braces name the namespace and all dimensions that a metric must have. A word matches a part of a name at its
borders, in quotes a whole value; `Property="..."` looks only there. Words that stand beside each other must all match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lambent.observe.metrics.series import Series

Matches = Callable[[Series], bool]

_SCHEMA = re.compile(r"\s*\{([^{}]*)\}")
_TOKEN = re.compile(
    r'\s*(?:(?P<name>[\w:/.]+)\s*=\s*(?P<value>"[^"]*"|[^\s()]+)|(?P<text>"[^"]*")|(?P<sign>[()])'
    r'|(?P<word>[^\s()"]+))'
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class BadSearch(Exception):
    """The text is no search."""


def parse(text: str) -> Matches:
    """Which metrics a search finds. Raises BadSearch."""
    schema: Matches | None = None
    if (found := _SCHEMA.match(text)) is not None:
        schema = _of_schema([part.strip().strip('"') for part in found[1].split(",")])
        text = text[found.end() :]
    tokens = list(_tokens(text))
    position, terms = _either(tokens, 0) if tokens else (0, None)
    if position < len(tokens):
        raise BadSearch("unexpected )")
    if schema is None and terms is None:
        raise BadSearch("it says nothing")
    return lambda series: (schema is None or schema(series)) and (terms is None or terms(series))


def _tokens(text: str) -> Iterator[re.Match[str]]:
    position, text = 0, text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise BadSearch(f"unexpected character at {position + 1}")
        yield found
        position = found.end()


def _of_schema(parts: list[str]) -> Matches:
    namespace, dimensions = parts[0], frozenset(parts[1:])

    def matches(series: Series) -> bool:
        return series.namespace == namespace and frozenset(name for name, _ in series.dimensions) == dimensions

    return matches


def _either(tokens: list[re.Match[str]], at: int) -> tuple[int, Matches]:
    at, first = _all(tokens, at)
    terms = [first]
    while at < len(tokens) and tokens[at]["word"] == "OR":
        at, term = _all(tokens, at + 1)
        terms.append(term)
    return at, first if len(terms) == 1 else lambda series: any(term(series) for term in terms)


def _all(tokens: list[re.Match[str]], at: int) -> tuple[int, Matches]:
    terms: list[Matches] = []
    while at < len(tokens) and tokens[at]["sign"] != ")" and tokens[at]["word"] != "OR":
        if tokens[at]["word"] == "AND":
            at += 1
            continue
        at, term = _one(tokens, at)
        terms.append(term)
    if not terms:
        raise BadSearch("a word is missing")
    return at, lambda series: all(term(series) for term in terms)


def _one(tokens: list[re.Match[str]], at: int) -> tuple[int, Matches]:
    token = tokens[at]
    if token["word"] == "NOT":
        if at + 1 >= len(tokens):
            raise BadSearch("a word is missing after NOT")
        at, inner = _one(tokens, at + 1)
        return at, lambda series: not inner(series)
    if token["sign"] == "(":
        at, inner = _either(tokens, at + 1)
        if at >= len(tokens) or tokens[at]["sign"] != ")":
            raise BadSearch(") expected")
        return at + 1, inner
    if token["name"] is not None:
        return at + 1, _in_property(token["name"], token["value"])
    text = token["text"] or token["word"]
    if text.startswith("-") and len(text) > 1:
        unwanted = _anywhere(text[1:])
        return at + 1, lambda series: not unwanted(series)
    return at + 1, _anywhere(text)


def _in_property(name: str, text: str) -> Matches:
    test = _test(text)

    def matches(series: Series) -> bool:
        if name == "MetricName":
            return test(series.name)
        if name == "Namespace":
            return test(series.namespace)
        return any(test(value) for key, value in series.dimensions if key == name)

    return matches


def _anywhere(text: str) -> Matches:
    test = _test(text)

    def matches(series: Series) -> bool:
        return any(test(each) for pair in ((series.namespace, series.name), *series.dimensions) for each in pair)

    return matches


def _test(text: str) -> Callable[[str], bool]:
    """In quotes: the whole; else: all parts of the word are parts of the name, whatever their case."""
    if text.startswith('"'):
        whole = text.strip('"')
        return lambda value: value == whole
    parts = frozenset(part.lower() for part in _PARTS.findall(text))
    return lambda value: (
        text.lower() == value.lower()
        or (bool(parts) and parts <= frozenset(part.lower() for part in _PARTS.findall(value)))
    )
