"""The leaves of patterns: values and tests such as `{"prefix": "a"}`, each made into a `Test`. Pure.

What is no test is refused in the words of AWS's own compiler, which its services show to their callers.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import msgspec

from lambent.patterns.dialects import Dialect
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
    token_of,
)
from lambent.patterns.places import Step, told
from lambent.policy.patterns import Glob

Matcher = Callable[[Any], bool]
"""Whether a value (`ABSENT` for a field that is not there) is let through."""

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_INFINITY = float("inf")
_INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)


class BadPattern(Exception):
    """The text is not an event pattern; the message says why, in AWS's words.

    `steps` lead to what is wrong, `end` means its end; None where AWS does not say.
    """

    def __init__(self, why: str, *steps: Step, end: bool = False, placed: bool = True) -> None:
        super().__init__(why)
        self.steps: tuple[Step, ...] | None = steps if placed else None
        self.end = end

    def told(self, text: str) -> str:
        """The message with the place in the pattern's text, as AWS tells it."""
        return str(self) if self.steps is None else str(self) + told(text, self.steps, end=self.end)


@contextmanager
def inside(step: Step) -> Iterator[None]:
    """What is wrong in here is wrong in there."""
    try:
        yield
    except BadPattern as error:
        error.steps = None if error.steps is None else (step, *error.steps)
        raise


class Test(NamedTuple):
    """`matches` decides. `key` is what a value must have for the test to hold; None if nothing can be said."""

    matches: Matcher
    key: Key | None


def test_of(alternative: Any, dialect: Dialect) -> Test:
    """What one alternative of a leaf asks. Raises BadPattern."""
    if isinstance(alternative, list):
        raise BadPattern("Match value must be String, number, true, false, or null")
    if not isinstance(alternative, dict):
        return _equal(alternative)
    if not alternative:
        raise BadPattern("Match expression name not found", end=True)
    name, operand = next(iter(alternative.items()))
    if name not in dialect.operators:
        raise BadPattern(f"Unrecognized match type {name}", name)
    with inside(name):
        made = _OPERATORS[name](operand, dialect)
    _alone(alternative)
    return made


def _equal(wanted: Any) -> Test:
    """The same value: numbers by what they are worth, and true is not 1."""
    if is_number(wanted):
        return Test(lambda value: is_number(value) and value == wanted, Exact(token_of(wanted)))
    return Test(lambda value: type(value) is type(wanted) and value == wanted, Exact(token_of(wanted)))


def _prefix(operand: Any, dialect: Dialect) -> Test:
    text, folded = _affix(operand, "prefix", dialect)
    if folded:
        return Test(lambda value: isinstance(value, str) and fold(value).startswith(text), Prefix(text, folded=True))
    return Test(lambda value: isinstance(value, str) and value.startswith(text), Prefix(text))


def _suffix(operand: Any, dialect: Dialect) -> Test:
    text, folded = _affix(operand, "suffix", dialect)
    if folded:
        return Test(lambda value: isinstance(value, str) and fold(value).endswith(text), Suffix(text, folded=True))
    return Test(lambda value: isinstance(value, str) and value.endswith(text), Suffix(text))


def _affix(operand: Any, name: str, dialect: Dialect) -> tuple[str, bool]:
    """The text of a prefix or suffix, and whether case does not matter (the text is folded then)."""
    if not isinstance(operand, dict) or not dialect.folding:
        return _text(operand, name), False
    if not operand:
        raise BadPattern(f"{name.capitalize()} expression name not found", end=True)
    inner, text = next(iter(operand.items()))
    if inner != "equals-ignore-case":
        raise BadPattern(f"Unsupported {name} pattern: {inner}", inner)
    with inside(inner):
        folded = fold(_text(text, inner))
    _alone(operand)
    return folded, True


def _equals_ignore_case(operand: Any, _: Dialect) -> Test:
    folded = fold(_text(operand, "equals-ignore-case"))
    return Test(lambda value: isinstance(value, str) and fold(value) == folded, Folded(folded))


def _wildcard(operand: Any, _: Dialect) -> Test:
    """Stars stand for anything; a backslash makes the next star or backslash stand for itself."""
    glob = Glob(_pieces(_text(operand, "wildcard")))
    first, last = glob.pieces[0], glob.pieces[-1]
    key: Key = Prefix(first) if len(first) >= len(last) else Suffix(last)
    matches = glob.matches
    return Test(lambda value: isinstance(value, str) and matches(value), key)


def _pieces(text: str) -> tuple[str, ...]:
    """What stands between the stars. AWS counts positions in bytes, and the quote before the text as one."""
    pieces, position = [""], 0
    while position < len(text):
        sign, following = text[position], text[position + 1 : position + 2]
        at = len(text[:position].encode(errors="surrogatepass")) + 1
        if sign == "*":
            if following == "*":
                raise BadPattern(f"Consecutive wildcard characters at pos {at}", end=True)
            pieces.append("")
        elif sign == "\\":
            if following not in ("*", "\\"):
                raise BadPattern(f"Invalid escape character at pos {at}", end=True)
            pieces[-1] += following
            position += 1
        else:
            pieces[-1] += sign
        position += 1
    return tuple(pieces)


def _anything_but(operand: Any, dialect: Dialect) -> Test:
    """Any leaf but those: values, or what begins, ends or reads like one of some texts."""
    if isinstance(operand, dict):
        if not operand:
            raise BadPattern("Anything-But expression name not found", end=True)
        name, texts = next(iter(operand.items()))
        if name not in dialect.negated:
            raise BadPattern(f"Unsupported anything-but pattern: {name}", name)
        with inside(name):
            refused = _each(texts, lambda text: _OPERATORS[name](_negated(text, name), dialect))
        if len(operand) > 1:
            raise BadPattern("Too many elements in numeric expression", list(operand)[1])
    else:
        refused = _each(operand, _plain)
        kinds = {isinstance(value, str) for value in (operand if isinstance(operand, list) else [operand])}
        if len(kinds) == 2 and not dialect.mixed:
            raise BadPattern(_MIXED, end=True)
    tests = [test.matches for test in refused]
    return Test(
        lambda value: value is not ABSENT and not isinstance(value, dict) and not any(test(value) for test in tests),
        Present(),
    )


_MIXED = "Inside anything but list, either all values are number or string, mixed type is not supported"


def _each(operand: Any, make: Callable[[Any], Test]) -> list[Test]:
    """Of one value, or of a list of at least one."""
    if isinstance(operand, str) or is_number(operand):
        return [make(operand)]
    if not isinstance(operand, list):
        raise BadPattern("Value of anything-but must be an array or single string/number value.")
    if not operand:
        raise BadPattern(_MIXED, end=True)
    made = []
    for position, value in enumerate(operand):
        with inside(position):
            made.append(make(value))
    return made


def _plain(value: Any) -> Test:
    if not isinstance(value, str) and not is_number(value):
        raise BadPattern("Inside anything but list, start|null|boolean is not supported.")
    return _equal(value)


def _negated(text: Any, name: str) -> str:
    if isinstance(text, str):
        if not text and name in ("prefix", "suffix"):
            raise BadPattern("Null prefix/suffix not allowed")
        return text
    if name == "equals-ignore-case":
        raise BadPattern("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.")
    raise BadPattern(f"{name if name == 'wildcard' else 'prefix/suffix'} match pattern must be a string")


def _numeric(operand: Any, _: Dialect) -> Test:
    """Comparisons that all hold: `["=", 5]`, `[">", 0, "<=", 10]`."""
    if not isinstance(operand, list):
        raise BadPattern("Value of numeric must be an array.")
    if not operand or not isinstance(operand[0], str):
        raise BadPattern(f"Invalid member in numeric match: {_shown(operand[0]) if operand else ']'}", 0)
    sign: str = operand[0]
    bound: Any = operand[1] if len(operand) > 1 else None
    if sign not in _COMPARISONS:
        raise BadPattern(f"Unrecognized numeric range operator: {sign}", 1)
    if not is_number(bound):
        raise BadPattern(f"Value of {'equals' if sign == '=' else sign} must be numeric", 1)
    if len(operand) > 2 and sign in ("=", "<", "<="):
        raise BadPattern("Too many elements in numeric expression", 2)
    first = _COMPARISONS[sign]
    if sign == "=":
        return _equal(bound)
    if sign in ("<", "<="):
        return Test(
            lambda value: is_number(value) and first(value, bound), Range(-_INFINITY, False, bound, sign == "<=")
        )
    if len(operand) == 2:
        return Test(
            lambda value: is_number(value) and first(value, bound), Range(bound, sign == ">=", _INFINITY, False)
        )
    other, top = _upper(operand[2:])
    if bound >= top:
        raise BadPattern("Bottom must be less than top", end=True)
    second = _COMPARISONS[other]
    return Test(
        lambda value: is_number(value) and first(value, bound) and second(value, top),
        Range(bound, sign == ">=", top, other == "<="),
    )


def _upper(rest: list[Any]) -> tuple[str, float]:
    """The second half of a range."""
    sign: Any = rest[0]
    bound: Any = rest[1] if len(rest) > 1 else None
    if not isinstance(sign, str):
        raise BadPattern(f"Bad value in numeric range: {_shown(sign)}", 2)
    if sign not in ("<", "<="):
        raise BadPattern(f"Bad numeric range operator: {sign}", 2, end=True)
    if not is_number(bound):
        raise BadPattern(f"Value of {sign} must be numeric", 3)
    if len(rest) > 2:
        raise BadPattern("Too many terms in numeric range expression", 4)
    return sign, bound


def _exists(operand: Any, _: Dialect) -> Test:
    """Whether there is a leaf: an object is none."""
    if not isinstance(operand, bool):
        raise BadPattern("exists match pattern must be either true or false.")
    return Test(
        lambda value: (value is not ABSENT and not isinstance(value, dict)) is operand, Present() if operand else None
    )


def _cidr(operand: Any, _: Dialect) -> Test:
    """Addresses (as texts) of a network, of either version."""
    address, slash, bits = _text(operand, "prefix").partition("/")
    if not slash or "/" in bits:
        raise BadPattern("Malformed CIDR, one '/' required", placed=False)
    if _INTEGER.fullmatch(bits) is None:
        raise BadPattern("Malformed CIDR, mask bits must be an integer", placed=False)
    kept = int(bits)
    if kept < 0:
        raise BadPattern("Malformed CIDR, mask bits must not be negative", placed=False)
    found = address_of(address)
    if found is None:
        raise BadPattern(f"Nonstandard IP address: {address}", placed=False)
    width, number = found
    if kept >= width:
        raise BadPattern(f"IPv{4 if width == 32 else 6} mask bits must be < {width}", placed=False)
    network = Network(width, kept, number >> (width - kept))
    return Test(partial(_inside, network), network)


def _inside(network: Network, value: Any) -> bool:
    found = address_of(value) if isinstance(value, str) else None
    return found is not None and found[0] == network.width and found[1] >> (found[0] - network.bits) == network.number


def _alone(expression: Mapping[str, Any]) -> None:
    if len(expression) > 1:
        raise BadPattern("Only one key allowed in match expression", list(expression)[1])


def _text(operand: Any, name: str) -> str:
    if not isinstance(operand, str):
        raise BadPattern(f"{name} match pattern must be a string")
    return operand


def _shown(value: Any) -> str:
    """A value as it was written."""
    return msgspec.json.encode(value).decode()


def is_number(value: Any) -> bool:
    """True and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


_OPERATORS: Mapping[str, Callable[[Any, Dialect], Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
    "cidr": _cidr,
}
