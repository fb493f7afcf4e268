"""The Condition element: every operator, `...IfExists`, `ForAllValues:` and `ForAnyValue:`.

A condition holds one key against some values. A condition that makes no sense (a number that is none) matches nothing.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from lambent.policy.patterns import Lookup, Template

Test = Callable[[str, Lookup], bool]
"""Whether one value of the request fits one value of the policy."""

Made = Callable[[str, bool], Test]
"""A test from a policy's value; whether variables are replaced in it."""


class UnknownOperator(ValueError):
    """No operator has that name."""


class Condition(msgspec.Struct, frozen=True):
    """One key of one operator. `quantifier` is `all`, `any` or empty; `key` is in small letters."""

    operator: str
    key: str
    tests: tuple[Test, ...]
    negated: bool = False
    if_exists: bool = False
    quantifier: str = ""

    def holds(self, lookup: Lookup) -> bool:
        """Whether the request satisfies it."""
        values = lookup(self.key)
        if self.operator == "null":
            return any(test("false" if values else "true", lookup) for test in self.tests)
        if not values:
            return self.if_exists or self.quantifier == "all" or (self.negated and self.quantifier != "any")
        if self.quantifier == "all" or (self.negated and not self.quantifier):
            return all(self._fits(value, lookup) for value in values)
        return any(self._fits(value, lookup) for value in values)

    def _fits(self, value: str, lookup: Lookup) -> bool:
        return any(test(value, lookup) for test in self.tests) is not self.negated


def conditions(element: Mapping[str, Mapping[str, Any]], *, variables: bool) -> tuple[Condition, ...]:
    """The conditions of a statement; all must hold. Raises UnknownOperator, ValueError."""
    return tuple(
        _condition(operator, key, _texts(values), variables)
        for operator, keys in element.items()
        for key, values in keys.items()
    )


def _condition(operator: str, key: str, values: list[str], variables: bool) -> Condition:
    name = operator.lower()
    quantifier = ""
    for prefix, meaning in (("forallvalues:", "all"), ("foranyvalue:", "any")):
        if name.startswith(prefix):
            name, quantifier = name.removeprefix(prefix), meaning
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    known = _OPERATORS.get(name)
    if known is None or (name == "null" and (if_exists or quantifier)):
        raise UnknownOperator(operator)
    made, negated = known
    tests = tuple(made(value, variables) for value in values)
    return Condition(name, key.lower(), tests, negated, if_exists, quantifier)


def _texts(values: Any) -> list[str]:
    """A value or a list of some, as texts: JSON's numbers and truth values may stand without quotes."""
    return [_text(value) for value in (values if isinstance(values, list) else [values])]


def _text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float() | str():
            return str(value)
        case _:
            raise ValueError("a condition's value must be a text, a number or a truth value")


def _equal(value: str, variables: bool) -> Test:
    template = Template(value, variables=variables, wild=False)
    return template.matches


def _equal_folded(value: str, variables: bool) -> Test:
    # A variable's value has its own case, so both sides are folded when they meet.
    template = Template(value, variables=variables, wild=False, fold=True)

    def folded(lookup: Lookup) -> Lookup:
        return lambda key: None if (found := lookup(key)) is None else [each.lower() for each in found]

    return lambda text, lookup: template.matches(text.lower(), folded(lookup))


def _like(value: str, variables: bool) -> Test:
    return Template(value, variables=variables).matches


def _arn_like(value: str, variables: bool) -> Test:
    """Part by part: a star does not reach over a colon, but for the last of the six parts."""
    parts = [Template(part, variables=variables) for part in value.split(":", 5)]
    anything = value == "*"

    def test(text: str, lookup: Lookup) -> bool:
        given = text.split(":", 5)
        if anything:
            return True
        return len(given) == len(parts) == 6 and all(
            part.matches(each, lookup) for part, each in zip(parts, given, strict=True)
        )

    return test


def _numeric(compare: Callable[[float, float], bool]) -> Made:
    return _compared(_number, compare)


def _dated(compare: Callable[[float, float], bool]) -> Made:
    return _compared(_moment, compare)


def _compared(read: Callable[[str], float], compare: Callable[[float, float], bool]) -> Made:
    def made(value: str, variables: bool) -> Test:
        wanted = read(value)

        def test(text: str, lookup: Lookup) -> bool:
            given = read(text)
            return not math.isnan(given) and not math.isnan(wanted) and compare(given, wanted)

        return test

    return made


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _moment(text: str) -> float:
    """Seconds since the epoch, of ISO 8601 or of seconds."""
    number = _number(text)
    if not math.isnan(number):
        return number
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return math.nan
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _truth(value: str, variables: bool) -> Test:
    template = Template(value, variables=variables, wild=False, fold=True)
    return lambda text, lookup: template.matches(text.lower(), lookup)


def _binary(value: str, variables: bool) -> Test:
    wanted = _decoded(value)
    return lambda text, lookup: wanted is not None and _decoded(text) == wanted


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _address(value: str, variables: bool) -> Test:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return lambda text, lookup: False

    def test(text: str, lookup: Lookup) -> bool:
        try:
            return ipaddress.ip_address(text) in network
        except ValueError:
            return False

    return test


_OPERATORS: dict[str, tuple[Made, bool]] = {
    "stringequals": (_equal, False),
    "stringnotequals": (_equal, True),
    "stringequalsignorecase": (_equal_folded, False),
    "stringnotequalsignorecase": (_equal_folded, True),
    "stringlike": (_like, False),
    "stringnotlike": (_like, True),
    "numericequals": (_numeric(lambda a, b: a == b), False),
    "numericnotequals": (_numeric(lambda a, b: a == b), True),
    "numericlessthan": (_numeric(lambda a, b: a < b), False),
    "numericlessthanequals": (_numeric(lambda a, b: a <= b), False),
    "numericgreaterthan": (_numeric(lambda a, b: a > b), False),
    "numericgreaterthanequals": (_numeric(lambda a, b: a >= b), False),
    "dateequals": (_dated(lambda a, b: a == b), False),
    "datenotequals": (_dated(lambda a, b: a == b), True),
    "datelessthan": (_dated(lambda a, b: a < b), False),
    "datelessthanequals": (_dated(lambda a, b: a <= b), False),
    "dategreaterthan": (_dated(lambda a, b: a > b), False),
    "dategreaterthanequals": (_dated(lambda a, b: a >= b), False),
    "bool": (_truth, False),
    "binaryequals": (_binary, False),
    "ipaddress": (_address, False),
    "notipaddress": (_address, True),
    "arnequals": (_arn_like, False),
    "arnlike": (_arn_like, False),
    "arnnotequals": (_arn_like, True),
    "arnnotlike": (_arn_like, True),
    "null": (_truth, False),
}
