"""What is no pattern says why."""

from __future__ import annotations

from lambent.services.logs.patterns.malformed import Malformed


def test_its_text_is_why() -> None:
    assert str(Malformed("a quotation mark is not closed")) == "a quotation mark is not closed"
