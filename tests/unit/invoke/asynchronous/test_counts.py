"""Counts by function."""

from __future__ import annotations

from lambent.invoke.asynchronous.counts import Counters


def test_each_has_its_own() -> None:
    counters = Counters()
    counters.of("a").received += 2
    counters.of("b").dropped += 1
    assert {line: (each.received, each.dropped) for line, each in counters.all().items()} == {"a": (2, 0), "b": (0, 1)}
