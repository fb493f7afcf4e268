"""Subscription filters: what matches goes to a function or a stream. `deliveries` does the sending."""

from __future__ import annotations

from typing import Any

from lambent.context import Context
from lambent.observe.log_names import Group
from lambent.services.logs import errors, limits
from lambent.services.logs.archive import Archive, checked
from lambent.services.logs.deliveries import Deliveries
from lambent.services.logs.destinations import Destinations
from lambent.services.logs.names import place
from lambent.services.logs.pages import page
from lambent.services.logs.progress import Progress
from lambent.services.logs.records import MetricFilter, Subscription
from lambent.services.logs.repository import of_group
from lambent.services.operation import Params, Result, operation


class Subscriptions:
    """Put, described, deleted."""

    def __init__(self, archive: Archive, deliveries: Deliveries, destinations: Destinations) -> None:
        self._archive = archive
        self._deliveries = deliveries
        self._destinations = destinations

    @operation("PutSubscriptionFilter")
    async def put(self, ctx: Context, params: Params) -> Result:
        """A new one, or another form of one. From now on what matches is sent."""
        group, name, destination = (
            await self._archive.group(ctx, params),
            params["filterName"],
            params["destinationArn"],
        )
        for option in ("applyOnTransformedLogs", "fieldSelectionCriteria", "emitSystemFields"):
            if params.get(option):
                raise errors.unsupported(option, "events are not transformed")
        await check_pattern(self._archive, group, f"s:{name}", params["filterPattern"])
        known = await self._archive.repository.all(Subscription, place(group), f"{group.name}:")
        key = of_group(group.name, name)
        if key not in known and len(known) >= limits.SUBSCRIPTIONS:
            raise errors.over_limit("subscription filters")
        subscription = Subscription(
            group=group.name,
            name=name,
            pattern=params["filterPattern"],
            destination=destination,
            made_ms=known[key].made_ms if key in known else int(ctx.clock.now() * 1000),
            distribution=params.get("distribution", "ByLogStream"),
            role=params.get("roleArn", ""),
        )
        await self._destinations.check(group, subscription, int(ctx.clock.now() * 1000))
        await self._archive.repository.put(place(group), key, subscription)
        self._deliveries.begin(group, subscription)
        return {}

    @operation("DescribeSubscriptionFilters")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """A group's."""
        group = await self._archive.group(ctx, params)
        prefix = of_group(group.name, params.get("filterNamePrefix", ""))
        found = await self._archive.repository.all(Subscription, place(group), prefix)
        return page(params, "subscriptionFilters", [*found.values()], lambda each: each.name, _shown)

    @operation("DeleteSubscriptionFilter")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """One goes; nothing more is sent."""
        group = await self._archive.group(ctx, params)
        key = of_group(group.name, params["filterName"])
        if not await self._archive.repository.drop(Subscription, place(group), key):
            raise errors.gone("subscription filter")
        await self._deliveries.end(group, params["filterName"])
        await Progress(self._archive.repository, group, params["filterName"]).retain(())
        return {}


async def check_pattern(archive: Archive, group: Group, name: str, pattern: str) -> None:
    """A filter's pattern; few filters of a group may have regular expressions. Raises ApiError."""
    if not checked(pattern).regexes:
        return
    at, prefix = place(group), f"{group.name}:"
    subscriptions = (await archive.repository.all(Subscription, at, prefix)).values()
    metric_filters = (await archive.repository.all(MetricFilter, at, prefix)).values()
    known = {f"s:{each.name}": each.pattern for each in subscriptions}
    known |= {f"m:{each.name}": each.pattern for each in metric_filters}
    others = sum(checked(text).regexes > 0 for other, text in known.items() if other != name)
    if others >= limits.REGEX_FILTERS:
        raise errors.over_limit("filters with regular expressions")


def _shown(subscription: Subscription) -> dict[str, Any]:
    return {
        "filterName": subscription.name,
        "logGroupName": subscription.group,
        "filterPattern": subscription.pattern,
        "destinationArn": subscription.destination,
        "distribution": subscription.distribution,
        "creationTime": subscription.made_ms,
        **({"roleArn": subscription.role} if subscription.role else {}),
    }
