"""When a schedule is due, and what of it is overdue. Pure."""

from __future__ import annotations

from functools import lru_cache, partial
from hashlib import sha256

import msgspec

from lambent.schedules import backlog
from lambent.schedules.expressions import At, Dialect, Expression, Rate, parse
from lambent.schedules.occurrences import next_after, zone
from lambent.services.scheduler.records import Schedule

_JUST_BEFORE = 0.001
_KNOWN = 20_000


def begun(schedule: Schedule, now: float) -> Schedule:
    """A schedule that begins at `now`: a rate at its start date, or with an occurrence at once."""
    expression = _parsed(schedule.expression)
    anchor = now if schedule.start is None else schedule.start
    at_once = isinstance(expression, Rate) and schedule.start is None
    return msgspec.structs.replace(schedule, anchor=anchor, cursor=now - _JUST_BEFORE if at_once else now)


def going_on(schedule: Schedule, before: Schedule, now: float) -> Schedule:
    """A schedule that was changed at `now`. A rate whose expression and start stayed keeps its beat."""
    if (schedule.expression, schedule.start) != (before.expression, before.start):
        return begun(schedule, now)
    return msgspec.structs.replace(schedule, anchor=before.anchor, cursor=now)


def following(schedule: Schedule, after: float) -> float | None:
    """The first occurrence later than `after`, within start and end date, which mean nothing to a one-time schedule."""
    expression = _parsed(schedule.expression)
    once = isinstance(expression, At)
    if schedule.start is not None and not once:
        after = max(after, schedule.start - _JUST_BEFORE)
    found = next_after(expression, after, anchor=schedule.anchor, where=zone(schedule.zone))
    if found is not None and schedule.end is not None and found > schedule.end and not once:
        return None
    return found


def due(schedule: Schedule) -> float | None:
    """When the schedule has something to do next; None if never."""
    if schedule.state != "ENABLED":
        return None
    occurrence = following(schedule, schedule.cursor)
    return None if occurrence is None else occurrence + offset(schedule, occurrence)


def overdue(schedule: Schedule, now: float) -> list[float]:
    """The occurrences that are to be executed by now."""
    return backlog.overdue(partial(following, schedule), schedule.cursor, partial(_come, schedule, now))


def missed(schedule: Schedule, now: float) -> list[float]:
    """The occurrences that are to be executed by a server that has just come up."""
    come, age = partial(_come, schedule, now), float(schedule.event_age_seconds)
    return backlog.missed(partial(following, schedule), schedule.cursor, come, now=now, age=age)


def offset(schedule: Schedule, occurrence: float) -> float:
    """Where in its flexible window an occurrence is executed: anywhere, but always the same place."""
    if not schedule.window_minutes:
        return 0.0
    share = int(execution_id(schedule, occurrence), 16) / 2**64
    return float(int(share * schedule.window_minutes * 60))


def execution_id(schedule: Schedule, occurrence: float) -> str:
    """16 hexadecimal digits: the same for the same occurrence of the same schedule."""
    return sha256(f"{schedule.arn} {schedule.serial} {occurrence!r}".encode()).hexdigest()[:16]


def _come(schedule: Schedule, now: float, occurrence: float) -> bool:
    return occurrence + offset(schedule, occurrence) <= now


@lru_cache(_KNOWN)
def _parsed(text: str) -> Expression:
    """An expression, which was checked when it came."""
    return parse(text, Dialect.SCHEDULER)
