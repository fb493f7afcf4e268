import pytest

from lambent.schedules.errors import Malformed, UnknownZone
from lambent.schedules.expressions import Dialect, parse
from lambent.schedules.occurrences import zone


def test_what_is_wrong_is_told_apart() -> None:
    with pytest.raises(Malformed, match="six fields"):
        parse("cron(0 10 * *)", Dialect.RULES)
    with pytest.raises(UnknownZone, match="Mars/Olympus"):
        zone("Mars/Olympus")
