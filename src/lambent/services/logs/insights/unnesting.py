"""`unnest`: a row for each element of a list. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lambent.services.logs.insights.expressions import Words
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.rows import Row

_ELEMENTS = 1000
"""Of one list; more are passed over."""


def unnest(words: Words) -> tuple[str, Callable[[Iterable[Row]], Iterator[Row]]]:
    """`unnest FIELD into NAME`: the name, and the work. Rows without such a list go. Raises Malformed."""
    field = _name(words)
    words.need("into")
    name = _name(words)

    def work(rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            elements = row.tree(field)
            for element in elements[:_ELEMENTS] if isinstance(elements, list) else ():
                yield row.with_field(name, element)

    return name, work


def _name(words: Words) -> str:
    token = words.take()
    if token.kind not in ("name", "quoted"):
        raise Malformed("unnest takes a field and a name: unnest FIELD into NAME")
    return token.text
