"""From text to a schedule: `rate(5 minutes)`, `cron(0 10 * * ? *)`, `at(2026-11-28T17:35:00)`. Pure.

EventBridge's rules and its Scheduler read `rate` differently: rules want the unit to agree with the number. Only the
Scheduler knows `at`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum

import msgspec

from lambent.schedules.days import DaysOf, days
from lambent.schedules.errors import Malformed
from lambent.schedules.fields import HOURS, MINUTES, MONTHS, YEARS, numbers

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", re.ASCII)
_CRON = re.compile(r"cron\(([^()]*)\)")
_RATE = re.compile(r"rate\((\d{1,9})\s+(minute|hour|day)(s?)\)", re.ASCII)
_UNIT_SECONDS: Mapping[str, int] = {"minute": 60, "hour": 3600, "day": 86_400}


class Dialect(Enum):
    """Whose expressions."""

    RULES = "rules"
    SCHEDULER = "scheduler"


class Rate(msgspec.Struct, frozen=True):
    """Again and again after `seconds`; days have 24 hours, whatever clocks do."""

    seconds: int


class At(msgspec.Struct, frozen=True):
    """Once, at a local time."""

    local: datetime


class Cron(msgspec.Struct, frozen=True):
    """At the beginning of every minute whose local time fits."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: DaysOf
    months: tuple[int, ...]
    years: tuple[int, ...]

    def after(self, local: datetime) -> datetime | None:
        """The first local time that fits and is later than `local`; None if there is none."""
        start = local.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for year in self.years:
            if year < start.year:
                continue
            for month in self.months:
                if (year, month) < (start.year, start.month):
                    continue
                for day in self.days(year, month):
                    if (year, month, day) >= (start.year, start.month, start.day):
                        found = self._within(datetime(year, month, day), start)
                        if found is not None:
                            return found
        return None

    def _within(self, day: datetime, start: datetime) -> datetime | None:
        """The first time of `day` that fits and is not before `start`."""
        if day.date() > start.date():
            return day.replace(hour=self.hours[0], minute=self.minutes[0])
        for hour in self.hours:
            if hour < start.hour:
                continue
            for minute in self.minutes:
                if hour > start.hour or minute >= start.minute:
                    return day.replace(hour=hour, minute=minute)
        return None


Expression = Rate | Cron | At


def parse(text: str, dialect: Dialect) -> Expression:
    """What an expression says. Raises Malformed."""
    if (found := _CRON.fullmatch(text)) is not None:
        return _cron(found[1].split())
    if (found := _RATE.fullmatch(text)) is not None:
        return _rate(int(found[1]), found[2], found[3], dialect)
    if dialect is Dialect.SCHEDULER and (found := _AT.fullmatch(text)) is not None:
        try:
            return At(datetime.fromisoformat(found[1]))
        except ValueError as error:
            raise Malformed(str(error)) from None
    raise Malformed("neither cron, nor rate, nor at")


def _rate(value: int, unit: str, plural: str, dialect: Dialect) -> Rate:
    if value < 1:
        raise Malformed("a rate is positive")
    if dialect is Dialect.RULES and (value == 1) == bool(plural):
        raise Malformed("the unit does not agree with the number")
    return Rate(value * _UNIT_SECONDS[unit])


def _cron(fields: list[str]) -> Cron:
    if len(fields) != 6:
        raise Malformed("a cron expression has six fields")
    minutes, hours, of_month, months, of_week, years = fields
    return Cron(
        minutes=numbers(minutes, MINUTES),
        hours=numbers(hours, HOURS),
        days=days(of_month, of_week),
        months=numbers(months, MONTHS),
        years=numbers(years, YEARS),
    )
