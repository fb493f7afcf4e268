"""What an expression of metric math comes to, over the results of other queries. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from lambent.services.cloudwatch import math_values as values
from lambent.services.cloudwatch.math_syntax import Apply, Node, Number, Reference, Text
from lambent.services.cloudwatch.math_values import AGGREGATES, OPERATORS, SINGLE, BadValue, Line, Value

ELSEWHERE = frozenset(
    {"ANOMALY_DETECTION_BAND", "DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "LAMBDA", "SERVICE_QUOTA", "SELECT"}
)
"""Functions of AWS that need what Lambent does not have."""

_CALENDAR: Mapping[str, Callable[[datetime], float]] = {
    "MINUTE": lambda at: float(at.minute),
    "HOUR": lambda at: float(at.hour),
    "DAY": lambda at: float(at.isoweekday()),
    "DATE": lambda at: float(at.day),
    "MONTH": lambda at: float(at.month),
    "YEAR": lambda at: float(at.year),
    "EPOCH": lambda at: at.timestamp(),
}
_WHOLE: Mapping[str, Callable[[Line], Mapping[int, float]]] = {
    "DIFF": values.differences,
    "DIFF_TIME": values.gaps,
    "RATE": values.rates,
    "RUNNING_SUM": values.running,
}
_SORTS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "AVG": AGGREGATES["AVG"],
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "STDDEV": AGGREGATES["STDDEV"],
}


class Scope(msgspec.Struct, frozen=True):
    """What an expression may look at. `results` by id; `metrics` are the queries that are no expressions;
    `found` what each `SEARCH` has found; `moments` the starts of all periods."""

    results: Mapping[str, Value]
    metrics: Mapping[str, Line]
    found: Mapping[Node, list[Line]]
    moments: Sequence[int]
    period: int


def evaluate(tree: Node, scope: Scope) -> Value:
    """The value of an expression. Raises BadValue."""
    match tree:
        case Number(value):
            return value
        case Text():
            raise BadValue("a text cannot stand there")
        case Reference(name):
            if name not in scope.results:
                raise BadValue(f"there is no query with the id {name}")
            return scope.results[name]
        case Apply(name, arguments):
            return _apply(name, arguments, scope, tree)


def _apply(name: str, arguments: tuple[Node, ...], scope: Scope, tree: Node) -> Value:
    if name in OPERATORS:
        left, right = (evaluate(argument, scope) for argument in arguments)
        return values.combine(name, left, right)
    if name in SINGLE:
        return values.each(name, _only(name, arguments, scope))
    if name in AGGREGATES:
        return values.aggregate(name, _only(name, arguments, scope))
    if name in _WHOLE:
        return values.mapped(_only(name, arguments, scope), _WHOLE[name], name)
    if name in _CALENDAR:
        _only(name, arguments, scope)
        told = {at: _CALENDAR[name](datetime.fromtimestamp(at, UTC)) for at in scope.moments}
        return Line(name, told, scope.period)
    if name in _NAMED:
        return _NAMED[name](arguments, scope)
    if name == "SEARCH":
        return scope.found[tree]
    if name in ELSEWHERE:
        raise BadValue(f"{name} is not supported by Lambent")
    raise BadValue(f"there is no function {name}")


def _only(name: str, arguments: tuple[Node, ...], scope: Scope) -> Value:
    if len(arguments) != 1:
        raise BadValue(f"{name} takes one argument")
    return evaluate(arguments[0], scope)


def _lines(value: Value) -> list[Line]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, Line) else []


def _word(node: Node) -> str:
    """A bare word or a text, in capitals."""
    if isinstance(node, Reference):
        return node.name.upper()
    return node.value.upper() if isinstance(node, Text) else ""


def _array(arguments: tuple[Node, ...], scope: Scope) -> Value:
    return [line for argument in arguments for line in _lines(evaluate(argument, scope))]


def _metrics(arguments: tuple[Node, ...], scope: Scope) -> Value:
    part = arguments[0].value if arguments and isinstance(arguments[0], Text) else ""
    return [line for id_, line in scope.metrics.items() if part in id_]


def _if(arguments: tuple[Node, ...], scope: Scope) -> Value:
    if len(arguments) not in (2, 3):
        raise BadValue("IF takes two or three arguments")
    test, then, *rest = (evaluate(argument, scope) for argument in arguments)
    return values.chosen(test, then, rest[0] if rest else None)


def _fill(arguments: tuple[Node, ...], scope: Scope) -> Value:
    if len(arguments) != 2:
        raise BadValue("FILL takes two arguments")
    with_: float | str = _word(arguments[1])
    if with_ not in ("REPEAT", "LINEAR"):
        number = evaluate(arguments[1], scope)
        if not isinstance(number, float):
            raise BadValue("FILL fills with a number, REPEAT or LINEAR")
        with_ = number
    return values.mapped(evaluate(arguments[0], scope), lambda line: values.filled(line, scope.moments, with_), "FILL")


def _first(arguments: tuple[Node, ...], scope: Scope) -> Value:
    return _array(arguments, scope)[:1]  # type: ignore[index]


def _last(arguments: tuple[Node, ...], scope: Scope) -> Value:
    return _array(arguments, scope)[-1:]  # type: ignore[index]


def _count(arguments: tuple[Node, ...], scope: Scope) -> Value:
    return float(len(_lines(_array(arguments, scope))))


def _points(arguments: tuple[Node, ...], scope: Scope) -> Value:
    value = _only("DATAPOINT_COUNT", arguments, scope)
    if isinstance(value, Line):
        return float(len(value.values))
    counts = {at: float(sum(at in line.values for line in _lines(value))) for at in scope.moments}
    return Line("DATAPOINT_COUNT", counts, scope.period)


def _period(arguments: tuple[Node, ...], scope: Scope) -> Value:
    value = _only("PERIOD", arguments, scope)
    if not isinstance(value, Line):
        raise BadValue("PERIOD needs a time series")
    return float(value.period)


def _remove_empty(arguments: tuple[Node, ...], scope: Scope) -> Value:
    return [line for line in _lines(_array(arguments, scope)) if line.values]


def _series(arguments: tuple[Node, ...], scope: Scope) -> Value:
    value = _only("TIME_SERIES", arguments, scope)
    if not isinstance(value, float):
        raise BadValue("TIME_SERIES needs a number")
    return Line("TIME_SERIES", dict.fromkeys(scope.moments, value) if math.isfinite(value) else {}, scope.period)


def _slice(arguments: tuple[Node, ...], scope: Scope) -> Value:
    lines, *bounds = (evaluate(argument, scope) for argument in arguments)
    if not 1 <= len(bounds) <= 2 or not all(isinstance(bound, float) for bound in bounds):
        raise BadValue("SLICE takes a list and one or two numbers")
    return _lines(lines)[slice(*(int(bound) for bound in bounds if isinstance(bound, float)))]


def _sort(arguments: tuple[Node, ...], scope: Scope) -> Value:
    if len(arguments) not in (3, 4) or (by := _word(arguments[1])) not in _SORTS:
        raise BadValue("SORT takes a list, a function (AVG, MAX, MIN, SUM, STDDEV), ASC or DESC, and a number")
    compute, downwards = _SORTS[by], _word(arguments[2]) == "DESC"
    lines = [line for line in _lines(evaluate(arguments[0], scope)) if line.values]
    lines.sort(key=lambda line: compute(list(line.values.values())), reverse=downwards)
    if len(arguments) == 3:
        return lines
    most = evaluate(arguments[3], scope)
    if not isinstance(most, float):
        raise BadValue("SORT takes a number at its end")
    return lines[: int(most)]


_NAMED: Mapping[str, Callable[[tuple[Node, ...], Scope], Value]] = {
    "[]": _array,
    "METRICS": _metrics,
    "IF": _if,
    "FILL": _fill,
    "FIRST": _first,
    "LAST": _last,
    "METRIC_COUNT": _count,
    "DATAPOINT_COUNT": _points,
    "PERIOD": _period,
    "REMOVE_EMPTY": _remove_empty,
    "TIME_SERIES": _series,
    "SLICE": _slice,
    "SORT": _sort,
}
