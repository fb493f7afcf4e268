"""`parse`: fields out of a text, by a form with stars, or by an expression with names. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

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
    parts = [re.escape(part) for part in form.text.split("*")]
    last = "(.*)" if not parts[-1] else "(.*?)" + parts[-1]
    return _by_place(field, re.compile("(.*?)".join(parts[:-1]) + last, re.DOTALL), names)


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


def _by_place(field: str, pattern: re.Pattern[str], names: list[str]) -> Work:
    def work(row: Row) -> None:
        value = text(row[field])
        match = pattern.search(value) if value is not None else None
        row.update(zip(names, match.groups(), strict=True) if match else dict.fromkeys(names))

    return work
