"""Patterns of policies: `*`, `?` and variables such as `${aws:username}`. Matching takes linear time.

A pattern is cut at its stars into pieces; inside a piece `ANY` stands for `?`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Lookup = Callable[[str], Sequence[str] | None]
"""The values of a condition key (in small letters) in a request; None or none at all if it is absent."""

ANY = "\0"
_TOKEN = re.compile(r"\$\{([^}]*)\}|[*?]")
_DEFAULT = re.compile(r"\s*([^,\s]+)\s*,\s*'([^']*)'\s*")
_SPECIAL = ("*", "?", "$")


class Glob:
    """A pattern without variables."""

    __slots__ = ("_least", "pieces")

    def __init__(self, pieces: tuple[str, ...]) -> None:
        self.pieces = pieces
        self._least = sum(map(len, pieces))

    @property
    def literal(self) -> str | None:
        """The one text that matches; None if there are more."""
        return self.pieces[0] if len(self.pieces) == 1 and ANY not in self.pieces[0] else None

    @property
    def prefix(self) -> str:
        """How everything that matches begins."""
        return self.pieces[0].partition(ANY)[0]

    def matches(self, text: str) -> bool:
        """Whether the whole of `text` fits."""
        pieces = self.pieces
        if len(pieces) == 1:
            return len(text) == self._least and _at(pieces[0], text, 0)
        end = len(text) - len(pieces[-1])
        if len(text) < self._least or not _at(pieces[0], text, 0) or not _at(pieces[-1], text, end):
            return False
        position = len(pieces[0])
        for piece in pieces[1:-1]:
            position = _find(piece, text, position, end)
            if position < 0:
                return False
            position += len(piece)
        return True


class Template:
    """A pattern that may have variables. `wild` False takes stars and question marks as they are."""

    __slots__ = ("_tokens", "glob")

    def __init__(self, text: str, *, variables: bool, wild: bool = True, fold: bool = False) -> None:
        self._tokens = tuple(_tokens(text.lower() if fold else text, variables=variables, wild=wild))
        self.glob = None if any(isinstance(each, _Variable) for each in self._tokens) else _glob(self._tokens, None)

    def matches(self, text: str, lookup: Lookup) -> bool:
        """Whether the whole of `text` fits; never if a variable has no value, or several."""
        glob = self.glob or _glob(self._tokens, lookup)
        return glob is not None and glob.matches(text)


class _Variable:
    __slots__ = ("default", "key")

    def __init__(self, key: str, default: str | None) -> None:
        self.key = key
        self.default = default

    def value(self, lookup: Lookup) -> str | None:
        found = lookup(self.key)
        return found[0] if found and len(found) == 1 else self.default


class _Star:
    __slots__ = ()


_Token = str | _Variable | _Star


def _tokens(text: str, *, variables: bool, wild: bool) -> list[_Token]:
    tokens: list[_Token] = []
    done = 0
    for found in _TOKEN.finditer(text):
        tokens.append(text[done : found.start()])
        done = found.end()
        name = found[1]
        if name is None:
            tokens.append(found[0] if not wild else _Star() if found[0] == "*" else ANY)
        elif not variables:
            done = found.start() + 2
            tokens.append("${")
            rest = _tokens(text[done:], variables=False, wild=wild)
            return tokens + rest
        elif name in _SPECIAL:
            tokens.append(name)
        else:
            given = _DEFAULT.fullmatch(name)
            key, default = (given[1], given[2]) if given else (name.strip(), None)
            tokens.append(_Variable(key.lower(), default))
    tokens.append(text[done:])
    return tokens


def _glob(tokens: tuple[_Token, ...], lookup: Lookup | None) -> Glob | None:
    pieces = [""]
    for token in tokens:
        if isinstance(token, _Star):
            pieces.append("")
            continue
        text = token
        if isinstance(token, _Variable):
            value = None if lookup is None else token.value(lookup)
            if value is None:
                return None
            text = value
        assert isinstance(text, str)
        pieces[-1] += text
    return Glob(tuple(pieces))


def _at(piece: str, text: str, start: int) -> bool:
    if ANY not in piece:
        return text.startswith(piece, start)
    return start + len(piece) <= len(text) and all(
        wanted in (ANY, text[start + offset]) for offset, wanted in enumerate(piece)
    )


def _find(piece: str, text: str, start: int, end: int) -> int:
    if ANY not in piece:
        return text.find(piece, start, end)
    return next((place for place in range(start, end - len(piece) + 1) if _at(piece, text, place)), -1)
