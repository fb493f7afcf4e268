"""Values put, and the metrics that there are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from lambent.context import Context
from lambent.observe.metrics.ages import FINE, MINUTE
from lambent.observe.metrics.series import NO_UNIT, Dimensions, Series
from lambent.observe.metrics.store import MetricStore
from lambent.observe.metrics.summary import Summary
from lambent.services.cloudwatch import errors, limits, pages
from lambent.services.operation import Params, Result, operation

LARGEST = 2.0**360
"""A value may lie between this and its negative."""


class Data:
    """PutMetricData, ListMetrics."""

    def __init__(self, store: MetricStore) -> None:
        self._store = store

    @operation("PutMetricData")
    async def put(self, ctx: Context, params: Params) -> Result:
        """Values of metrics, all or none; durable on return."""
        namespace = params["Namespace"]
        if namespace.startswith("AWS/"):
            raise errors.reserved_namespace(namespace)
        if params.get("EntityMetricData") or params.get("StrictEntityValidation"):
            raise errors.unsupported("EntityMetricData", "there are no entities")
        data = params.get("MetricData", ())
        if len(data) > limits.DATA:
            raise errors.invalid(f"The collection MetricData must not have a size greater than {limits.DATA}.")
        if not data:
            raise errors.missing("The parameter MetricData is required.")
        values = [_datum(ctx, namespace, datum, f"MetricData.member.{at}") for at, datum in enumerate(data, 1)]
        await self._store.make_room(len(values))
        for series, summary, at, unit, step in values:
            self._store.add(series, summary, at=at, unit=unit, step=step)
        await self._store.flush()
        return {}

    @operation("ListMetrics")
    async def list(self, ctx: Context, params: Params) -> Result:
        """Metrics that have had values lately."""
        if params.get("IncludeLinkedAccounts") or params.get("OwningAccount", ctx.account) != ctx.account:
            raise errors.unsupported("IncludeLinkedAccounts", "accounts are not linked")
        lately = limits.RECENTLY_SECONDS if params.get("RecentlyActive") else limits.LISTED_SECONDS
        since = ctx.clock.now() - lately
        found = await self._store.listed(
            ctx.account, ctx.region, params.get("Namespace"), params.get("MetricName"), since
        )
        wanted = [(each["Name"], each.get("Value")) for each in params.get("Dimensions", ())]
        matching = [series for series in found if _has(series, wanted)]
        page, token = pages.page(matching, params.get("NextToken"), limits.PAGE)
        return {"Metrics": [shown(series) for series in page], **({"NextToken": token} if token else {})}


def shown(series: Series) -> dict[str, Any]:
    """A metric as answers have it."""
    return {
        "Namespace": series.namespace,
        "MetricName": series.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
    }


def dimensions(listed: list[dict[str, str]], place: str = "Dimensions") -> Dimensions:
    """Dimensions as a series holds them. Raises ApiError: one of them twice."""
    result = tuple(sorted((each["Name"], each["Value"]) for each in listed))
    if len({name for name, _ in result}) < len(result):
        raise errors.bad_value(place, "must not name a dimension twice")
    return result


def _has(series: Series, wanted: list[tuple[str, str | None]]) -> bool:
    there = dict(series.dimensions)
    return all(name in there and value in (None, there[name]) for name, value in wanted)


def _datum(ctx: Context, namespace: str, datum: dict[str, Any], place: str) -> tuple[Series, Summary, float, str, int]:
    now = ctx.clock.now()
    at = datum["Timestamp"].timestamp() if "Timestamp" in datum else now
    if not now - limits.OLDEST_SECONDS <= at <= now + limits.NEWEST_SECONDS:
        raise errors.bad_value(
            f"{place}.Timestamp", "must specify a time within the past two weeks and the next two hours"
        )
    resolution = datum.get("StorageResolution", MINUTE)
    if resolution not in (FINE, MINUTE):
        raise errors.bad_value(f"{place}.StorageResolution", "must be 1 or 60")
    found = dimensions(datum.get("Dimensions", []), f"{place}.Dimensions")
    series = Series(ctx.account, ctx.region, namespace, datum["MetricName"], found)
    return series, _summary(datum, place), at, datum.get("Unit", NO_UNIT), resolution


def _summary(datum: dict[str, Any], place: str) -> Summary:
    given = [name for name in ("Value", "Values", "StatisticValues") if name in datum]
    if len(given) != 1:
        raise errors.combination(
            f"The parameters {place}.Value, {place}.Values and {place}.StatisticValues are mutually exclusive and you"
            " have specified " + ("more than one." if given else "none.")
        )
    if "StatisticValues" in datum:
        told = datum["StatisticValues"]
        figures = (told["SampleCount"], told["Sum"], told["Minimum"], told["Maximum"])
        for figure in figures:
            _check(figure, f"{place}.StatisticValues")
        if told["SampleCount"] < 0 or told["Minimum"] > told["Maximum"]:
            raise errors.bad_value(f"{place}.StatisticValues", "must be the statistics of some values")
        return Summary.told(*figures)
    summary = Summary()
    for value, often in _values(datum, place):
        _check(value, f"{place}.Value")
        _check(often, f"{place}.Counts")
        summary.add(float(value), float(often))
    return summary


def _values(datum: dict[str, Any], place: str) -> Iterator[tuple[float, float]]:
    if "Value" in datum:
        yield datum["Value"], 1.0
        return
    values = datum["Values"]
    counts = datum.get("Counts", [1.0] * len(values))
    if not values or len(values) > limits.VALUES:
        raise errors.bad_value(f"{place}.Values", f"must have between 1 and {limits.VALUES} members")
    if len(counts) != len(values):
        raise errors.combination(f"The parameters {place}.Values and {place}.Counts must have the same size.")
    yield from zip(values, counts, strict=True)


def _check(value: float, place: str) -> None:
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise errors.bad_value(place, "must be a number between -2^360 and 2^360")
