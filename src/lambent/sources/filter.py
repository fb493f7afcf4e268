"""Event patterns: which records an event source mapping lets through. Pure.

A pattern is JSON with the shape of what it matches. Its leaves are lists of alternatives: values, or tests such as
`{"prefix": "a"}`. Fields are joined by AND, alternatives and `$or` by OR; a list in the record matches if one
of its elements does. Lambda's operators, all of them, and no others.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

Matcher = Callable[[Any], bool]
"""Whether a value (`ABSENT` for a field that is not there) is let through."""

ABSENT = object()

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DEEPEST = 100


class BadPattern(Exception):
    """The text is not an event pattern."""


class Pattern:
    """One compiled pattern. `fields` is what it says, field by field, as it was parsed."""

    def __init__(self, text: str) -> None:
        """Raises BadPattern."""
        try:
            parsed = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            raise BadPattern("not JSON") from None
        self.fields: Mapping[str, Any] = parsed if isinstance(parsed, dict) else {}
        self.matches: Matcher = _object(parsed, 0)


def matches(pattern: str, event: Mapping[str, Any]) -> bool:
    """Whether an event pattern (JSON text) lets an event through. Raises BadPattern."""
    return Pattern(pattern).matches(event)


class Filters:
    """The filters of a mapping; `data_key` is the field that holds a record's payload as text."""

    def __init__(self, patterns: list[str], data_key: str) -> None:
        """No patterns let everything through. Raises BadPattern."""
        self._patterns = [Pattern(text) for text in patterns]
        self._key = data_key

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def passes(self, record: Mapping[str, Any]) -> bool:
        """Whether one of the filters lets the record through.

        A pattern for JSON drops text that is none, and a pattern for text drops JSON, whatever it says.
        """
        if not self._patterns:
            return True
        data = record.get(self._key)
        decoded = _decoded(data)
        shown = {**record, self._key: decoded} if self._key in record else record
        is_json = isinstance(decoded, dict | list)
        try:
            return any(
                self._fits(pattern.fields.get(self._key), is_json) and pattern.matches(shown)
                for pattern in self._patterns
            )
        except RecursionError:  # lists in lists in lists: nobody has a pattern for that
            return False

    @staticmethod
    def _fits(wanted: Any, is_json: bool) -> bool:
        return wanted is None or isinstance(wanted, dict) is is_json


def _decoded(data: Any) -> Any:
    """A payload that is a JSON object or array, as such; any other as it is."""
    if not isinstance(data, str):
        return data
    try:
        parsed = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return data
    return parsed if isinstance(parsed, dict | list) else data


def _object(pattern: Any, depth: int) -> Matcher:
    """A matcher of objects, or of lists with such an object."""
    if not isinstance(pattern, dict) or not pattern or depth > _DEEPEST:
        raise BadPattern("a pattern is an object with at least one field")
    tests = [_field(name, wanted, depth + 1) for name, wanted in pattern.items()]

    def matcher(value: Any) -> bool:
        if isinstance(value, list):
            return any(matcher(element) for element in value)
        return all(test(value if isinstance(value, dict) else {}) for test in tests)

    return matcher


def _field(name: str, wanted: Any, depth: int) -> Matcher:
    """A matcher of the object that has (or lacks) the field."""
    if name == "$or" and isinstance(wanted, list):
        if len(wanted) < 2:
            raise BadPattern("$or is a list of at least two patterns")
        choices = [_object(choice, depth) for choice in wanted]
        return lambda value: any(choice(value) for choice in choices)
    inner = _object(wanted, depth) if isinstance(wanted, dict) else _alternatives(wanted)
    return lambda value: inner(value.get(name, ABSENT))


def _alternatives(wanted: Any) -> Matcher:
    """A matcher of leaves: one of the list must match the value, or one of its elements."""
    if not isinstance(wanted, list) or not wanted:
        raise BadPattern("a leaf is a list with at least one alternative")
    tests = [_test(alternative) for alternative in wanted]

    def matcher(value: Any) -> bool:
        if isinstance(value, list):
            return any(matcher(element) for element in value or [ABSENT])
        return any(test(value) for test in tests)

    return matcher


def _test(alternative: Any) -> Matcher:
    if isinstance(alternative, dict):
        if len(alternative) != 1:
            raise BadPattern("a test has one operator")
        ((name, operand),) = alternative.items()
        if name not in _OPERATORS:
            raise BadPattern(f"{name} is no operator")
        return _OPERATORS[name](operand)
    if isinstance(alternative, list):
        raise BadPattern("alternatives are not nested")
    return _equal(alternative)


def _equal(wanted: Any) -> Matcher:
    """The same value: numbers by what they are worth, and true is not 1."""
    if _is_number(wanted):
        return lambda value: _is_number(value) and value == wanted
    return lambda value: type(value) is type(wanted) and value == wanted


def _prefix(operand: Any) -> Matcher:
    text, folded = _affix(operand)
    if folded:
        return lambda value: isinstance(value, str) and value[: len(text)].casefold() == text.casefold()
    return lambda value: isinstance(value, str) and value.startswith(text)


def _suffix(operand: Any) -> Matcher:
    text, folded = _affix(operand)
    if folded:
        return lambda value: isinstance(value, str) and value[len(value) - len(text) :].casefold() == text.casefold()
    return lambda value: isinstance(value, str) and value.endswith(text)


def _affix(operand: Any) -> tuple[str, bool]:
    """The text of a prefix or suffix, and whether case does not matter."""
    if isinstance(operand, dict) and list(operand) == ["equals-ignore-case"]:
        return _text(operand["equals-ignore-case"]), True
    return _text(operand), False


def _equals_ignore_case(operand: Any) -> Matcher:
    folded = _text(operand).casefold()
    return lambda value: isinstance(value, str) and value.casefold() == folded


def _anything_but(operand: Any) -> Matcher:
    """Any leaf but those: values, or what begins, ends or reads like one of some texts."""
    if isinstance(operand, dict):
        if len(operand) != 1 or not operand.keys() <= _BUT.keys():
            raise BadPattern("anything-but takes values, a prefix, a suffix or equals-ignore-case")
        ((name, texts),) = operand.items()
        refused = [_BUT[name](text) for text in (texts if isinstance(texts, list) else [texts])]
    else:
        values = operand if isinstance(operand, list) else [operand]
        if any(isinstance(value, dict | list | bool) or value is None for value in values):
            raise BadPattern("anything-but takes texts and numbers")
        refused = [_equal(value) for value in values]
    if not refused:
        raise BadPattern("anything-but needs something")
    return lambda value: value is not ABSENT and not isinstance(value, dict) and not any(no(value) for no in refused)


def _numeric(operand: Any) -> Matcher:
    """Comparisons that all hold: `["=", 5]`, `[">", 0, "<=", 10]`."""
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise BadPattern("numeric takes one or two comparisons")
    pairs = list(zip(operand[::2], operand[1::2], strict=True))
    if not all(isinstance(sign, str) and sign in _COMPARISONS and _is_number(bound) for sign, bound in pairs):
        raise BadPattern("numeric compares with numbers")
    if len(pairs) == 2 and {pairs[0][0][0], pairs[1][0][0]} != {"<", ">"}:
        raise BadPattern("a numeric range has a lower and an upper bound")
    tests = [(_COMPARISONS[sign], bound) for sign, bound in pairs]
    return lambda value: _is_number(value) and all(holds(value, bound) for holds, bound in tests)


def _exists(operand: Any) -> Matcher:
    """Whether there is a leaf: an object is none."""
    if not isinstance(operand, bool):
        raise BadPattern("exists takes true or false")
    return lambda value: (value is not ABSENT and not isinstance(value, dict)) is operand


def _text(operand: Any) -> str:
    if not isinstance(operand, str):
        raise BadPattern("a text was expected")
    return operand


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_BUT: Mapping[str, Callable[[Any], Matcher]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
}
_OPERATORS: Mapping[str, Callable[[Any], Matcher]] = {
    **_BUT,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
}
