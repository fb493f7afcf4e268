"""Many rules at once: an event finds those that match without being held against each. Pure.

Every rule is filed under what an event must have to match it (`keys`), at the path where the fewest others are filed
under the same. An event is walked once, along the paths that somebody is filed at; the few rules that it finds there
are then asked. Rules that only say what must not be (`exists: false`) are asked every time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from lambent.patterns.keys import (
    ABSENT,
    Exact,
    Folded,
    Key,
    Network,
    Prefix,
    Present,
    Range,
    Suffix,
    address_of,
    fold,
)
from lambent.patterns.pattern import Field, Pattern, Way
from lambent.patterns.ranges import Ranges

Rule = TypeVar("Rule", bound=Hashable)
Filed = list[tuple[tuple[str, ...], Key]]

_VAGUE = {Present: 8, Range: 4, Network: 2, Prefix: 2, Suffix: 2}
"""How much more often than a certain value an event has something of the kind."""


class Index(Generic[Rule]):
    """The rules of a bus, made once; a change of the rules makes a new one."""

    def __init__(self, rules: Iterable[tuple[Rule, Pattern]]) -> None:
        self._rules = list(rules)
        self._tests = [pattern.test for _, pattern in self._rules]
        self._always: list[int] = []
        filed: dict[tuple[str, ...], list[tuple[Key, int]]] = {}
        crowds = Counter(each for _, pattern in self._rules for each in set(_every(pattern.ways)))
        for number, (_, pattern) in enumerate(self._rules):
            best = _best(pattern.ways, crowds)
            if best is None:
                self._always.append(number)
                continue
            for path, key in dict.fromkeys(best[1]):
                filed.setdefault(path, []).append((key, number))
        self._root = _Node()
        for path, entries in filed.items():
            node = self._root
            for name in path:
                node = node.children.setdefault(name, _Node())
            node.leaf = _Leaf(entries)

    def matching(self, event: Mapping[str, Any]) -> list[Rule]:
        """The rules that let the event through, in the order in which they were given."""
        found = set(self._always)
        tests, rules = self._tests, self._rules
        try:
            self._root.visit(event, found)
            return [rules[number][0] for number in sorted(found) if tests[number](event)]
        except RecursionError:  # no pattern reaches so deep
            return []


def _every(ways: Sequence[Way]) -> Iterable[tuple[tuple[str, ...], Key]]:
    for way in ways:
        if isinstance(way, Field):
            yield from ((way.path, key) for key in way.keys)
        else:
            for branch in way.branches:
                yield from _every(branch)


def _best(ways: Sequence[Way], crowds: Mapping[tuple[tuple[str, ...], Key], int]) -> tuple[int, Filed] | None:
    """The way with the fewest others, and how many that are; None if there is no way."""
    best: tuple[int, Filed] | None = None
    for way in ways:
        found: tuple[int, Filed] | None
        if isinstance(way, Field):
            filed: Filed = [(way.path, key) for key in way.keys]
            found = sum(crowds[each] * _VAGUE.get(type(each[1]), 1) for each in filed), filed
        else:
            branches = [_best(branch, crowds) for branch in way.branches]
            found = 0, []
            for branch in branches:
                found = None if branch is None or found is None else (found[0] + branch[0], found[1] + branch[1])
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    return best


class _Node:
    """A field of events at which, or below which, rules are filed."""

    __slots__ = ("children", "leaf")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.leaf: _Leaf | None = None

    def visit(self, value: Any, found: set[int]) -> None:
        """Add the rules that a value finds here and below. Spelled out, since every event takes this way."""
        kind = type(value)
        if kind is dict:
            for name, child in self.children.items():
                inner = value.get(name, ABSENT)
                if inner is ABSENT:
                    continue
                kind = type(inner)
                if kind is dict or kind is list:
                    child.visit(inner, found)
                elif (leaf := child.leaf) is not None:
                    if leaf.only is None or kind is bool:
                        leaf.look_up(inner, found)
                    elif (numbers := leaf.only.get(inner)) is not None:
                        found.update(numbers)
        elif kind is list:
            for element in value:
                self.visit(element, found)
        elif self.leaf is not None:
            self.leaf.look_up(value, found)


class _Leaf:
    """The rules that are filed under the values of one field, each kind of key in a way of its own.

    `only` is the table of exact values (other than true and false) if there is no other kind.
    """

    def __init__(self, entries: list[tuple[Key, int]]) -> None:
        self._present: list[int] = []
        self._exact: dict[Any, list[int]] = {}
        self._folded: dict[str, list[int]] = {}
        self._networks: dict[Network, list[int]] = {}
        ranges: list[tuple[Range, int]] = []
        affixes: dict[tuple[bool, bool], dict[str, list[int]]] = {}
        for key, number in entries:
            match key:
                case Exact(token):
                    self._exact.setdefault(token, []).append(number)
                case Folded(text):
                    self._folded.setdefault(text, []).append(number)
                case Prefix(text, folded) | Suffix(text, folded):
                    table = affixes.setdefault((isinstance(key, Suffix), folded), {})
                    table.setdefault(text, []).append(number)
                case Range():
                    ranges.append((key, number))
                case Network():
                    self._networks.setdefault(key, []).append(number)
                case Present():
                    self._present.append(number)
        self._ranges = Ranges(ranges) if ranges else None
        self._widths = sorted({(width, bits) for width, bits, _ in self._networks})
        self._affixes = [(at_end, folded, _lengths(table), table) for (at_end, folded), table in affixes.items()]
        self._for_texts = bool(self._folded or self._affixes or self._widths)
        more = self._for_texts or self._present or self._ranges is not None
        self.only = None if more else self._exact

    def look_up(self, value: Any, found: set[int]) -> None:
        """Add the rules that `value`, a scalar, finds."""
        if self._present:
            found.update(self._present)
        kind = type(value)
        if self._exact and (numbers := self._exact.get((value,) if kind is bool else value)) is not None:
            found.update(numbers)
        if kind is str:
            if self._for_texts:
                self._look_up_text(value, found)
        elif self._ranges is not None and (kind is int or kind is float):
            found.update(self._ranges.at(value))

    def _look_up_text(self, value: str, found: set[int]) -> None:
        if self._folded and (numbers := self._folded.get(fold(value))) is not None:
            found.update(numbers)
        for at_end, folded, lengths, table in self._affixes:
            text = fold(value) if folded else value
            size = len(text)
            for length in lengths:
                if length > size:
                    break
                numbers = table.get(text[size - length :] if at_end else text[:length])
                if numbers is not None:
                    found.update(numbers)
        if self._widths and (address := address_of(value)) is not None:
            for width, bits in self._widths:
                if width == address[0]:
                    found.update(self._networks.get(Network(width, bits, address[1] >> (width - bits)), ()))


def _lengths(table: Mapping[str, object]) -> list[int]:
    return sorted({len(text) for text in table})
