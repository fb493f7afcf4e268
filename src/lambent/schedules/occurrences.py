"""When an expression is due next: instants (seconds since the epoch) from local times. Pure; nothing is ticked.

Daylight saving as the Scheduler does it: a time that does not exist when clocks go forward is left out, one that exists
twice when they go back counts once, the first time. `at` a time that does not exist is as long after the change as was
asked for; a rate counts seconds, and knows no clocks.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lambent.schedules.errors import UnknownZone
from lambent.schedules.expressions import At, Cron, Expression, Rate


def zone(name: str) -> ZoneInfo:
    """A time zone by its name (`Europe/Berlin`). Raises UnknownZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZone(name) from None


UTC_ZONE = zone("UTC")


def next_after(expression: Expression, after: float, *, anchor: float, where: ZoneInfo = UTC_ZONE) -> float | None:
    """The first instant later than `after`; None if there is none. A rate counts from `anchor`, its first instant."""
    match expression:
        case Rate(seconds):
            return _rate(seconds, after, anchor)
        case Cron():
            return _cron(expression, after, where)
        case At(local):
            due = local.replace(tzinfo=where).timestamp()
            return due if due > after else None


def _rate(seconds: int, after: float, anchor: float) -> float:
    if after < anchor:
        return anchor
    times = int((after - anchor) // seconds) + 1
    due = anchor + times * seconds
    return due if due > after else due + seconds  # rounding


def _cron(cron: Cron, after: float, where: ZoneInfo) -> float | None:
    local: datetime | None = datetime.fromtimestamp(after, where).replace(tzinfo=None)
    while local is not None:
        local = cron.after(local)
        if local is None:
            return None
        aware = local.replace(tzinfo=where)
        due = aware.timestamp()
        exists = datetime.fromtimestamp(due, UTC).astimezone(where).replace(tzinfo=None) == local
        if exists and due > after:
            return due
    return None
