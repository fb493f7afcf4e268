"""Event patterns: compiled from JSON to one function that tells whether an event is let through. Pure.

A pattern is JSON with the shape of what it matches. Its leaves are lists of alternatives: values, or tests such as
`{"prefix": "a"}` (`operators`). Fields are joined by AND, alternatives and `$or` by OR; a list in the event matches if
one of its elements does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from lambent.patterns.dialects import Dialect
from lambent.patterns.keys import ABSENT, Key
from lambent.patterns.operators import BadPattern, Matcher, inside, test_of

DEEPEST = 100


class Field(NamedTuple):
    """A way to find the pattern: the value at `path` has one of `keys`, or it does not match."""

    path: tuple[str, ...]
    keys: tuple[Key, ...]


class Either(NamedTuple):
    """The same by `$or`: one way of each branch together."""

    branches: tuple[tuple[Way, ...], ...]


Way = Field | Either


class _Part(NamedTuple):
    """`one` is the test of a leaf that has a single one."""

    matches: Matcher
    ways: tuple[Way, ...]
    one: Matcher | None = None


class Pattern:
    """One compiled pattern. `fields` is what it says, as it was parsed; `ways` are how an index may find it; `test` is
    `matches` without a guard against values that are nested too deeply."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        """Raises BadPattern."""
        try:
            parsed = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            raise BadPattern("Invalid JSON", placed=False) from None
        if not isinstance(parsed, dict):
            raise BadPattern("Filter is not an object")
        self.fields: Mapping[str, Any] = parsed
        part = _object(parsed, dialect, ())
        self.ways = part.ways
        self.test = part.matches

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether the pattern lets an event through."""
        try:
            return self.test(event)
        except RecursionError:  # lists in lists in lists: nobody has a pattern for that
            return False


def _object(pattern: dict[str, Any], dialect: Dialect, path: tuple[str, ...]) -> _Part:
    """A matcher of objects, or of lists with such an object."""
    if not pattern:
        raise BadPattern("Empty objects are not allowed", end=True)
    if len(path) > DEEPEST:
        raise BadPattern("Event pattern is nested too deeply")
    parts = []
    for name, wanted in pattern.items():
        with inside(name):
            parts.append(_field(name, wanted, dialect, path))
    tests = [part.matches for part in parts]

    def matcher(value: Any) -> bool:
        if isinstance(value, list):
            return any(matcher(element) for element in value)
        fields = value if isinstance(value, dict) else {}
        for test in tests:  # noqa: SIM110  a generator would take most of the time
            if not test(fields):
                return False
        return True

    return _Part(matcher, tuple(way for part in parts for way in part.ways))


def _field(name: str, wanted: Any, dialect: Dialect, path: tuple[str, ...]) -> _Part:
    """A matcher of the object that has (or lacks) the field."""
    if name == "$or" and dialect.choices:
        return _choices(wanted, dialect, path)
    deeper = (*path, name)
    if isinstance(wanted, dict):
        inner = _object(wanted, dialect, deeper)
    elif isinstance(wanted, list):
        inner = _alternatives(wanted, dialect, deeper)
    else:
        raise BadPattern(f'"{name}" must be an object or an array')
    return _Part(_quick(name, wanted, inner.matches, inner.one), inner.ways)


def _quick(name: str, wanted: Any, matches: Matcher, one: Matcher | None) -> Matcher:
    """A test of the field in the shortest way that its kind has: the time of matching is spent here."""
    texts = _texts(wanted)
    if texts:

        def is_one_of(fields: dict[str, Any]) -> bool:
            value = fields.get(name, ABSENT)
            return value in texts if type(value) is str else matches(value)

        return is_one_of
    if one is not None:

        def passes(fields: dict[str, Any]) -> bool:
            value = fields.get(name, ABSENT)
            return matches(value) if type(value) is list else one(value)

        return passes
    return lambda fields: matches(fields.get(name, ABSENT))


def _texts(wanted: Any) -> frozenset[str]:
    """The alternatives, if all are plain texts."""
    plain = isinstance(wanted, list) and all(isinstance(alternative, str) for alternative in wanted)
    return frozenset(wanted) if plain else frozenset()


def _choices(wanted: Any, dialect: Dialect, path: tuple[str, ...]) -> _Part:
    if not isinstance(wanted, list):
        raise BadPattern("It must be an Array followed with $or.")
    parts = []
    for position, choice in enumerate(wanted):
        with inside(position):
            if not isinstance(choice, dict):
                raise BadPattern("Only JSON object is allowed in array of $or relationship.")
            parts.append(_object(choice, dialect, path))
    if len(parts) < 2:
        raise BadPattern("There must have at least 2 Objects in $or relationship.", end=True)
    tests = [part.matches for part in parts]
    return _Part(lambda value: any(test(value) for test in tests), (Either(tuple(part.ways for part in parts)),))


def _alternatives(wanted: list[Any], dialect: Dialect, path: tuple[str, ...]) -> _Part:
    """A matcher of leaves: one of the list must match the value, or one of its elements."""
    if not wanted:
        raise BadPattern("Empty arrays are not allowed", end=True)
    found = []
    for position, alternative in enumerate(wanted):
        with inside(position):
            found.append(test_of(alternative, dialect))
    tests = [test.matches for test in found]

    def matcher(value: Any) -> bool:
        if isinstance(value, list):
            return any(matcher(element) for element in value or (ABSENT,))
        for test in tests:  # noqa: SIM110  as above
            if test(value):
                return True
        return False

    keys = tuple(test.key for test in found if test.key is not None)
    ways = (Field(path, keys),) if len(keys) == len(found) else ()
    return _Part(matcher, ways, tests[0] if len(tests) == 1 else None)
