import pytest

from lambent.schedules.errors import Malformed
from lambent.schedules.fields import HOURS, MINUTES, MONTHS, WEEKDAYS, YEARS, Field, number, numbers


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        (MINUTES, "0", (0,)),
        (MINUTES, "*/15", (0, 15, 30, 45)),
        (MINUTES, "1/10", (1, 11, 21, 31, 41, 51)),
        (MINUTES, "30-30", (30,)),
        (MINUTES, "5,3,3-4", (3, 4, 5)),
        (MINUTES, "07", (7,)),
        (HOURS, "22-2", (0, 1, 2, 22, 23)),
        (HOURS, "22-4/2", (0, 2, 4, 22)),
        (MONTHS, "JAN,FEB,MAR", (1, 2, 3)),
        (MONTHS, "nov-feb", (1, 2, 11, 12)),
        (WEEKDAYS, "MON-FRI", (2, 3, 4, 5, 6)),
        (WEEKDAYS, "FRI-MON", (1, 2, 6, 7)),
        (WEEKDAYS, "1,7", (1, 7)),
        (YEARS, "2022-2024", (2022, 2023, 2024)),
        (YEARS, "2190/5", (2190, 2195)),
    ],
)
def test_a_field_says(field: Field, text: str, expected: tuple[int, ...]) -> None:
    assert numbers(text, field) == expected


def test_an_asterisk_is_everything() -> None:
    assert numbers("*", YEARS) == tuple(range(1970, 2200))


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (MINUTES, ""),
        (MINUTES, "60"),
        (MINUTES, "-1"),
        (MINUTES, "0/5,"),
        (MINUTES, "*/60"),
        (MINUTES, "*/0"),
        (MINUTES, "5/x"),
        (MINUTES, "٣"),
        (HOURS, "24"),
        (HOURS, "*/24"),
        (MONTHS, "0"),
        (MONTHS, "JANUARY"),
        (WEEKDAYS, "0"),
        (WEEKDAYS, "2/2"),
        (YEARS, "1969"),
        (YEARS, "2200"),
        (YEARS, "2024-2022"),
    ],
)
def test_a_field_cannot_say(field: Field, text: str) -> None:
    with pytest.raises(Malformed):
        numbers(text, field)


def test_a_value_by_its_name() -> None:
    assert number("sun", WEEKDAYS) == 1
