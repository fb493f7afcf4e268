"""One field of a cron expression: values, ranges, steps and lists, as a sorted tuple of numbers.

Ranges may run over the end (`FRI-MON`, `22-2`), but for years. What only days have (`?`, `L`, `W`, `#`) is in `days`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lambent.schedules.errors import Malformed

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


class Field(msgspec.Struct, frozen=True):
    """What a field may hold: numbers from `least` to `most`, or their names."""

    name: str
    least: int
    most: int
    names: Mapping[str, int] = {}
    wraps: bool = True
    steps: bool = True


MINUTES = Field("minutes", 0, 59)
HOURS = Field("hours", 0, 23)
DAYS = Field("day of month", 1, 31)
MONTHS = Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)})
WEEKDAYS = Field("day of week", 1, 7, {name: number for number, name in enumerate(_WEEKDAYS, 1)}, steps=False)
YEARS = Field("year", 1970, 2199, wraps=False)


def numbers(text: str, field: Field) -> tuple[int, ...]:
    """What a field says, in order. Raises Malformed."""
    found: set[int] = set()
    for item in text.split(","):
        found.update(_item(item, field))
    return tuple(sorted(found))


def number(text: str, field: Field) -> int:
    """One value, by its number or its name. Raises Malformed."""
    named = field.names.get(text.upper())
    if named is not None:
        return named
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Malformed(f"{field.name}: {text!r} is no value")
    value = int(text)
    if not field.least <= value <= field.most:
        raise Malformed(f"{field.name}: {value} is not within {field.least}-{field.most}")
    return value


def _item(item: str, field: Field) -> range | list[int]:
    """`*`, `a`, `a-b`, each with `/step` behind it or not."""
    what, slash, step = item.partition("/")
    stride = _step(step, field) if slash else 1
    if what == "*":
        return range(field.least, field.most + 1, stride)
    first, dash, last = what.partition("-")
    start = number(first, field)
    if not dash:
        return range(start, (field.most if slash else start) + 1, stride)
    end = number(last, field)
    if start <= end:
        return range(start, end + 1, stride)
    if not field.wraps:
        raise Malformed(f"{field.name}: {what} runs backwards")
    around = [*range(start, field.most + 1), *range(field.least, end + 1)]
    return around[::stride]


def _step(text: str, field: Field) -> int:
    if not field.steps:
        raise Malformed(f"{field.name}: / does not belong here")
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Malformed(f"{field.name}: {text!r} is no step")
    step = int(text)
    if not 1 <= step <= field.most:
        raise Malformed(f"{field.name}: steps of {step} lead out of it")
    return step
