"""What is no query says why."""

from __future__ import annotations

from lambent.services.logs.insights.malformed import Malformed


def test_its_text_is_why() -> None:
    assert str(Malformed("a command is missing")) == "a command is missing"
