import pytest

from lambent.schedules.days import days
from lambent.schedules.errors import Malformed

EVERY_DAY = tuple(range(1, 31))


@pytest.mark.parametrize(
    ("of_month", "of_week", "month", "expected"),
    [
        ("*", "?", (2026, 11), EVERY_DAY),
        ("?", "*", (2026, 11), EVERY_DAY),
        ("31", "?", (2026, 11), ()),
        ("L", "?", (2024, 2), (29,)),
        ("L", "?", (2026, 2), (28,)),
        ("LW", "?", (2026, 2), (27,)),  # the 28th is a Saturday
        ("lw", "?", (2026, 5), (29,)),  # the 31st is a Sunday
        ("LW", "?", (2026, 11), (30,)),  # a Monday
        ("3W", "?", (2026, 11), (3,)),  # a Tuesday
        ("14W", "?", (2026, 11), (13,)),  # a Saturday
        ("15W", "?", (2026, 11), (16,)),  # a Sunday
        ("1W", "?", (2026, 8), (3,)),  # a Saturday, and no going back into July
        ("31W", "?", (2026, 5), (29,)),  # a Sunday, and no going on into June
        ("31W", "?", (2026, 11), ()),
        ("?", "SAT,SUN", (2026, 11), (1, 7, 8, 14, 15, 21, 22, 28, 29)),
        ("?", "L", (2026, 11), (7, 14, 21, 28)),
        ("?", "6L", (2026, 11), (27,)),
        ("?", "FRIL", (2026, 11), (27,)),
        ("?", "3#2", (2026, 11), (10,)),
        ("?", "TUE#2", (2026, 11), (10,)),
        ("?", "1#5", (2026, 11), (29,)),
        ("?", "3#5", (2026, 11), ()),
    ],
)
def test_the_days_of_a_month(of_month: str, of_week: str, month: tuple[int, int], expected: tuple[int, ...]) -> None:
    assert days(of_month, of_week)(*month) == expected


@pytest.mark.parametrize(
    ("of_month", "of_week"),
    [
        ("*", "*"),
        ("?", "?"),
        ("1", "MON"),
        ("L,1", "?"),
        ("W", "?"),
        ("32W", "?"),
        ("1-5W", "?"),
        ("?", "3#1,6#3"),
        ("?", "3#0"),
        ("?", "3#6"),
        ("?", "#2"),
        ("?", "8L"),
        ("?", "3W"),
    ],
)
def test_no_days(of_month: str, of_week: str) -> None:
    with pytest.raises(Malformed):
        days(of_month, of_week)
