"""Paths into events: `$.detail.items[0].name`. EventBridge's share of JSONPath; pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_STEP = re.compile(r"\.([^.\[\]\s]+)|\[(\d+)\]|\[['\"]([^'\"\]]+)['\"]\]|\[(\*)\]")
_REMEMBERED = 4096

NOTHING = object()
"""What a path finds that leads nowhere."""


class BadPath(Exception):
    """The text is no path."""


@lru_cache(_REMEMBERED)
def steps(path: str) -> tuple[str | int | None, ...]:
    """Names, positions, and None for every element of a list. Raises BadPath."""
    if not path.startswith("$"):
        raise BadPath(path)
    found: list[str | int | None] = []
    position = 1
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise BadPath(path)
        name, number, quoted, _ = match.groups()
        if name == "*":
            name = None
        found.append(int(number) if number is not None else quoted if quoted is not None else name)
        position = match.end()
    return tuple(found)


def select(tree: Any, path: str) -> Any:
    """What a path finds; `NOTHING` if that is nothing. Behind `*`, a list of what there is. Raises BadPath."""
    return _select(tree, steps(path))


def _select(tree: Any, rest: tuple[str | int | None, ...]) -> Any:
    for position, step in enumerate(rest):
        if step is None:
            elements = tree if isinstance(tree, list) else list(tree.values()) if isinstance(tree, dict) else []
            found = [_select(each, rest[position + 1 :]) for each in elements]
            return [each for each in found if each is not NOTHING] or NOTHING
        if isinstance(step, int):
            if not isinstance(tree, list) or step >= len(tree):
                return NOTHING
            tree = tree[step]
        elif isinstance(tree, dict) and step in tree:
            tree = tree[step]
        else:
            return NOTHING
    return tree
