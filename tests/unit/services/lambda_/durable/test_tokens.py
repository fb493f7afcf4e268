"""Tokens and callback ids pass AWS's patterns, and come back as what they were."""

from __future__ import annotations

import re

from lambent.services.lambda_.durable.tokens import callback_id, called, token
from tests.unit.services.lambda_.durable.making import ARN

PATTERN = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def test_tokens_differ_by_all_that_they_stand_for() -> None:
    made = {token("i", "r", 1), token("i", "r", 2), token("i", "s", 1), token("j", "r", 1)}
    assert len(made) == 4
    assert all(PATTERN.fullmatch(each) for each in made)


def test_callback_ids() -> None:
    made = callback_id(ARN, "a")
    assert PATTERN.fullmatch(made)
    assert called(made) == (ARN, "a")
    for other in ("", "a", "AAAA", "é", made[4:]):
        assert called(other) is None
