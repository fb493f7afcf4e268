"""Which days of a month a cron expression means: the two day fields, of which one is `?`. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable

from lambent.schedules.errors import Malformed
from lambent.schedules.fields import DAYS, WEEKDAYS, number, numbers

DaysOf = Callable[[int, int], tuple[int, ...]]
"""(year, month) -> the days that are meant, in order."""

_SATURDAY, _WEEKS = 7, 5


def days(of_month: str, of_week: str) -> DaysOf:
    """What the two fields say together. Raises Malformed."""
    if (of_month == "?") == (of_week == "?"):
        raise Malformed("one of the day fields, and only one, is ?")
    return _of_month(of_month.upper()) if of_week == "?" else _of_week(of_week.upper())


def _of_month(text: str) -> DaysOf:
    if text == "L":
        return lambda year, month: (_last(year, month),)
    if text in ("LW", "WL"):
        return lambda year, month: (_nearest(year, month, _last(year, month)),)
    if text.endswith("W"):
        day = number(text[:-1], DAYS)
        return lambda year, month: (_nearest(year, month, day),) if day <= _last(year, month) else ()
    wanted = numbers(text, DAYS)
    return lambda year, month: tuple(day for day in wanted if day <= _last(year, month))


def _of_week(text: str) -> DaysOf:
    if text == "L":
        return _weekly((_SATURDAY,))
    if text.endswith("L"):
        last = number(text[:-1], WEEKDAYS)
        return lambda year, month: _on(year, month, last)[-1:]
    if "#" in text:
        which, _, turn = text.partition("#")
        weekday = number(which, WEEKDAYS)
        if not (turn.isascii() and turn.isdigit() and 1 <= int(turn) <= _WEEKS):
            raise Malformed(f"day of week: {turn!r} is no week of a month")
        nth = int(turn)
        return lambda year, month: _on(year, month, weekday)[nth - 1 : nth]
    return _weekly(numbers(text, WEEKDAYS))


def _weekly(weekdays: tuple[int, ...]) -> DaysOf:
    def of(year: int, month: int) -> tuple[int, ...]:
        first, length = monthrange(year, month)
        # Monday is 0 for the calendar, Sunday 1 for AWS.
        return tuple(day for day in range(1, length + 1) if (first + day) % 7 + 1 in weekdays)

    return of


def _on(year: int, month: int, weekday: int) -> tuple[int, ...]:
    return _weekly((weekday,))(year, month)


def _last(year: int, month: int) -> int:
    return monthrange(year, month)[1]


def _nearest(year: int, month: int, day: int) -> int:
    """The weekday (Monday to Friday) nearest to a day, within its month."""
    first, length = monthrange(year, month)
    weekday = (first + day - 1) % 7
    if weekday == 5:  # Saturday
        return day - 1 if day > 1 else day + 2
    if weekday == 6:  # Sunday
        return day + 1 if day < length else day - 2
    return day
