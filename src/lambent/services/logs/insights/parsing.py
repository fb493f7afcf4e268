"""`parse`: fields out of a text, by a form with stars, or by an expression with names. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lambent.services.logs.insights.expressions import Words, regex
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.rows import Row
from lambent.services.logs.insights.values import text

Work = Callable[[Row], None]


def parse(words: Words) -> Work:
    """`parse [FIELD] "a * b *" as x, y`, or `parse [FIELD] /(?<x>...)/`. Raises Malformed."""
    field = "@message"
    if words.next.kind in ("name", "quoted"):
        field = words.take().text
    form = words.take()
    if form.kind == "regex":
        return _by_regex(field, regex(form.text))
    if form.kind != "text":
        raise Malformed("parse takes a text with stars, or an expression between strokes")
    words.need("as")
    names = [_name(words)]
    while words.said(","):
        names.append(_name(words))
    if form.text.count("*") != len(names):
        raise Malformed("parse must have as many names as stars")
    return _by_place(field, form.text.split("*"), names)


def _name(words: Words) -> str:
    token = words.take()
    if token.kind not in ("name", "quoted"):
        raise Malformed("a name is missing after as")
    return token.text


def _by_regex(field: str, pattern: re.Pattern[str]) -> Work:
    if not pattern.groupindex:
        raise Malformed("the expression of parse names no group")

    def work(row: Row) -> None:
        value = text(row[field])
        match = pattern.search(value) if value is not None else None
        row.update(match.groupdict() if match else dict.fromkeys(pattern.groupindex))

    return work


def _by_place(field: str, parts: Sequence[str], names: Sequence[str]) -> Work:
    def work(row: Row) -> None:
        value = text(row[field])
        found = between(value, parts) if value is not None else None
        row.update(dict.fromkeys(names) if found is None else zip(names, found, strict=True))

    return work


def between(value: str, parts: Sequence[str]) -> list[str] | None:
    """What stands between some texts, each at its first place behind the one before; behind an empty last one, the
    rest. None if one of them is missing. Takes as long as the value is, not longer."""
    at = value.find(parts[0])
    if at < 0:
        return None
    at += len(parts[0])
    found: list[str] = []
    for number, part in enumerate(parts[1:], 1):
        end = len(value) if not part and number == len(parts) - 1 else value.find(part, at)
        if end < 0:
            return None
        found.append(value[at:end])
        at = end + len(part)
    return found
