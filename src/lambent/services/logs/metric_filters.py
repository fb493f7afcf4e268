"""Metric filters: what matches gives values of a metric (`metric_values`)."""

from __future__ import annotations

import re
from typing import Any

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.logs import errors, limits
from lambent.services.logs.archive import Archive, checked
from lambent.services.logs.metric_values import MetricValues
from lambent.services.logs.names import place
from lambent.services.logs.pages import page
from lambent.services.logs.patterns.pattern import Pattern
from lambent.services.logs.records import MetricFilter
from lambent.services.logs.repository import of_group
from lambent.services.logs.subscriptions import check_pattern
from lambent.services.operation import Params, Result, operation

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_DIMENSIONS = 3


class MetricFilters:
    """Put, described, deleted, tried."""

    def __init__(self, archive: Archive, values: MetricValues) -> None:
        self._archive = archive
        self._values = values

    @operation("PutMetricFilter")
    async def put(self, ctx: Context, params: Params) -> Result:
        """A new one, or another form of one."""
        group, name = await self._archive.group(ctx, params), params["filterName"]
        for option in ("applyOnTransformedLogs", "fieldSelectionCriteria", "emitSystemFieldDimensions"):
            if params.get(option):
                raise errors.unsupported(option, "events are not transformed")
        await check_pattern(self._archive, group, f"m:{name}", params["filterPattern"])
        known = await self._archive.repository.all(MetricFilter, place(group), f"{group.name}:")
        key = of_group(group.name, name)
        if key not in known and len(known) >= limits.METRIC_FILTERS:
            raise errors.over_limit("metric filters")
        (form,) = params["metricTransformations"]
        _check_form(form, checked(params["filterPattern"]))
        made = MetricFilter(
            group=group.name,
            name=name,
            pattern=params["filterPattern"],
            made_ms=int(ctx.clock.now() * 1000),
            metric=form["metricName"],
            namespace=form["metricNamespace"],
            value=form["metricValue"],
            unit=form.get("unit", "None"),
            default=form.get("defaultValue"),
            dimensions=form.get("dimensions") or {},
        )
        await self._archive.repository.put(place(group), key, made)
        await self._values.changed(group)
        return {}

    @operation("DescribeMetricFilters")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """A group's, or those of a metric."""
        prefix, metric, namespace = (params.get(k) for k in ("filterNamePrefix", "metricName", "metricNamespace"))
        if metric is not None and namespace is None:
            raise errors.namespace_missing()
        at, start = Place(ctx.account, ctx.region), ""
        if params.get("logGroupName"):
            start = of_group((await self._archive.group(ctx, params)).name, "")
        found = [
            each
            for each in (await self._archive.repository.all(MetricFilter, at, start)).values()
            if each.name.startswith(prefix or "")
            and metric in (None, each.metric)
            and namespace in (None, each.namespace)
        ]
        return page(params, "metricFilters", found, lambda each: of_group(each.group, each.name), _shown)

    @operation("DeleteMetricFilter")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """One goes."""
        group = await self._archive.group(ctx, params)
        key = of_group(group.name, params["filterName"])
        if not await self._archive.repository.drop(MetricFilter, place(group), key):
            raise errors.gone("metric filter")
        await self._values.changed(group)
        return {}

    @operation("TestMetricFilter")
    async def try_out(self, ctx: Context, params: Params) -> Result:
        """Which of some messages a pattern matches, and what it draws out of them."""
        pattern = checked(params["filterPattern"])
        matches = []
        for number, message in enumerate(params["logEventMessages"], 1):
            if (drawn := pattern.match(message)) is not None:
                matches.append({"eventNumber": number, "eventMessage": message, "extractedValues": dict(drawn)})
        return {"matches": matches}


def _check_form(form: Params, pattern: Pattern) -> None:
    value, dimensions = form["metricValue"], form.get("dimensions") or {}
    if not _NUMBER.fullmatch(value) and not value.startswith("$"):
        raise errors.invalid(f"metricValue {value} is neither a number nor a selector.")
    if value.startswith("$") and not pattern.offers(value):
        raise errors.not_drawn("metricValue", value)
    if len(dimensions) > _DIMENSIONS:
        raise errors.invalid(f"A metric filter has at most {_DIMENSIONS} dimensions.")
    for selector in dimensions.values():
        if not pattern.offers(selector):
            raise errors.not_drawn("dimension", selector)
    if form["metricNamespace"].startswith("AWS/"):
        raise errors.reserved_namespace(form["metricNamespace"])
    if dimensions and form.get("defaultValue") is not None:
        raise errors.invalid("A metric filter with dimensions has no default value.")


def _shown(found: MetricFilter) -> dict[str, Any]:
    form: dict[str, Any] = {
        "metricName": found.metric,
        "metricNamespace": found.namespace,
        "metricValue": found.value,
        "unit": found.unit,
    }
    if found.default is not None:
        form["defaultValue"] = found.default
    if found.dimensions:
        form["dimensions"] = found.dimensions
    return {
        "filterName": found.name,
        "filterPattern": found.pattern,
        "logGroupName": found.group,
        "creationTime": found.made_ms,
        "metricTransformations": [form],
    }
