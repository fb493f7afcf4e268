"""Texts of small languages cut into tokens. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

Token = tuple[str, str]
"""(the name of the pattern's group that matched, its text)"""


def tokens(pattern: re.Pattern[str], text: str, bad: Callable[[str], Exception]) -> list[Token]:
    """All tokens of a text: `pattern` has a named group for each kind, and skips the space before it.

    Raises what `bad` makes of the reason: a character that begins no token.
    """
    found: list[Token] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        match = pattern.match(text, position)
        if match is None:
            raise bad(f"unexpected character at position {position + 1}")
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
        position = match.end()
    return found
