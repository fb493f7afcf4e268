"""Counts by function."""

from __future__ import annotations

from lambent.invoke.asynchronous.counts import Counters


def test_each_has_its_own() -> None:
    counters = Counters()
    counters.of("a").received += 2
    counters.of("b").dropped += 1
    assert {line: (each.received, each.dropped) for line, each in counters.all().items()} == {"a": (2, 0), "b": (0, 1)}


def test_news_are_told_once_by_the_names_of_cloudwatch() -> None:
    counters = Counters()
    counters.of("1/r/f").received += 2
    counters.of("1/r/f").retried += 1
    counters.aged("1/r/f", 0.5)
    (news,) = counters.news()
    assert news[:2] == ("1/r/f", {"AsyncEventsReceived": 2})
    assert news[2] is not None
    assert news[2].marks == {500: 1}
    assert list(counters.news()) == []
    counters.of("1/r/f").dropped += 1
    assert list(counters.news()) == [("1/r/f", {"AsyncEventsDropped": 1}, None)]
    assert counters.all()["1/r/f"].last_age_ms == 500
