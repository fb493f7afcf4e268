"""Statistics read: of one metric, or of many with metric math over them."""

from __future__ import annotations

from typing import Any

from lambent.context import Context
from lambent.observe.metrics.ages import start_of
from lambent.observe.metrics.series import Series
from lambent.observe.metrics.statistics import SIMPLE, statistic
from lambent.observe.metrics.store import MetricStore
from lambent.services.access import Place
from lambent.services.cloudwatch import errors, limits, pages, queries
from lambent.services.cloudwatch.data import dimensions
from lambent.services.cloudwatch.math_values import BadValue, Line, Value
from lambent.services.cloudwatch.points import by_unit, check_period
from lambent.services.operation import Params, Result, operation


class Reading:
    """GetMetricStatistics, GetMetricData."""

    def __init__(self, store: MetricStore) -> None:
        self._store = store

    @operation("GetMetricStatistics")
    async def statistics(self, ctx: Context, params: Params) -> Result:
        """Statistics of one metric, in no order, as AWS gives them; each unit by itself."""
        period, start, end = params["Period"], params["StartTime"].timestamp(), params["EndTime"].timestamp()
        check_period(period)
        if start >= end:
            raise errors.invalid("The parameter StartTime must be less than the parameter EndTime.")
        if (asked := int(-(-(end - start) // period))) > limits.DATAPOINTS:
            raise errors.too_many_points(f"{asked:,}", f"{limits.DATAPOINTS:,}")
        simple, extended = params.get("Statistics", []), params.get("ExtendedStatistics", [])
        if not simple and not extended:
            raise errors.missing("Must specify either Statistics or ExtendedStatistics")
        for name in extended:
            if name in SIMPLE or statistic(name) is None:
                raise errors.bad_statistic(name)
        name = params["MetricName"]
        found = dimensions(params.get("Dimensions", []))
        series = Series(ctx.account, ctx.region, params["Namespace"], name, found)
        points = await self._store.read(series, start_of(start, min(period, 60)), end)
        shown = [
            _datapoint(at, unit, summary, simple, extended)
            for unit, periods in by_unit(points, period, params.get("Unit")).items()
            for at, summary in periods.items()
        ]
        return {"Label": name, "Datapoints": shown}

    @operation("GetMetricData")
    async def data(self, ctx: Context, params: Params) -> Result:
        """The results of queries, a page of their values at a time."""
        start, end = params["StartTime"].timestamp(), params["EndTime"].timestamp()
        if start >= end:
            raise errors.validation("The parameter StartTime must be less than the parameter EndTime.")
        if params.get("LabelOptions"):
            raise errors.unsupported("LabelOptions", "labels are told as they were asked for")
        most = params.get("MaxDatapoints", limits.MOST_DATAPOINTS)
        if not 1 <= most <= limits.MOST_DATAPOINTS:
            raise errors.validation(f"MaxDatapoints must be between 1 and {limits.MOST_DATAPOINTS}.")
        at = Place(ctx.account, ctx.region)
        asked = queries.checked(at, params["MetricDataQueries"])
        found = await queries.results(self._store, at, asked, start, end)
        order = [each["Id"] for each in params["MetricDataQueries"] if each.get("ReturnData", True)]
        if not order:
            raise errors.validation("At least one query must have ReturnData set to true.")
        downwards = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        told = [result for id_ in order for result in _results(id_, found[id_], start, end, downwards)]
        return _paged(told, params.get("NextToken"), most)


def _datapoint(at: int, unit: str, summary: Any, simple: list[str], extended: list[str]) -> dict[str, Any]:
    point: dict[str, Any] = {"Timestamp": at, "Unit": unit}
    point.update({name: SIMPLE[name](summary) for name in simple})
    if extended:
        computed = {name: statistic(name) for name in extended}
        point["ExtendedStatistics"] = {name: compute(summary) for name, compute in computed.items() if compute}
    return point


def _results(id_: str, value: Value | BadValue, start: float, end: float, downwards: bool) -> list[dict[str, Any]]:
    """One result of a metric or a number, as many as it has of a list."""
    if isinstance(value, BadValue):
        raise errors.bad_query(id_, str(value))
    lines = value if isinstance(value, list) else [value]
    return [_result(id_, line, start, end, downwards) for line in lines if isinstance(line, Line)]


def _result(id_: str, line: Line, start: float, end: float, downwards: bool) -> dict[str, Any]:
    first = start_of(start, line.period)
    moments = sorted((at for at in line.values if first <= at < end), reverse=downwards)
    return {
        "Id": id_,
        "Label": line.label,
        "Timestamps": moments,
        "Values": [line.values[at] for at in moments],
        "StatusCode": "Complete",
    }


def _paged(results: list[dict[str, Any]], token: str | None, most: int) -> Result:
    """As many values as a page holds; what has more is told as partial, and goes on with the next page."""
    flat = [(number, at) for number, result in enumerate(results) for at in range(len(result["Values"]))]
    page, following = pages.page(flat, token, most)
    if token is None and following is None:
        return {"MetricDataResults": results, "Messages": []}
    last = page[-1] if page else (-1, -1)
    shown = []
    for number, result in enumerate(results):
        at = [index for which, index in page if which == number]
        if not at and (token is not None or result["Values"]):
            continue
        whole = number != last[0] or last[1] + 1 == len(result["Values"])
        shown.append(
            result
            | {
                "Timestamps": [result["Timestamps"][index] for index in at],
                "Values": [result["Values"][index] for index in at],
                "StatusCode": "Complete" if whole else "PartialData",
            }
        )
    return {"MetricDataResults": shown, "Messages": [], **({"NextToken": following} if following else {})}
