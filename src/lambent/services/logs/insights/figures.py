"""The figures of `stats`: statistics, and what is worked out of them (`sum(a) / count(*) as mean, mean * 2`). Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from lambent.services.logs.insights.expressions import Expression, Words, expression
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.rows import Row
from lambent.services.logs.insights.statistics import Statistic, statistic
from lambent.services.logs.insights.tokens import Token
from lambent.services.logs.insights.values import number


class Part(NamedTuple):
    """A statistic of a figure, and what it is of."""

    key: str
    make: Callable[[], Statistic]
    value: Expression


class Figure(NamedTuple):
    """`result` is told from the results of all parts by their keys, and of earlier figures by their names."""

    name: str
    parts: Sequence[Part]
    result: Expression


def figure(words: Words, earlier: Collection[str]) -> Figure:
    """The next figure; `earlier` are the names of those before it. Raises Malformed."""
    parts: list[Part] = []

    def collected(words: Words, start: Token) -> Expression:
        words.statistic = _nested
        make, value = _statistic(words, start)
        words.statistic = collected
        key = f"{len(earlier)} {len(parts)} {words.written(start)}"  # no field's name begins so
        parts.append(Part(key, make, value))
        return lambda row: row[key]

    start, usual = words.next, words.statistic
    words.statistic = collected
    result = expression(words)
    words.statistic = usual
    name = words.written(start)
    if words.said("as"):
        name = words.take().text
    if not parts and not earlier:
        raise Malformed(f"{name} is no statistic")
    return Figure(name, parts, result)


def made(figures: Sequence[Figure], results: dict[str, Any]) -> dict[str, Any]:
    """All figures by their names, from the results of their parts."""
    row, told = Row(results, of_function=False), {}
    for each in figures:
        row[each.name] = told[each.name] = each.result(row)
    return told


def _nested(words: Words, start: Token) -> Expression:
    raise Malformed(f"{start.text} stands inside a statistic")


def _statistic(words: Words, start: Token) -> tuple[Callable[[], Statistic], Expression]:
    """What follows `count(`."""
    kind = start.text.lower()
    value: Expression = lambda row: 1.0  # noqa: E731
    percent = None
    if words.said("*"):
        words.need(")")
    elif words.said(")"):
        if kind != "count":
            raise Malformed(f"{kind} takes a value")
    else:
        value = expression(words)
        if words.said(","):
            percent = number(words.take().text)
        words.need(")")
    return statistic(kind, percent), value
