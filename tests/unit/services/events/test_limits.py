"""The limits hang together."""

from __future__ import annotations

from lambent.services.events import limits
from lambent.services.events.retries import FIRST_SECONDS, LONGEST_SECONDS


def test_all_attempts_take_about_a_day() -> None:
    pauses = [min(LONGEST_SECONDS, FIRST_SECONDS * 2.0**number) * 0.75 for number in range(limits.ATTEMPTS)]
    assert 0.8 * limits.AGE_SECONDS < sum(pauses) < limits.AGE_SECONDS
