"""Names and ARNs, one from the other."""

from __future__ import annotations

import pytest

from lambent.services.access import Place
from lambent.services.events import names
from lambent.services.events.names import Named

AT, ELSEWHERE = Place("1", "r"), Place("2", "s")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (None, Named(AT, "default")),
        ("b", Named(AT, "b")),
        ("arn:aws:events:s:2:event-bus/b", Named(ELSEWHERE, "b")),
    ],
)
def test_buses(given: str | None, named: Named) -> None:
    assert names.bus_named(AT, given) == named
    assert names.bus_of(names.bus_arn(named)) == named


@pytest.mark.parametrize("bus", ["default", "b"])
def test_rules_with_their_buses(bus: str) -> None:
    arn = names.rule_arn(Named(AT, bus), "x")
    assert names.rule_of(arn) == (Named(AT, bus), "x")
    assert names.bus_of_rule(arn) == f"arn:aws:events:r:1:event-bus/{bus}"


@pytest.mark.parametrize("arn", ["", "x", "arn:aws:sqs:r:1:q", "arn:aws:events:r:1:event-bus/"])
def test_what_means_nothing(arn: str) -> None:
    assert (names.bus_of(arn), names.archive_of(arn), names.rule_of(arn)) == (None, None, None)


def test_archives() -> None:
    assert names.archive_of("arn:aws:events:s:2:archive/a") == Named(ELSEWHERE, "a")
