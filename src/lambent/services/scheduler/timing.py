"""When a schedule is due, and what of it is overdue. Pure.

While the server runs every occurrence is executed, however far its clock is moved. For what came due while it was down
the rule is: every occurrence of the last `MaximumEventAgeInSeconds`, since AWS would still be trying it; of what is
older only the last one, if nothing younger is due. So a one-time schedule is never lost.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

import msgspec

from lambent.schedules.expressions import At, Dialect, Expression, Rate, parse
from lambent.schedules.occurrences import next_after, zone
from lambent.services.scheduler.records import Schedule

AT_ONCE = 2000
"""Occurrences that are taken up together: more than a day has minutes."""

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
    """The occurrences that are to be executed by now, in order: the first of them, if there are very many."""
    return _until(schedule, schedule.cursor, now)


def missed(schedule: Schedule, now: float) -> list[float]:
    """The occurrences that are to be executed by a server that has just come up."""
    horizon = now - schedule.event_age_seconds
    recent = _until(schedule, max(schedule.cursor, horizon), now)
    if recent or schedule.cursor >= horizon:
        return recent
    back = float(schedule.event_age_seconds)
    while True:
        start = max(schedule.cursor, horizon - back)
        if older := _until(schedule, start, now):
            return older[-1:]
        if start == schedule.cursor:
            return []
        back *= 2


def offset(schedule: Schedule, occurrence: float) -> float:
    """Where in its flexible window an occurrence is executed: anywhere, but always the same place."""
    if not schedule.window_minutes:
        return 0.0
    share = int(execution_id(schedule, occurrence), 16) / 2**64
    return float(int(share * schedule.window_minutes * 60))


def execution_id(schedule: Schedule, occurrence: float) -> str:
    """16 hexadecimal digits: the same for the same occurrence of the same schedule."""
    return sha256(f"{schedule.arn} {schedule.serial} {occurrence!r}".encode()).hexdigest()[:16]


def _until(schedule: Schedule, after: float, now: float) -> list[float]:
    found: list[float] = []
    occurrence = following(schedule, after)
    while occurrence is not None and len(found) < AT_ONCE and occurrence + offset(schedule, occurrence) <= now:
        found.append(occurrence)
        occurrence = following(schedule, occurrence)
    return found


@lru_cache(_KNOWN)
def _parsed(text: str) -> Expression:
    """An expression, which was checked when it came."""
    return parse(text, Dialect.SCHEDULER)
