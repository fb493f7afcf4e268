"""Traces found, the service graph, and statistics over time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from lambent.context import Context
from lambent.observe.traces.segments import Segment
from lambent.observe.traces.store import TraceStore
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.xray import errors, limits, pages
from lambent.services.xray.filters import BadFilter, Test, parse
from lambent.services.xray.graph import Graph
from lambent.services.xray.repository import Repository
from lambent.services.xray.summary import Node, Traced, summed


class Summaries:
    """GetTraceSummaries, GetServiceGraph, GetTimeSeriesServiceStatistics."""

    def __init__(self, store: TraceStore, repository: Repository) -> None:
        self._store = store
        self._repository = repository

    @operation("GetTraceSummaries")
    async def summaries(self, ctx: Context, params: Params) -> Result:
        """What the traces of a while were like, the newest first; those that a filter finds."""
        if params.get("TimeRangeType", "TraceId") != "TraceId":
            raise errors.unsupported("TimeRangeType", "traces are found by when their segments began")
        for option in ("Sampling", "SamplingStrategy"):
            if params.get(option):
                raise errors.unsupported(option, "all traces are told")
        test = await self._filter(ctx, params.get("FilterExpression", ""))
        found = await self._found(ctx, params, test)
        page, token = pages.page(found, params.get("NextToken"), limits.PAGE)
        return {
            "TraceSummaries": [_shown(traced) for traced in page],
            "ApproximateTime": ctx.clock.now(),
            "TracesProcessedCount": len(found),
            **token,
        }

    @operation("GetServiceGraph")
    async def graph(self, ctx: Context, params: Params) -> Result:
        """Who calls whom, in the traces of a group or in all."""
        found = await self._found(ctx, params, await self._of_group(ctx, params))
        services = await asyncio.to_thread(lambda: Graph(found).services())
        page, token = pages.page(services, params.get("NextToken"), limits.PAGE)
        return {
            "StartTime": params["StartTime"],
            "EndTime": params["EndTime"],
            "Services": page,
            "ContainsOldGroupVersions": False,
            **token,
        }

    @operation("GetTimeSeriesServiceStatistics")
    async def series(self, ctx: Context, params: Params) -> Result:
        """Statistics of each period of a minute, or five."""
        period = params.get("Period", 60)
        if period not in (60, 300):
            raise errors.invalid("Period must be 60 or 300.")
        if params.get("ForecastStatistics"):
            raise errors.unsupported("ForecastStatistics", "nothing is foretold")
        test = await self._filter(ctx, params.get("EntitySelectorExpression", ""))
        group = await self._of_group(ctx, params)
        found = await self._found(ctx, params, lambda traced: test(traced) and group(traced))
        shown = await asyncio.to_thread(_over_time, found, period)
        page, token = pages.page(shown, params.get("NextToken"), limits.PAGE)
        return {"TimeSeriesServiceStatistics": page, "ContainsOldGroupVersions": False, **token}

    async def _filter(self, ctx: Context, text: str) -> Test:
        if "group." not in text.lower():
            return filter_of(text)
        groups = await self._repository.groups(Place(ctx.account, ctx.region))
        return filter_of(text, {name: group.filter for group in groups for name in (group.name, group.arn)})

    async def _of_group(self, ctx: Context, params: Params) -> Test:
        name = params.get("GroupName")
        if name is None and "GroupARN" in params:
            name = params["GroupARN"].split("/")[1] if params["GroupARN"].count("/") == 2 else params["GroupARN"]
        if name is None or name == "Default":
            return lambda traced: True
        group = await self._repository.group(Place(ctx.account, ctx.region), name)
        if group is None:
            raise errors.no_such_group(name)
        return filter_of(group.filter)

    async def _found(self, ctx: Context, params: Params, test: Test) -> list[Traced]:
        start, end = params["StartTime"].timestamp(), params["EndTime"].timestamp()
        if start >= end:
            raise errors.invalid("StartTime must be before EndTime.")
        if end - start > limits.LONGEST_SECONDS:
            raise errors.too_long()
        found = await self._store.traces(ctx.account, ctx.region, start, end)
        # There may be many: others go on meanwhile.
        return await asyncio.to_thread(_matching, found, test)


def _over_time(found: Sequence[Traced], period: int) -> list[dict[str, Any]]:
    periods: dict[int, list[Traced]] = {}
    for traced in found:
        periods.setdefault(int(traced.start // period) * period, []).append(traced)
    shown: list[dict[str, Any]] = []
    for start, traces in sorted(periods.items()):
        statistics, histogram = Graph(traces).totals()
        shown.append({"Timestamp": start, "ServiceSummaryStatistics": statistics, "ResponseTimeHistogram": histogram})
    return shown


def _matching(found: Mapping[str, Sequence[Segment]], test: Test) -> list[Traced]:
    return [traced for trace, segments in found.items() if test(traced := summed(trace, segments))]


def filter_of(text: str, groups: Mapping[str, str] = {}) -> Test:
    """A filter expression; `groups` are others' by name and ARN. Raises ApiError."""
    try:
        return parse(text, groups)
    except BadFilter as bad:
        raise errors.bad_filter(str(bad)) from None


def _shown(traced: Traced) -> dict[str, Any]:
    return {
        "Id": traced.id,
        "StartTime": traced.start,
        "Duration": traced.duration,
        "ResponseTime": traced.response,
        "HasFault": traced.fault,
        "HasError": traced.error,
        "HasThrottle": traced.throttle,
        "IsPartial": traced.partial,
        "Http": dict(traced.http),
        "Annotations": {
            key: [{"AnnotationValue": _value(value), "ServiceIds": [_service(of)]} for value, of in values]
            for key, values in traced.annotations.items()
        },
        "Users": [
            {"UserName": user, "ServiceIds": [_service(each) for each in nodes]} for user, nodes in traced.users.items()
        ],
        "ServiceIds": [_service(each) for each in traced.nodes],
        "ResourceARNs": [
            {"ARN": arn}
            for arn in dict.fromkeys(segment.fields.get("resource_arn") for segment in traced.segments)
            if isinstance(arn, str)
        ],
        **({} if traced.entry is None else {"EntryPoint": _service(traced.entry)}),
        "Revision": len(traced.segments),
    }


def _service(of: Node) -> dict[str, Any]:
    shown: dict[str, Any] = {"Name": of.name, "Names": [of.name]}
    return shown | ({"Type": of.kind} if of.kind else {}) | ({"AccountId": of.account} if of.account else {})


def _value(value: str | float | bool) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BooleanValue": value}
    return {"StringValue": value} if isinstance(value, str) else {"NumberValue": float(value)}
