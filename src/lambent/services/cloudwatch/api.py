"""CloudWatch put together."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.observe.metrics.store import MetricStore
from lambent.services.cloudwatch.alarm_watch import AlarmWatch
from lambent.services.cloudwatch.alarms import Alarms
from lambent.services.cloudwatch.dashboards import Dashboards
from lambent.services.cloudwatch.data import Data
from lambent.services.cloudwatch.reading import Reading
from lambent.services.cloudwatch.repository import Repository
from lambent.services.cloudwatch.tagging import Tagging
from lambent.services.operation import Operation, operations

RESOURCES: tuple[type, ...] = (Data, Reading, Alarms, Dashboards, Tagging)
"""The classes whose methods are the service's operations."""


class CloudWatchApi:
    """`operations` by name. `watch` is the caller's to open and close."""

    def __init__(self, store: MetricStore, repository: Repository, watch: AlarmWatch) -> None:
        self.operations: Mapping[str, Operation] = operations(
            Data(store), Reading(store), Alarms(repository, watch), Dashboards(repository), Tagging(repository)
        )
