"""How finely values are kept, by their age: CloudWatch's own rules. Pure."""

from __future__ import annotations

import msgspec

HOUR = 3600
DAY = 24 * HOUR

FINE, MINUTE = 1, 60


class Age(msgspec.Struct, frozen=True):
    """Values in steps of `step` seconds are kept for `seconds`, and then in steps of `then`; None: no more."""

    step: int
    seconds: int
    then: int | None


AGES = (
    Age(FINE, 3 * HOUR, MINUTE),
    Age(MINUTE, 15 * DAY, 5 * MINUTE),
    Age(5 * MINUTE, 63 * DAY, HOUR),
    Age(HOUR, 455 * DAY, None),
)


def start_of(timestamp: float, step: int) -> int:
    """The beginning of the step in which a time (epoch seconds) lies."""
    return int(timestamp // step) * step
