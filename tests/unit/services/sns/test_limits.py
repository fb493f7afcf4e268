"""The limits hang together."""

from __future__ import annotations

from lambent.services.sns import limits
from lambent.services.sns.schedule import MANAGED


def test_a_letter_is_kept_for_longer_than_it_is_tried() -> None:
    assert MANAGED.total < limits.LETTER_SECONDS
