"""What metric math computes: numbers and time series, one operator or function at a time. Pure.

A series maps the start of a period (epoch seconds) to its value. An operator between series works where both have
a value; between a list of series and something else, on each of the list.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import msgspec


class Line(msgspec.Struct, frozen=True):
    """One time series with its label. `period` in seconds."""

    label: str
    values: Mapping[int, float]
    period: int


Value = float | Line | list[Line]


class BadValue(Exception):
    """An operator or a function was given what it does not take; says why."""


def _quotient(left: float, right: float) -> float:
    return left / right if right else math.nan


def _power(left: float, right: float) -> float:
    try:
        result = left**right
    except (OverflowError, ZeroDivisionError):
        return math.nan
    return result if isinstance(result, float) else math.nan


def _truth(test: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda left, right: 1.0 if test(left, right) else 0.0


OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
    "^": _power,
    "==": _truth(operator.eq),
    "!=": _truth(operator.ne),
    "<": _truth(operator.lt),
    "<=": _truth(operator.le),
    ">": _truth(operator.gt),
    ">=": _truth(operator.ge),
    "AND": _truth(lambda left, right: left != 0 and right != 0),
    "OR": _truth(lambda left, right: left != 0 or right != 0),
}

SINGLE: Mapping[str, Callable[[float], float]] = {
    "NEGATE": operator.neg,
    "ABS": abs,
    "CEIL": lambda value: float(math.ceil(value)),
    "FLOOR": lambda value: float(math.floor(value)),
    "LOG": lambda value: math.log(value) if value > 0 else math.nan,
    "LOG10": lambda value: math.log10(value) if value > 0 else math.nan,
}
"""Functions of each value by itself."""


def _deviation(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "STDDEV": _deviation,
}
"""Functions of many values: of one series they give a number, of a list a series."""


def combine(name: str, left: Value, right: Value) -> Value:
    """An operator between two values."""
    compute = OPERATORS[name]
    if isinstance(left, list):
        return [_line(combine(name, each, right), each.label) for each in left]
    if isinstance(right, list):
        return [_line(combine(name, left, each), each.label) for each in right]
    if isinstance(left, Line) and isinstance(right, Line):
        both = left.values.keys() & right.values.keys()
        values = {at: compute(left.values[at], right.values[at]) for at in both}
        return _clean(left.label, values, max(left.period, right.period))
    if isinstance(left, Line):
        assert isinstance(right, float)
        return _clean(left.label, {at: compute(value, right) for at, value in left.values.items()}, left.period)
    if isinstance(right, Line):
        return _clean(right.label, {at: compute(left, value) for at, value in right.values.items()}, right.period)
    return compute(left, right)


def each(name: str, value: Value) -> Value:
    """A function of each value by itself."""
    compute = SINGLE[name]
    if isinstance(value, list):
        return [_line(each(name, line), line.label) for line in value]
    if isinstance(value, Line):
        return _clean(value.label, {at: compute(one) for at, one in value.values.items()}, value.period)
    return compute(value)


def aggregate(name: str, value: Value) -> Value:
    """A function of many values."""
    compute = AGGREGATES[name]
    if isinstance(value, list):
        if not value:
            return []
        moments = frozenset().union(*(line.values for line in value))
        found = {at: compute([line.values[at] for line in value if at in line.values]) for at in moments}
        return Line(name, found, max(line.period for line in value))
    if isinstance(value, Line):
        return compute(list(value.values.values())) if value.values else math.nan
    return value


def mapped(value: Value, change: Callable[[Line], Mapping[int, float]], what: str) -> Value:
    """A function of a whole series, for each series of a list. Raises BadValue for a number."""
    if isinstance(value, list):
        return [_clean(line.label, change(line), line.period) for line in value]
    if isinstance(value, Line):
        return _clean(value.label, change(value), value.period)
    raise BadValue(f"{what} needs a time series")


def differences(line: Line) -> Mapping[int, float]:
    """From each value to the next."""
    moments = sorted(line.values)
    return {later: line.values[later] - line.values[earlier] for earlier, later in pairwise(moments)}


def gaps(line: Line) -> Mapping[int, float]:
    """Seconds from each value to the next."""
    moments = sorted(line.values)
    return {later: float(later - earlier) for earlier, later in pairwise(moments)}


def rates(line: Line) -> Mapping[int, float]:
    """Change by the second."""
    between = gaps(line)
    return {at: change / between[at] for at, change in differences(line).items()}


def running(line: Line) -> Mapping[int, float]:
    """The sum so far."""
    total = 0.0
    result = {}
    for at in sorted(line.values):
        total += line.values[at]
        result[at] = total
    return result


def filled(line: Line, moments: Sequence[int], with_: float | str) -> Mapping[int, float]:
    """A value for every period: a number, `REPEAT` the last one, or `LINEAR` between its neighbours."""
    if isinstance(with_, float):
        return {at: line.values.get(at, with_) for at in moments}
    known = sorted(line.values)
    result = dict(line.values)
    for at in moments:
        if at in result:
            continue
        before = max((one for one in known if one < at), default=None)
        after = min((one for one in known if one > at), default=None)
        if before is not None and (with_ == "REPEAT" or after is None):
            if with_ == "REPEAT":
                result[at] = line.values[before]
        elif before is not None and after is not None:
            share = (at - before) / (after - before)
            result[at] = line.values[before] + share * (line.values[after] - line.values[before])
    return result


def chosen(test: Value, then: Value, otherwise: Value | None) -> Value:
    """`IF`: where the test is not 0, `then`, elsewhere `otherwise`, or nothing."""
    if isinstance(test, list) or isinstance(then, list) or isinstance(otherwise, list):
        raise BadValue("IF does not take lists of time series")
    if isinstance(test, float):
        taken = then if test else otherwise
        if taken is None:
            raise BadValue("IF has no value here")
        return taken
    result = {}
    for at, truth in test.values.items():
        taken = then if truth else otherwise
        value = taken.values.get(at) if isinstance(taken, Line) else taken
        if value is not None:
            result[at] = value
    return Line(then.label if isinstance(then, Line) else test.label, result, test.period)


def _line(value: Value, label: str) -> Line:
    assert isinstance(value, Line)
    return msgspec.structs.replace(value, label=label)


def _clean(label: str, values: Mapping[int, float], period: int) -> Line:
    """What is no number (a division by zero) is left out."""
    return Line(label, {at: value for at, value in values.items() if math.isfinite(value)}, period)
