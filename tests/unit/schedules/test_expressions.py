from datetime import datetime

import pytest

from lambent.schedules.errors import Malformed
from lambent.schedules.expressions import At, Cron, Dialect, Rate, parse

BOTH = (Dialect.RULES, Dialect.SCHEDULER)


@pytest.mark.parametrize(
    ("text", "seconds", "dialects"),
    [
        ("rate(1 minute)", 60, BOTH),
        ("rate(5 minutes)", 300, BOTH),
        ("rate(1 hour)", 3600, BOTH),
        ("rate(12 hours)", 43_200, BOTH),
        ("rate(1 day)", 86_400, BOTH),
        ("rate(20 days)", 1_728_000, BOTH),
        ("rate(1 minutes)", 60, BOTH[1:]),
        ("rate(1 hours)", 3600, BOTH[1:]),
        ("rate(2 hour)", 7200, BOTH[1:]),
    ],
)
def test_rates(text: str, seconds: int, dialects: tuple[Dialect, ...]) -> None:
    for dialect in BOTH:
        if dialect in dialects:
            assert parse(text, dialect) == Rate(seconds)
        else:
            with pytest.raises(Malformed):
                parse(text, dialect)


def test_at_is_the_schedulers() -> None:
    assert parse("at(2026-11-28T17:35:00)", Dialect.SCHEDULER) == At(datetime(2026, 11, 28, 17, 35))
    with pytest.raises(Malformed):
        parse("at(2026-11-28T17:35:00)", Dialect.RULES)


ACCEPTED = [
    "cron(0 10 * * ? *)",
    "cron(15 12 * * ? *)",
    "cron(0 18 ? * MON-FRI *)",
    "cron(0 8 1 * ? *)",
    "cron(0/10 * ? * MON-FRI *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0/30 20-2 ? * MON-FRI *)",
    "cron(15 10 ? * 6L 2022-2023)",
    "cron(0 0 1 1 ? 1970)",
    "cron(59 23 31 12 ? 2199)",
    "cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)",
    "cron(30-30 13-13 ? * 2,4,6 *)",
    "cron(1-31/30 1-1 ? * 1,7 *)",
    "cron(0  12   * * ?  *)",
    "cron(0 12 ? JAN,jul SUN#1 *)",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_aws_accepts(text: str) -> None:
    for dialect in BOTH:
        assert isinstance(parse(text, dialect), Cron)


REFUSED = [
    "",
    "cron()",
    "cron(0 10 * * *)",  # five fields
    "cron(0 50 0,6,12,18 * ? * *)",  # seconds
    "cron(0 10 * * * *)",
    "cron(0 10 ? * ? *)",
    "cron(*/60 * * * ? *)",
    "cron(15 12 ? * -1 *)",
    "cron(15 12 ? * 0 *)",
    "cron(15 12 ? * 8 *)",
    "cron(0/5, 9-18, ?, *, MON-FRI, *)",
    "cron(? 10 * * ? *)",
    "cron(L 10 * * ? *)",
    "cron(0 10 * ? ? *)",
    "cron(0 10 ? * 3#1,6#3 *)",
    "cron(0 10 32 * ? *)",
    "cron(0 10 * 13 ? *)",
    "cron(0 10 * * ? 1969)",
    "cron(0 10 * * ? 2200)",
    "cron(60 10 * * ? *)",
    "cron(0 24 * * ? *)",
    "CRON(0 10 * * ? *)",
    "cron(0 10 * * ? *) ",
    "0 10 * * ? *",
    "rate(0 minutes)",
    "rate(-5 minutes)",
    "rate(1.5 hours)",
    "rate(5 seconds)",
    "rate(5 weeks)",
    "rate(5)",
    "rate(5minutes)",
    "rate(five minutes)",
    "rate(5 minutes",
    "Rate(5 minutes)",
    "at(2026-11-28)",
    "at(2026-11-28T17:35)",
    "at(2026-11-28 17:35:00)",
    "at(2026-11-28T17:35:00Z)",
    "at(2026-02-30T17:35:00)",
    "at(2026-11-28T24:35:00)",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_aws_refuses(text: str) -> None:
    for dialect in BOTH:
        with pytest.raises(Malformed):
            parse(text, dialect)


def test_the_first_local_time_that_fits() -> None:
    cron = parse("cron(0/30 8-9 ? * MON 2026)", Dialect.RULES)
    assert isinstance(cron, Cron)
    assert cron.after(datetime(2026, 11, 28, 12)) == datetime(2026, 11, 30, 8)
    assert cron.after(datetime(2026, 11, 30, 8, 0, 0)) == datetime(2026, 11, 30, 8, 30)
    assert cron.after(datetime(2026, 11, 30, 8, 45)) == datetime(2026, 11, 30, 9)
    assert cron.after(datetime(2026, 11, 30, 9, 30)) == datetime(2026, 12, 7, 8)
    assert cron.after(datetime(2026, 12, 28, 10)) is None
