"""How long values are kept how finely."""

from __future__ import annotations

from lambent.observe.metrics.ages import AGES, DAY, HOUR, start_of


def test_as_cloudwatch_keeps_them() -> None:
    assert [(age.step, age.seconds) for age in AGES] == [
        (1, 3 * HOUR),
        (60, 15 * DAY),
        (300, 63 * DAY),
        (3600, 455 * DAY),
    ]
    assert [age.then for age in AGES] == [60, 300, 3600, None]


def test_steps_begin_at_whole_multiples() -> None:
    assert start_of(119.9, 60) == 60
    assert start_of(-1, 60) == -60
