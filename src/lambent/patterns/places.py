"""Where in its text a pattern is wrong: line and column behind what AWS's reader had read when it said so. Pure.

AWS reads a pattern token by token. Of a text it has read the opening quote, of an object or a list the opening bracket,
of everything else all; at the end of an object, a list or a text that it has looked into, all of that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

Step = str | int
"""A name in an object, or a position in a list."""

_TOKEN = re.compile(r'[\s,:]*("(?:[^"\\]|\\.)*"|[^\s,:\[\]{}"]+|[\[\]{}])', re.DOTALL)
_SHOWN = 500
"""So many characters of the pattern are told."""


def told(text: str, steps: Sequence[Step], *, end: bool) -> str:
    """What AWS appends to its reason: the pattern, and where in it the value is to which `steps` lead."""
    start, token = _value(text, 0, steps)
    opened = token[0] in '"[{' and not end
    behind = start + 1 if opened else _behind(text, start)
    line, column = text.count("\n", 0, behind) + 1, behind - text.rfind("\n", 0, behind)
    shown = f'"{text[:_SHOWN]}"' + (f"[truncated {len(text) - _SHOWN} chars]" if len(text) > _SHOWN else "")
    return f"\n at [Source: (String){shown}; line: {line}, column: {column}]"


def _value(text: str, at: int, steps: Sequence[Step]) -> tuple[int, str]:
    """Where a value begins, and its first token."""
    start, token = _token(text, at)
    if not steps or token not in "[{":
        return start, token
    position, inside = 0, start + 1
    while True:
        following, first = _token(text, inside)
        if first in "]}":
            return following, first  # what AWS looked for there is not there
        here: Step = position
        if token == "{":
            here = msgspec.json.decode(first, type=str)
            inside = following + len(first)
            following, _ = _token(text, inside)
        if here == steps[0]:
            return _value(text, following, steps[1:])
        inside, position = _behind(text, following), position + 1


def _behind(text: str, start: int) -> int:
    """The place behind the value that begins at `start`."""
    depth, at = 0, start
    while True:
        found, token = _token(text, at)
        at = found + len(token)
        depth += (token in "[{") - (token in "]}")
        if depth <= 0:
            return at


def _token(text: str, at: int) -> tuple[int, str]:
    match = _TOKEN.match(text, at)
    assert match is not None
    return match.start(1), match[1]
