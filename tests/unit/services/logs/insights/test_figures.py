"""Figures of statistics."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.logs.insights.expressions import Words
from lambent.services.logs.insights.figures import Figure, figure, made
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.rows import Row
from lambent.services.logs.insights.tokens import tokens


def of(source: str, *values: float) -> dict[str, Any]:
    """All figures of a list of them, about rows whose field is n."""
    words = Words(tokens(source), source, 0)
    figures: list[Figure] = []
    while not figures or words.said(","):
        figures.append(figure(words, [each.name for each in figures]))
    assert words.ended
    parts = [(part, part.make()) for each in figures for part in each.parts]
    for value in values:
        for part, one in parts:
            one.add(part.value(Row({"n": value}, of_function=False)), 0.0)
    return made(figures, {part.key: one.result() for part, one in parts})


def test_of_one_statistic_and_of_several() -> None:
    assert of("count(*), count(), sum(n) as s", 1, 2) == {"count(*)": 2.0, "count()": 2.0, "s": 3.0}
    assert of("(max(n) - min(n)) / 2 as half, half + 1", 1, 9) == {"half": 4.0, "half + 1": 5.0}
    assert of("max(n * 2), pct(n, 50) as p", 1, 3) == {"max(n * 2)": 6.0, "p": 2.0}
    assert of("sum(n), sum(n)", 4) == {"sum(n)": 4.0}


@pytest.mark.parametrize("source", ["n", "n + 1 as x", "sum(n", "sum()", "count(count(*))", "floor(n)"])
def test_what_is_none(source: str) -> None:
    with pytest.raises(Malformed):
        of(source, 1)
