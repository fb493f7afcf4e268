"""When expressions are due: a table of facts of AWS's documentation and of calendars, and what must always hold."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.schedules.expressions import Cron, Dialect, parse
from lambent.schedules.occurrences import next_after, zone


def instant(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def shown(due: float | None) -> str:
    return "never" if due is None else datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M:%S")


START = "2026-11-28T12:00:00"  # a Saturday

IN_UTC = [
    # Those of AWS's guides.
    ("cron(0 10 * * ? *)", START, "2026-11-29T10:00:00"),
    ("cron(15 12 * * ? *)", START, "2026-11-28T12:15:00"),
    ("cron(0 18 ? * MON-FRI *)", START, "2026-11-30T18:00:00"),
    ("cron(0 8 1 * ? *)", START, "2026-12-01T08:00:00"),
    ("cron(0/15 * * * ? *)", START, "2026-11-28T12:15:00"),
    ("cron(0/10 * ? * MON-FRI *)", START, "2026-11-30T00:00:00"),
    ("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-30T17:55:00", "2026-12-01T08:00:00"),
    ("cron(0/30 20-2 ? * MON-FRI *)", "2026-11-30T02:30:00", "2026-11-30T20:00:00"),
    ("cron(15 10 ? * 6L 2022-2023)", "2022-01-01T00:00:00", "2022-01-28T10:15:00"),
    ("cron(15 10 ? * 6L 2022-2023)", "2023-12-29T10:15:00", "never"),
    ("cron(1/10 * * * ? *)", "2026-11-28T12:51:00", "2026-11-28T13:01:00"),
    ("cron(0 9 ? * 2#1 *)", START, "2026-12-07T09:00:00"),
    ("cron(0 9 3W * ? *)", START, "2026-12-03T09:00:00"),
    ("cron(0 9 L * ? *)", START, "2026-11-30T09:00:00"),
    # The last of the month, of the week, of a weekday.
    ("cron(30 23 L 2 ? *)", START, "2027-02-28T23:30:00"),
    ("cron(30 23 L 2 ? *)", "2027-03-01T00:00:00", "2028-02-29T23:30:00"),
    ("cron(0 0 LW * ? *)", "2026-12-01T00:00:00", "2026-12-31T00:00:00"),
    ("cron(0 0 LW 1 ? 2027)", START, "2027-01-29T00:00:00"),
    ("cron(0 13 ? * L *)", START, "2026-11-28T13:00:00"),
    ("cron(0 12 ? * L *)", START, "2026-12-05T12:00:00"),
    ("cron(0 12 ? * SUNL *)", START, "2026-11-29T12:00:00"),
    ("cron(0 12 ? * 1L *)", "2026-11-29T12:00:00", "2026-12-27T12:00:00"),
    # The nearest weekday.
    ("cron(0 6 1W * ? *)", "2027-04-30T06:00:00", "2027-05-03T06:00:00"),
    ("cron(0 6 15W * ? *)", START, "2026-12-15T06:00:00"),
    ("cron(0 6 31W * ? *)", START, "2026-12-31T06:00:00"),
    ("cron(0 6 31W 11 ? *)", START, "never"),
    # The nth weekday.
    ("cron(0 6 ? * 3#2 *)", START, "2026-12-08T06:00:00"),
    ("cron(0 6 ? * MON#5 *)", START, "2026-11-30T06:00:00"),
    ("cron(0 6 ? * MON#5 *)", "2026-11-30T06:00:00", "2027-03-29T06:00:00"),
    ("cron(0 6 ? 2 SUN#5 *)", START, "2032-02-29T06:00:00"),
    # Days that few months have.
    ("cron(0 0 29 2 ? *)", START, "2028-02-29T00:00:00"),
    ("cron(0 0 29 2 ? 2100)", START, "never"),
    ("cron(0 0 30 2 ? *)", START, "never"),
    ("cron(0 0 31 * ? *)", START, "2026-12-31T00:00:00"),
    ("cron(0 0 31 4,6,9,11 ? *)", START, "never"),
    # Lists, ranges, steps, and over the end.
    ("cron(0 0,6,12,18 * * ? *)", START, "2026-11-28T18:00:00"),
    ("cron(0 22-2 * * ? *)", "2026-11-28T23:00:00", "2026-11-29T00:00:00"),
    ("cron(0 22-2 * * ? *)", "2026-11-28T02:00:00", "2026-11-28T22:00:00"),
    ("cron(0 0 1 NOV-FEB ? *)", "2027-02-01T00:00:00", "2027-11-01T00:00:00"),
    ("cron(0 0 ? * FRI-MON *)", "2026-11-30T00:00:00", "2026-12-04T00:00:00"),
    ("cron(0 0 28-2 * ? *)", "2026-12-02T00:00:00", "2026-12-28T00:00:00"),
    ("cron(0 0 1/10 * ? *)", START, "2026-12-01T00:00:00"),
    ("cron(0 0 1/10 * ? *)", "2026-12-21T00:00:00", "2026-12-31T00:00:00"),
    ("cron(0 0 1 1/3 ? *)", START, "2027-01-01T00:00:00"),
    ("cron(0 0 1 1 ? 2024/4)", START, "2028-01-01T00:00:00"),
    ("cron(0 0 1 1 ? 2020)", START, "never"),
    ("cron(59 23 31 12 ? 2199)", START, "2199-12-31T23:59:00"),
    ("cron(59 23 31 12 ? 2199)", "2199-12-31T23:59:00", "never"),
    ("cron(* * * * ? *)", START, "2026-11-28T12:01:00"),
    ("cron(* * * * ? *)", "2026-11-28T12:00:59", "2026-11-28T12:01:00"),
    ("cron(* * * * ? *)", "2026-12-31T23:59:00", "2027-01-01T00:00:00"),
    ("cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)", START, "2026-11-30T08:00:00"),
    ("cron(30-30 13-13 ? * 2,4,6 *)", START, "2026-11-30T13:30:00"),
    ("cron(1-31/30 1-1 ? * 1,7 *)", START, "2026-11-29T01:01:00"),
    # Once.
    ("at(2026-11-28T12:00:01)", START, "2026-11-28T12:00:01"),
    ("at(2026-11-28T12:00:00)", START, "never"),
    ("at(2199-01-01T00:00:00)", START, "2199-01-01T00:00:00"),
]


@pytest.mark.parametrize(("text", "after", "expected"), IN_UTC)
def test_in_utc(text: str, after: str, expected: str) -> None:
    expression = parse(text, Dialect.SCHEDULER)
    assert shown(next_after(expression, instant(after), anchor=0.0)) == expected


IN_ZONES = [
    ("Europe/Berlin", "cron(0 9 * * ? *)", START, "2026-11-29T08:00:00"),
    ("Europe/Berlin", "cron(0 9 * * ? *)", "2026-07-01T12:00:00", "2026-07-02T07:00:00"),
    ("America/New_York", "cron(0 0 1 * ? *)", START, "2026-12-01T05:00:00"),
    ("Asia/Kolkata", "cron(0 0 * * ? *)", START, "2026-11-28T18:30:00"),
    ("Asia/Kathmandu", "cron(0 0 * * ? *)", START, "2026-11-28T18:15:00"),
    ("Pacific/Kiritimati", "cron(0 0 L * ? *)", START, "2026-11-29T10:00:00"),
    ("Asia/Tokyo", "at(2026-11-28T22:00:00)", START, "2026-11-28T13:00:00"),
    # Clocks go forward: what does not exist is left out.
    ("Europe/Berlin", "cron(30 2 * * ? *)", "2027-03-27T12:00:00", "2027-03-29T00:30:00"),
    ("Europe/Berlin", "cron(0 2 * * ? *)", "2027-03-27T12:00:00", "2027-03-29T00:00:00"),
    ("Europe/Berlin", "cron(0 3 * * ? *)", "2027-03-27T12:00:00", "2027-03-28T01:00:00"),
    ("Europe/Berlin", "cron(0/30 * * * ? *)", "2027-03-28T00:30:00", "2027-03-28T01:00:00"),
    ("America/New_York", "cron(30 2 * * ? *)", "2027-03-14T00:00:00", "2027-03-15T06:30:00"),
    ("America/New_York", "cron(30 2 14 3 ? 2027)", START, "never"),
    ("Europe/Berlin", "at(2027-03-28T02:30:00)", START, "2027-03-28T01:30:00"),
    # Clocks go back: what exists twice counts once.
    ("Europe/Berlin", "cron(30 2 * * ? *)", "2026-10-24T12:00:00", "2026-10-25T00:30:00"),
    ("Europe/Berlin", "cron(30 2 * * ? *)", "2026-10-25T00:30:00", "2026-10-26T01:30:00"),
    ("Europe/Berlin", "cron(0 * * * ? *)", "2026-10-25T00:00:00", "2026-10-25T02:00:00"),
    ("Europe/Berlin", "cron(0/15 2 * * ? *)", "2026-10-25T00:45:00", "2026-10-26T01:00:00"),
    ("America/New_York", "cron(30 1 * * ? *)", "2026-11-01T05:30:00", "2026-11-02T06:30:00"),
    ("Europe/Berlin", "at(2026-10-25T02:30:00)", "2026-10-25T00:00:00", "2026-10-25T00:30:00"),
    # By half an hour.
    ("Australia/Lord_Howe", "cron(15 2 * * ? *)", "2026-10-03T00:00:00", "2026-10-04T15:15:00"),
]


@pytest.mark.parametrize(("where", "text", "after", "expected"), IN_ZONES)
def test_in_time_zones(where: str, text: str, after: str, expected: str) -> None:
    expression = parse(text, Dialect.SCHEDULER)
    assert shown(next_after(expression, instant(after), anchor=0.0, where=zone(where))) == expected


RATES = [
    ("rate(5 minutes)", "2026-11-28T12:00:00", "2026-11-28T11:59:59", "2026-11-28T12:00:00"),
    ("rate(5 minutes)", "2026-11-28T12:00:00", "2026-11-28T12:00:00", "2026-11-28T12:05:00"),
    ("rate(5 minutes)", "2026-11-28T12:00:00", "2026-11-28T12:07:30", "2026-11-28T12:10:00"),
    ("rate(1 hour)", "2026-11-28T12:34:56", "2026-11-28T13:00:00", "2026-11-28T13:34:56"),
    ("rate(1 day)", "2026-10-24T12:00:00", "2026-10-25T11:00:00", "2026-10-25T12:00:00"),
    ("rate(20 days)", "2026-11-28T12:00:00", "2026-12-18T12:00:00", "2027-01-07T12:00:00"),
    ("rate(7 days)", "2020-01-01T00:00:00", "2026-11-28T12:00:00", "2026-12-02T00:00:00"),
]


@pytest.mark.parametrize(("text", "anchor", "after", "expected"), RATES)
def test_rates_count_from_their_anchor(text: str, anchor: str, after: str, expected: str) -> None:
    expression = parse(text, Dialect.RULES)
    berlin = zone("Europe/Berlin")  # where days have 23 and 25 hours; a rate's have 24
    assert shown(next_after(expression, instant(after), anchor=instant(anchor), where=berlin)) == expected


def test_the_table_is_long_enough_to_be_one() -> None:
    assert len(IN_UTC) + len(IN_ZONES) + len(RATES) >= 80


def _field(least: int, most: int) -> st.SearchStrategy[str]:
    value = st.integers(least, most)
    return st.one_of(
        st.just("*"),
        value.map(str),
        st.tuples(value, value).map(lambda pair: f"{min(pair)}-{max(pair)}"),
        st.tuples(value, st.integers(1, most)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
        st.lists(value, min_size=1, max_size=4).map(lambda values: ",".join(map(str, values))),
    )


DAYS = st.one_of(
    st.tuples(st.one_of(_field(1, 31), st.sampled_from(["L", "LW", "1W", "15W", "31W"])), st.just("?")),
    st.tuples(st.just("?"), st.sampled_from(["*", "1", "2-6", "FRI-MON", "L", "6L", "3#2", "1#5"])),
)
CRONS = st.tuples(_field(0, 59), _field(0, 23), DAYS, _field(1, 12)).map(
    lambda parts: f"cron({parts[0]} {parts[1]} {parts[2][0]} {parts[3]} {parts[2][1]} *)"
)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
INSTANTS = st.floats(instant("2000-01-01T00:00:00"), instant("2100-01-01T00:00:00"))


@given(CRONS, ZONES, INSTANTS)
def test_what_is_due_is_later_and_fits(text: str, where: str, after: float) -> None:
    cron, place = parse(text, Dialect.SCHEDULER), zone(where)
    assert isinstance(cron, Cron)
    due = next_after(cron, after, anchor=0.0, where=place)
    if due is None:
        return
    local = datetime.fromtimestamp(due, place)
    assert due > after
    assert local.second == 0
    assert local.minute in cron.minutes
    assert local.hour in cron.hours
    assert local.month in cron.months
    assert local.day in cron.days(local.year, local.month)
    # The first that is due after a moment just before is the same.
    assert next_after(cron, due - 0.5, anchor=0.0, where=place) == due


@given(_field(0, 59), _field(0, 23), INSTANTS)
def test_nothing_that_fits_is_passed_over(minutes: str, hours: str, after: float) -> None:
    cron = parse(f"cron({minutes} {hours} * * ? *)", Dialect.SCHEDULER)
    assert isinstance(cron, Cron)
    due = next_after(cron, after, anchor=0.0)
    assert due is not None
    looked = datetime.fromtimestamp(after, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    while looked.timestamp() < due:
        assert not (looked.minute in cron.minutes and looked.hour in cron.hours)
        looked += timedelta(minutes=1)


@given(CRONS, INSTANTS)
def test_one_after_the_other(text: str, after: float) -> None:
    cron, found = parse(text, Dialect.SCHEDULER), []
    moment: float | None = after
    while moment is not None and len(found) < 5:
        found.append(moment)
        moment = next_after(cron, moment, anchor=0.0, where=zone("Europe/Berlin"))
    assert all(earlier < later for earlier, later in pairwise(found))
