"""Tokens."""

from __future__ import annotations

import re

import pytest

from lambent.services.tokens import tokens

PATTERN = re.compile(r"\s*(?:(?P<word>[a-z]+)|(?P<sign>[()]))")


def test_cut() -> None:
    assert tokens(PATTERN, " a (bc )  ", ValueError) == [("word", "a"), ("sign", "("), ("word", "bc"), ("sign", ")")]
    assert tokens(PATTERN, "  ", ValueError) == []


def test_what_begins_none() -> None:
    with pytest.raises(ValueError, match="unexpected character at position 2"):
        tokens(PATTERN, "a ?", ValueError)
