"""A query: a row of commands that events go through, one by one, until the last tells what came of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from lambent.services.logs.insights import patterning
from lambent.services.logs.insights.expressions import Expression, Words, expression
from lambent.services.logs.insights.figures import Figure, figure, made
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.parsing import parse
from lambent.services.logs.insights.rows import Row
from lambent.services.logs.insights.statistics import Statistic
from lambent.services.logs.insights.tokens import Token, commands
from lambent.services.logs.insights.unnesting import unnest
from lambent.services.logs.insights.values import Moment, number, order, text, true

ROWS = 10_000
"""How many rows a query gives at most."""

_GROUPS = 100_000
_LACKING = {
    "diff": "times are not compared",
    "anomaly": "anomalies are not found",
    "unmask": "nothing is masked",
    "source": "log groups are named beside the query",
    "filterindex": "there are no field indexes",
    "lookup": "there are no lookup tables",
    "join": "queries are not joined",
    "subquery": "queries are not joined",
}

_FIRST = re.compile(r"\s*(\w+)")
_CHOOSING = frozenset({"limit", "head", "dedup"})
_KEEPING = frozenset({"limit", "head", "fields", "display"})

Rows = Iterable[Row]
Stage = Callable[[Rows], Iterator[Row]]


class _Shown(NamedTuple):
    """What a row is shown as."""

    names: list[str]
    pointer: bool


class Query:
    """A compiled query. Raises Malformed for what is none."""

    def __init__(self, source: str, *, now_ms: int, limit: int) -> None:
        self._now_ms = now_ms
        self._source = source
        self._limit = min(limit, ROWS)
        self._sorted = self._chosen = False
        self._labels: frozenset[str] = frozenset()
        self._shown = _Shown(["@timestamp", "@message"], True)
        self._stages: list[tuple[str, Stage]] = []
        self.matched = 0
        """How many rows of the last run have passed all filters."""
        for tokens in _commands(source) if source.strip() else ():
            self._stages.append(self._stage(tokens))

    def run(self, rows: Rows) -> list[list[dict[str, str]]]:
        """What the rows of all events give: fields and their values. Unless the query says in which order, the newest
        events come first."""
        stages = [*self._stages]
        names = [name for name, _ in stages]
        counted = max((number for number, name in enumerate(names, 1) if name == "filter"), default=0)
        stages.insert(counted, ("count", self._count))
        if not self._sorted and self._shown.pointer:
            first = next((number for number, (name, _) in enumerate(stages) if name in _CHOOSING), len(stages))
            stages.insert(first, ("sort", _sorting([(lambda row: row["@timestamp"], True)], [*stages[first:]])))
        self.matched = 0
        for _, stage in stages:
            rows = stage(rows)
        return [self._fields(row) for row in islice(rows, self._limit)]

    def _count(self, rows: Rows) -> Iterator[Row]:
        for row in rows:
            self.matched += 1
            yield row

    def _fields(self, row: Row) -> list[dict[str, str]]:
        names = [*self._shown.names, *(["@ptr"] if self._shown.pointer else ())]
        values = ((name, text(row[name])) for name in names)
        return [{"field": name, "value": value} for name, value in values if value is not None]

    def _stage(self, tokens: Sequence[Token]) -> tuple[str, Stage]:
        words = Words(tokens, self._source, self._now_ms, self._labels)
        name = words.take().text.lower()
        if name in _LACKING:
            raise _lacking(name)
        make = {
            "fields": self._fields_stage,
            "display": self._display,
            "filter": self._filter,
            "stats": self._stats,
            "sort": self._sort,
            "limit": self._limit_stage,
            "head": self._limit_stage,
            "parse": self._parse,
            "dedup": self._dedup,
            "unnest": self._unnest,
            "pattern": self._pattern,
        }.get(name)
        if make is None:
            raise Malformed(f"there is no command {name}")
        stage = make(words)
        if not words.ended:
            raise Malformed(f"unexpected {words.next.text} in {name}")
        return name, stage

    def _fields_stage(self, words: Words) -> Stage:
        named = _named(words)
        shown = [name for name, _ in named]
        known = self._shown.names if self._chosen else []
        self._shown = self._shown._replace(names=[*known, *(each for each in shown if each not in known)])
        self._chosen = True
        return _computing(named)

    def _display(self, words: Words) -> Stage:
        named = _named(words)
        self._shown = self._shown._replace(names=[name for name, _ in named])
        self._chosen = True
        return _computing(named)

    def _filter(self, words: Words) -> Stage:
        condition = expression(words)
        return lambda rows: (row for row in rows if true(condition(row)))

    def _parse(self, words: Words) -> Stage:
        work = parse(words)

        def stage(rows: Rows) -> Iterator[Row]:
            for row in rows:
                work(row)
                yield row

        return stage

    def _unnest(self, words: Words) -> Stage:
        name, stage = unnest(words)
        if self._chosen:
            self._shown = self._shown._replace(names=[*self._shown.names, name])
        return stage

    def _pattern(self, words: Words) -> Stage:
        self._shown, self._chosen = _Shown([*patterning.NAMES], False), True
        return patterning.pattern(words)

    def _limit_stage(self, words: Words) -> Stage:
        token = words.take()
        if token.kind != "number" or not token.text.isdigit() or not 1 <= int(token.text) <= ROWS:
            raise Malformed(f"limit takes a number from 1 to {ROWS}")
        most = int(token.text)
        self._limit = min(max(self._limit, most), ROWS)

        def stage(rows: Rows) -> Iterator[Row]:
            for count, row in enumerate(rows, 1):
                yield row
                if count >= most:
                    return

        return stage

    def _sort(self, words: Words) -> Stage:
        keys: list[tuple[Expression, bool]] = []
        words.said("by")  # as AWS's samples also have it
        while True:
            key = expression(words)
            keys.append((key, words.said("asc", "desc") == "desc"))
            if not words.said(","):
                break
        self._sorted = True
        place = len(self._stages) + 1
        return lambda rows: _sorting(keys, self._stages[place:])(rows)

    def _dedup(self, words: Words) -> Stage:
        named = _named(words)

        def stage(rows: Rows) -> Iterator[Row]:
            seen = set()
            for row in rows:
                values = tuple(text(value(row)) for _, value in named)
                if None in values:  # nothing is no double of nothing
                    yield row
                elif values not in seen:
                    seen.add(values)
                    yield row

        return stage

    def _stats(self, words: Words) -> Stage:
        figures: list[Figure] = []
        while not figures or words.said(","):
            figures.append(figure(words, [each.name for each in figures]))
        parts = [part for each in figures for part in each.parts]
        by = _named(words) if words.said("by") else []
        self._shown = _Shown([*(name for name, _ in by), *(each.name for each in figures)], False)
        self._labels = frozenset(self._shown.names)

        def stage(rows: Rows) -> Iterator[Row]:
            groups: dict[tuple[str | float | None, ...], tuple[list[Any], list[Statistic]]] = {}
            for row in rows:
                values = [value(row) for _, value in by]
                key = tuple(value if isinstance(value, Moment) else text(value) for value in values)
                found = groups.get(key)
                if found is None:
                    if len(groups) >= _GROUPS:
                        continue
                    found = groups[key] = values, [part.make() for part in parts]
                at = number(row["@timestamp"]) or 0.0
                for one, part in zip(found[1], parts, strict=True):
                    one.add(part.value(row), at)
            in_order = sorted(groups.values(), key=_by_time, reverse=True)
            for values, statistics in in_order:
                told = {name: value for (name, _), value in zip(by, values, strict=True)}
                results = {part.key: one.result() for part, one in zip(parts, statistics, strict=True)}
                yield Row(told | made(figures, results), of_function=False)

        return stage


def _commands(source: str) -> Sequence[Sequence[Token]]:
    """The words of each command. What cannot be read since it is of a command that is not there is told by its name."""
    try:
        return commands(source)
    except Malformed:
        if (found := _FIRST.match(source)) is not None and found[1].lower() in _LACKING:
            raise _lacking(found[1].lower()) from None
        raise


def _lacking(name: str) -> Malformed:
    return Malformed(f"the command {name} is not supported by Lambent: {_LACKING[name]}")


def _sorting(keys: Sequence[tuple[Expression, bool]], following: Sequence[tuple[str, Stage]]) -> Stage:
    """Sort. When the commands that follow need no more rows than a query gives, no more are kept."""
    bounded = all(name in _KEEPING for name, _ in following)

    def arrange(found: list[Row]) -> None:
        for key, descending in reversed(keys):
            found.sort(key=partial(_rank, key), reverse=descending)

    def stage(rows: Rows) -> Iterator[Row]:
        found: list[Row] = []
        for row in rows:
            found.append(row)
            if bounded and len(found) >= 2 * ROWS:
                arrange(found)
                del found[ROWS:]
        arrange(found)
        yield from found

    return stage


def _rank(key: Expression, row: Row) -> tuple[int, float, str]:
    return order(key(row))


def _by_time(group: tuple[list[Any], list[Statistic]]) -> float:
    """Groups of times come with the newest first, others as they came."""
    return max((float(value) for value in group[0] if isinstance(value, Moment)), default=0.0)


def _named(words: Words) -> list[tuple[str, Expression]]:
    """Expressions between commas, each with its name."""
    found = []
    while True:
        start = words.next
        value = expression(words)
        name = start.text if start.kind == "quoted" else words.written(start)
        if words.said("as"):
            name = words.take().text
        found.append((name, value))
        if not words.said(","):
            return found


def _computing(named: list[tuple[str, Expression]]) -> Stage:
    def stage(rows: Rows) -> Iterator[Row]:
        for row in rows:
            for name, value in named:
                if name not in row:
                    row[name] = value(row)
            yield row

    return stage
