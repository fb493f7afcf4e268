"""`pattern`: events that have the same words in the same places, put together. Pure; memory is bounded.

Words with digits differ from event to event and are `<*>` from the start. Of the others, a pattern loses those in which
an event differs that is like it for the most part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from lambent.services.logs.insights.expressions import Words
from lambent.services.logs.insights.malformed import Malformed
from lambent.services.logs.insights.rows import Row
from lambent.services.logs.insights.values import text

NAMES = ("@pattern", "@ratio", "@sampleCount", "@severityLabel")

_ANY = "<*>"
_ALIKE = 0.6
"""What part of the words must be the same."""

_CHARACTERS = 2000
"""Of an event; what follows is not looked at."""

_PATTERNS = 1000
"""Events of more than so many patterns are counted, and not shown."""

_WORD = re.compile(r"[\w.:/@+-]*\d[\w.:/@+-]*|\w+|\s+|[^\w\s]")
_DIGIT = re.compile(r"\d")
_LABELS = (
    ("Error", re.compile(r"\b(error|fatal|critical|exception|fail(ed|ure)?)\b|error\b", re.IGNORECASE)),
    ("Warning", re.compile(r"\bwarn(ing)?\b", re.IGNORECASE)),
    ("Info", re.compile(r"\binfo\b", re.IGNORECASE)),
    ("Debug", re.compile(r"\b(debug|trace)\b", re.IGNORECASE)),
)


class _Group:
    """Events that are alike."""

    __slots__ = ("count", "words")

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.count = 0


def pattern(words: Words) -> Callable[[Iterable[Row]], Iterator[Row]]:
    """`pattern FIELD`. Raises Malformed."""
    token = words.take()
    if token.kind not in ("name", "quoted"):
        raise Malformed("pattern takes a field")
    field = token.text

    def work(rows: Iterable[Row]) -> Iterator[Row]:
        groups: dict[tuple[int, str], list[_Group]] = {}
        total = shown = 0
        for row in rows:
            if (value := text(row[field])) is None:
                continue
            total += 1
            split = _split(value)
            # Only what begins alike is compared: that is where events of one statement are the same.
            near = groups.setdefault((len(split), split[0] if split else ""), [])
            found = next((group for group in near if _alike(group.words, split)), None)
            if found is None:
                if shown >= _PATTERNS:
                    continue
                shown += 1
                found = _Group(split)
                near.append(found)
            elif found.words != split:
                pairs = zip(found.words, split, strict=True)
                found.words = [one if one == other else _ANY for one, other in pairs]
            found.count += 1
        for group in sorted(chain.from_iterable(groups.values()), key=lambda group: -group.count):
            yield _row(group, total)

    return work


def _split(value: str) -> list[str]:
    return [_ANY if _DIGIT.search(word) else word for word in _WORD.findall(value[:_CHARACTERS])]


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    same = sum(left in (right, _ANY) for left, right in zip(one, other, strict=True))
    return same >= _ALIKE * len(one)


def _row(group: _Group, total: int) -> Row:
    told = re.sub(r"(<\*>)(\s*<\*>)+", _ANY, "".join(group.words))
    label = next((name for name, found in _LABELS if found.search(told)), None)
    values = (told, group.count / total, float(group.count), label)
    return Row(dict(zip(NAMES, values, strict=True)), of_function=False)
