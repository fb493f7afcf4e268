"""The queries of GetMetricData, and of alarms: metrics read, expressions computed over them in the order they need."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lambent.observe.metrics.ages import start_of
from lambent.observe.metrics.series import Series
from lambent.observe.metrics.statistics import statistic
from lambent.observe.metrics.store import MetricStore
from lambent.services.access import Place
from lambent.services.cloudwatch import errors, limits, search_syntax
from lambent.services.cloudwatch.data import dimensions
from lambent.services.cloudwatch.math_evaluate import Scope, evaluate
from lambent.services.cloudwatch.math_syntax import Apply, BadExpression, Node, Text, parse, references
from lambent.services.cloudwatch.math_values import BadValue, Line, Value
from lambent.services.cloudwatch.points import check_period, merged, read
from lambent.services.cloudwatch.search_syntax import BadSearch

_ID = re.compile(r"[a-z][a-zA-Z0-9_]*$")
PERIOD = 300
"""Of an expression that nothing gives one."""


class Query(msgspec.Struct, frozen=True):
    """A query that was checked: of a metric (`series`, `stat`), else of an expression (`tree`). `period` in seconds."""

    id: str
    period: int | None
    label: str | None
    wanted: bool
    series: Series | None = None
    stat: str = ""
    unit: str | None = None
    tree: Node | None = None


def checked(at: Place, listed: Sequence[Mapping[str, Any]]) -> list[Query]:
    """Queries as they were asked, in an order in which they can be computed. Raises ApiError."""
    if not listed:
        raise errors.validation("At least one metric query is required.")
    if len(listed) > limits.QUERIES:
        raise errors.validation(f"The collection MetricDataQueries must not have a size greater than {limits.QUERIES}.")
    queries = [_query(at, each) for each in listed]
    by_id = {query.id: query for query in queries}
    if len(by_id) < len(queries):
        raise errors.validation("The values for parameter id in MetricDataQueries are not unique.")
    ordered: list[Query] = []
    done: set[str] = set()

    def visit(query: Query, above: tuple[str, ...]) -> None:
        if query.id in done:
            return
        if query.id in above:
            raise errors.bad_query(query.id, "it needs its own result")
        for name in sorted(_needs(query, by_id)):
            visit(by_id[name], (*above, query.id))
        done.add(query.id)
        ordered.append(query)

    for query in queries:
        visit(query, ())
    return ordered


def period_of(queries: Sequence[Query]) -> int:
    """The period in which expressions of these queries compute: the longest that any of them has."""
    return max((query.period for query in queries if query.period is not None), default=PERIOD)


async def results(
    store: MetricStore, at: Place, queries: Sequence[Query], start: float, end: float
) -> Mapping[str, Value | BadValue]:
    """What each query comes to from `start` until before `end`, by id; a query that fails says why."""
    found: dict[str, Value] = {}
    failed: dict[str, BadValue] = {}
    metrics: dict[str, Line] = {}
    whole = period_of(queries)
    for query in queries:
        if query.series is not None:
            period = query.period or PERIOD
            line = await _line(store, query.series, query.stat, period, query.unit, start, end)
            found[query.id] = metrics[query.id] = msgspec.structs.replace(line, label=query.label or query.series.name)
            continue
        assert query.tree is not None
        period = query.period or whole
        moments = range(start_of(start, period), int(-(-end // 1)), period)
        try:
            searched: dict[Node, list[Line]] = {
                node: await _search(store, at, node, start, end, period) for node in _searches(query.tree)
            }
            scope = Scope(found, metrics, searched, moments, period)
            found[query.id] = _named(evaluate(query.tree, scope), query, scope)
        except (BadValue, OverflowError, ValueError) as error:
            failed[query.id] = error if isinstance(error, BadValue) else BadValue(str(error))
    return {**found, **failed}


def _query(at: Place, asked: Mapping[str, Any]) -> Query:
    id_ = asked["Id"]
    if not _ID.match(id_):
        raise errors.validation(
            f"The value {id_} for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
        )
    if asked.get("AccountId", at.account) != at.account:
        raise errors.unsupported("AccountId", "accounts are not linked")
    period, label, wanted = asked.get("Period"), asked.get("Label"), asked.get("ReturnData", True)
    if ("MetricStat" in asked) == ("Expression" in asked):
        raise errors.validation(
            f"Exactly one of MetricStat and Expression must be specified in the query with the Id {id_}."
        )
    if period is not None:
        check_period(period)
    if "Expression" in asked:
        try:
            tree = parse(asked["Expression"])
        except BadExpression as bad:
            raise errors.bad_query(id_, str(bad)) from None
        return Query(id_, period, label, wanted, tree=tree)
    told = asked["MetricStat"]
    check_period(told["Period"])
    if statistic(told["Stat"]) is None:
        raise errors.bad_statistic(told["Stat"])
    metric = told["Metric"]
    if "Namespace" not in metric or "MetricName" not in metric:
        raise errors.missing(f"The metric of the query {id_} needs a Namespace and a MetricName.")
    series = Series(
        at.account, at.region, metric["Namespace"], metric["MetricName"], dimensions(metric.get("Dimensions", []))
    )
    return Query(id_, told["Period"], label, wanted, series, told["Stat"], told.get("Unit"))


def _needs(query: Query, by_id: Mapping[str, Query]) -> set[str]:
    """The queries that must come first."""
    if query.tree is None:
        return set()
    needed = {name for name in references(query.tree) if name in by_id}
    if _calls(query.tree, "METRICS"):
        needed |= {id_ for id_, other in by_id.items() if other.series is not None}
    return needed


def _calls(tree: Node, name: str) -> bool:
    return isinstance(tree, Apply) and (tree.name == name or any(_calls(each, name) for each in tree.arguments))


def _searches(tree: Node) -> list[Apply]:
    if not isinstance(tree, Apply):
        return []
    own = [tree] if tree.name == "SEARCH" else []
    return own + [found for each in tree.arguments for found in _searches(each)]


async def _search(store: MetricStore, at: Place, node: Apply, start: float, end: float, period: int) -> list[Line]:
    texts = [argument.value for argument in node.arguments if isinstance(argument, Text)]
    if len(texts) != 2 or len(node.arguments) not in (2, 3):
        raise BadValue("SEARCH takes a search, a statistic and perhaps a period")
    if len(node.arguments) == 3:
        told = evaluate(node.arguments[2], Scope({}, {}, {}, (), period))
        if not isinstance(told, float) or told < 1:
            raise BadValue("the period of SEARCH is a number of seconds")
        period = int(told)
    if statistic(texts[1]) is None:
        raise BadValue(f"there is no statistic {texts[1]}")
    try:
        matches = search_syntax.parse(texts[0])
    except BadSearch as bad:
        raise BadValue(f"the search cannot be read: {bad}") from None
    since = start - limits.LISTED_SECONDS
    series = [each for each in await store.listed(at.account, at.region, since=since) if matches(each)]
    lines = [await _line(store, each, texts[1], period, None, start, end) for each in series[: limits.SEARCH_LINES]]
    return [line for line in lines if line.values]


async def _line(
    store: MetricStore, series: Series, stat: str, period: int, unit: str | None, start: float, end: float
) -> Line:
    compute = statistic(stat)
    assert compute is not None  # it was checked
    points = await store.read(series, start_of(start, period), end)
    label = " ".join((*(value for _, value in series.dimensions), series.name))
    return Line(label, read(merged(points, period, unit), compute), period)


def _named(value: Value, query: Query, scope: Scope) -> Value:
    """The result under the label that was asked for; a number as a value of every period."""
    if isinstance(value, float):
        value = Line(query.id, dict.fromkeys(scope.moments, value) if value == value else {}, scope.period)
    if isinstance(value, Line):
        return msgspec.structs.replace(value, label=query.label or query.id)
    return value
