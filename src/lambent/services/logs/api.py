"""CloudWatch Logs put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lambent.services.logs.archive import Archive
from lambent.services.logs.events import Events
from lambent.services.logs.exports import Exports
from lambent.services.logs.groups import Forget, Groups
from lambent.services.logs.live_tail import LiveTail
from lambent.services.logs.metric_filters import MetricFilters
from lambent.services.logs.queries import Queries
from lambent.services.logs.query_definitions import QueryDefinitions
from lambent.services.logs.resource_policies import ResourcePolicies
from lambent.services.logs.streams import Streams
from lambent.services.logs.subscriptions import Subscriptions
from lambent.services.logs.tags import Tags
from lambent.services.operation import Operation, operations

RESOURCES: tuple[type, ...] = (
    Groups,
    Streams,
    Events,
    Tags,
    Subscriptions,
    MetricFilters,
    LiveTail,
    Queries,
    QueryDefinitions,
    Exports,
    ResourcePolicies,
)
"""The classes whose methods are the service's operations."""


class LogsApi:
    """`operations` by name. What is handed in is the caller's to open and close."""

    def __init__(
        self,
        archive: Archive,
        *,
        forget: Sequence[Forget],
        subscriptions: Subscriptions,
        metric_filters: MetricFilters,
        live_tail: LiveTail,
        queries: Queries,
        exports: Exports,
    ) -> None:
        self.operations: Mapping[str, Operation] = operations(
            Groups(archive, forget),
            Streams(archive),
            Events(archive),
            Tags(archive),
            subscriptions,
            metric_filters,
            live_tail,
            queries,
            QueryDefinitions(archive),
            exports,
            ResourcePolicies(archive),
        )
