"""Whole queries against results worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lambent.observe.log_lines import Found
from lambent.services.logs.insights import query as module
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.query import Query
from lambent.services.logs.insights.rows import Row, row
from tests.unit.services.logs.insights.samples import SAMPLES

START = 1_700_000_040_000  # a whole minute
EVENTS = [
    {"level": "ERROR", "n": 5, "user": {"name": "ann"}},
    {"level": "INFO", "n": 7, "user": {"name": "bob"}},
    {"level": "INFO", "n": 9},
    {"level": "ERROR", "n": 1, "user": {"name": "ann"}},
]


def rows() -> Iterator[Row]:
    for number, event in enumerate(EVENTS):
        found = Found(START + number * 30_000, "s", number, START, json.dumps(event))
        yield row(found, group="g", account="1", pointer=str(number))


def ask(source: str, limit: int = 1000) -> list[dict[str, str]]:
    found = Query(source, now_ms=START, limit=limit).run(rows())
    return [{each["field"]: each["value"] for each in fields if each["field"] != "@ptr"} for fields in found]


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("fields n", [{"n": "1"}, {"n": "9"}, {"n": "7"}, {"n": "5"}]),
        ("fields n | sort n", [{"n": "1"}, {"n": "5"}, {"n": "7"}, {"n": "9"}]),
        ("fields n | sort by n | limit 1", [{"n": "1"}]),
        ("fields n as by | sort `by` desc | limit 1", [{"by": "9"}]),
        ("fields n | sort n desc | limit 2", [{"n": "9"}, {"n": "7"}]),
        ("fields n | limit 2", [{"n": "1"}, {"n": "9"}]),
        ("fields n | sort level, n desc", [{"n": "5"}, {"n": "1"}, {"n": "9"}, {"n": "7"}]),
        ("filter n > 5 | fields n * 2 as double, level | display double", [{"double": "18"}, {"double": "14"}]),
        ("filter user.name like /^a/ | filter n < 5 | display n", [{"n": "1"}]),
        (
            "stats count(*) as c by level | sort c desc, level",
            [{"level": "ERROR", "c": "2"}, {"level": "INFO", "c": "2"}],
        ),
        ("stats sum(n), avg(n), max(n), min(n)", [{"sum(n)": "22", "avg(n)": "5.5", "max(n)": "9", "min(n)": "1"}]),
        ("stats count(user.name) as c", [{"c": "3"}]),
        ("stats count_distinct(level) as c, pct(n, 50) as p", [{"c": "2", "p": "6"}]),
        (
            "stats latest(n) as l, earliest(n) as e by level | sort level | limit 1",
            [{"level": "ERROR", "l": "1", "e": "5"}],
        ),
        (
            "stats count(*) as c by bin(1m)",
            [{"bin(1m)": "2023-11-14 22:15:00.000", "c": "2"}, {"bin(1m)": "2023-11-14 22:14:00.000", "c": "2"}],
        ),
        ("stats avg(n) as a by bin(1m) as t | sort t | display a", [{"a": "6"}, {"a": "5"}]),
        ("stats max(n) as m by level | stats sum(m) as s", [{"s": "14"}]),
        ("dedup level | fields n", [{"n": "1"}, {"n": "9"}]),
        ("dedup user.name | fields n", [{"n": "1"}, {"n": "9"}, {"n": "7"}]),
        (
            'parse @message "\\"n\\": *," as m | filter ispresent(m) | sort m | display m',
            [{"m": "1"}, {"m": "5"}, {"m": "7"}],
        ),
        ("fields n # comment\n| filter n = 7", [{"n": "7"}]),
        ("filter 1 = 2 | stats count(*)", []),
        # The memory that is left over, as AWS's own sample query asks for it.
        (
            "stats max(n) as most, min(n) as least, most - least as spread, sum(n) / count(*) * 10",
            [{"most": "9", "least": "1", "spread": "8", "sum(n) / count(*) * 10": "55"}],
        ),
        (
            "stats sum(n) by level | sort sum(n) desc",
            [{"level": "INFO", "sum(n)": "16"}, {"level": "ERROR", "sum(n)": "6"}],
        ),
        ("stats count(*) by level | filter count(*) > 5", []),
    ],
)
def test_results(source: str, result: list[dict[str, str]]) -> None:
    assert ask(source) == result


@pytest.mark.parametrize("source", SAMPLES.strip().splitlines())
def test_no_sample_is_refused(source: str) -> None:
    ask(source)


def test_by_itself_the_newest_come_first_with_their_pointers() -> None:
    found = Query("", now_ms=START, limit=1).run(rows())
    assert found == [
        [
            {"field": "@timestamp", "value": "2023-11-14 22:15:30.000"},
            {"field": "@message", "value": json.dumps(EVENTS[3])},
            {"field": "@ptr", "value": "3"},
        ]
    ]


def test_how_many_matched() -> None:
    query = Query("filter level = 'INFO' | fields n | limit 1", now_ms=START, limit=1000)
    assert len(query.run(rows())) == 1 and query.matched == 2


def test_sorting_keeps_no_more_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 1)
    assert ask("fields n | sort n desc") == [{"n": "9"}]
    assert ask("fields n | sort n desc | filter n < 9") == [{"n": "7"}]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("nonsense", "there is no command nonsense"),
        ('SOURCE logGroups(namePrefix: ["a"]) | limit 1', "the command source is not supported by Lambent"),
        ("diff", "the command diff is not supported by Lambent"),
        ("stats nope(n)", "there is no function nope"),
        ("stats n", "n is no statistic"),
        ("stats sum(max(n))", "max stands inside a statistic"),
        ("sort count(*)", r"count\(\*\) is a statistic, which only stats has"),
        ("pattern 5", "pattern takes a field"),
        ("unnest 5 into x", "unnest takes a field and a name"),
        ("stats sum()", "sum takes a value"),
        ("limit 0", "limit takes a number from 1"),
        ("limit x", "limit takes a number from 1"),
        ("fields a b", "unexpected b in fields"),
        ("filter", "something is missing"),
    ],
)
def test_what_is_no_query(source: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        ask(source)
