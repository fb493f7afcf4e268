"""A query's words: names, texts, numbers, expressions between strokes, signs. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from lambent.services.logs.insights.malformed import Malformed

_SPACE = re.compile(r"(?:\s+|#[^\n]*)+")
_SIGNS = ("=~", "!=", "<=", ">=", "==", "=", "<", ">", "+", "-", "*", "/", "^", "%", "(", ")", "[", "]", ",", "|")
_PATTERNS = (
    ("number", re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.@])")),
    ("period", re.compile(r"\d+(?:ms|mo|[a-z]{1,7})(?![\w.@])")),
    ("name", re.compile(r"@?[A-Za-z_][\w.\-@]*(?<!-)|@[\w.]+")),
)
_OPENS_REGEX = frozenset({"like", "parse", "=~"})


class Token(NamedTuple):
    """`kind` is number, period, name, quoted (a name), text, regex or sign; `text` without its quotes."""

    kind: str
    text: str
    at: int


def tokens(query: str) -> list[Token]:
    """All of a query. Raises Malformed."""
    found: list[Token] = []
    at = 0
    while True:
        if space := _SPACE.match(query, at):
            at = space.end()
        if at >= len(query):
            return found
        token, at = _next(query, at, found)
        found.append(token)


def commands(query: str) -> list[Sequence[Token]]:
    """The words of each command, which stand between strokes. Raises Malformed."""
    parts: list[list[Token]] = [[]]
    for token in tokens(query):
        if (token.kind, token.text) == ("sign", "|"):
            parts.append([])
        else:
            parts[-1].append(token)
    if len(parts) > 1 and not parts[0]:
        del parts[0]
    if not all(parts):
        raise Malformed("a command is missing")
    return list(parts)


def _next(query: str, at: int, before: Sequence[Token]) -> tuple[Token, int]:
    character = query[at]
    if character in "'\"`":
        text, end = _quoted(query, at, character)
        return Token("quoted" if character == "`" else "text", text, at), end
    if character == "/" and _takes_regex(before):
        text, end = _quoted(query, at, "/")
        return Token("regex", text, at), end
    for kind, pattern in _PATTERNS:
        if match := pattern.match(query, at):
            return Token(kind, match[0], at), match.end()
    for sign in _SIGNS:
        if query.startswith(sign, at):
            return Token("sign", sign, at), at + len(sign)
    raise Malformed(f"unexpected character {character} at {at + 1}")


def _takes_regex(before: Sequence[Token]) -> bool:
    """Whether a stroke begins an expression here, and does not divide."""
    if not before:
        return False
    last = before[-1]
    if last.text.lower() in _OPENS_REGEX:
        return True
    return len(before) > 1 and before[-2].text.lower() == "parse" and last.kind in ("name", "quoted")


def _quoted(query: str, at: int, mark: str) -> tuple[str, int]:
    found: list[str] = []
    end = at + 1
    while end < len(query):
        character = query[end]
        if character == mark:
            return "".join(found), end + 1
        if character == "\\" and end + 1 < len(query):
            following = query[end + 1]
            keeps = mark == "/" and following != "/"
            found.append(character + following if keeps or following not in (mark, "\\") else following)
            end += 2
            continue
        found.append(character)
        end += 1
    raise Malformed(f"a {mark} at {at + 1} is not closed")
