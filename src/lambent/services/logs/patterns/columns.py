"""Patterns of events with fields between spaces: `[ip, user, ..., status = 4*, bytes > 1000]`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from lambent.services.logs.patterns.malformed import Malformed
from lambent.services.logs.patterns.reading import OPERATORS, Reader, condition

_NAME = re.compile(r"[A-Za-z0-9_\-]+|\*")
_BARE = re.compile(r"[^\s\"%&|(),\[\]=<>!]+")
_FIELD = re.compile(r'"((?:\\.|[^"\\])*)"|\[([^\]]*)\]|(\S+)')
_FIELDS = 200

_Test = Callable[[str], bool]


class _Column(NamedTuple):
    name: str
    holds: _Test | None


class ColumnPattern:
    """Matches events with as many fields as it names; `...` stands for any others. Its fields are drawn out."""

    needle: str | None = None

    def __init__(self, text: str) -> None:
        reader = Reader(text)
        self._columns: list[_Column | None] = []
        reader.need("[")
        while True:
            self._columns.append(None if reader.take("...") else self._column(reader))
            if reader.take(",") is None:
                break
        reader.need("]")
        if not reader.ended:
            raise Malformed("something follows the closing bracket")
        if self._columns.count(None) > 1:
            raise Malformed("... may stand there only once")
        self.regexes = reader.regexes

    def match(self, message: str) -> Mapping[str, str] | None:
        """The fields of an event by the pattern's names with `$` before them; None if it does not match."""
        fields = split(message)
        columns = self._columns
        if None in columns:
            gap = columns.index(None)
            missing = len(fields) - len(columns) + 1
            if missing < 0:
                return None
            filling: list[_Column | None] = [_Column(str(gap + 1 + number), None) for number in range(missing)]
            columns = columns[:gap] + filling + columns[gap + 1 :]
        if len(fields) != len(columns):
            return None
        drawn = {}
        for column, field in zip(columns, fields, strict=True):
            assert column is not None
            if column.holds is not None and not column.holds(field):
                return None
            drawn[f"${column.name}"] = field
        return drawn

    def offers(self, selector: str) -> bool:
        """See Pattern: its columns, and those that `...` stands for by their numbers."""
        names = {f"${column.name}" for column in self._columns if column is not None}
        return selector in names or (None in self._columns and selector[1:].isdecimal())

    def draw(self, message: str, drawn: Mapping[str, str], selector: str) -> str | None:
        """See Pattern."""
        return drawn.get(selector)

    def _column(self, reader: Reader) -> _Column:
        name = reader.word(_NAME)
        if name is None:
            raise Malformed(f"a field's name is missing at character {reader.at + 1}")
        operator = reader.take(*OPERATORS)
        if operator is None:
            return _Column(name if name != "*" else str(len(self._columns) + 1), None)
        return _Column(name, _either(reader, name, operator))


def split(message: str) -> list[str]:
    """The fields: what stands between spaces, in double quotes, or in brackets."""
    fields: list[str] = []
    for match in _FIELD.finditer(message):
        if len(fields) > _FIELDS:
            break
        fields.append(next(group for group in match.groups() if group is not None))
    return fields


def _either(reader: Reader, name: str, operator: str) -> _Test:
    """Conditions on one field, joined: `a = 1 || a = 2 && a != 3`."""
    ways = [[condition(reader, operator, _BARE)]]
    while (joined := reader.take("&&", "||")) is not None:
        again = reader.word(_NAME)
        following = reader.take(*OPERATORS)
        if again != name or following is None:
            raise Malformed(f"conditions on {name} must name it, and an operator, again")
        holds = condition(reader, following, _BARE)
        if joined == "&&":
            ways[-1].append(holds)
        else:
            ways.append([holds])
    return lambda field: any(all(holds(field) for holds in way) for way in ways)
