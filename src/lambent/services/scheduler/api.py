"""The Scheduler put together."""

from __future__ import annotations

from collections.abc import Mapping

from lambent.schedules.alarms import Alarms
from lambent.services.operation import Operation, operations
from lambent.services.scheduler.checks import Checks
from lambent.services.scheduler.groups import Groups
from lambent.services.scheduler.repository import Repository
from lambent.services.scheduler.schedules import Schedules

RESOURCES: tuple[type, ...] = (Schedules, Groups)
"""The classes whose methods are the service's operations."""


class SchedulerApi:
    """`operations` by name. `alarms` is the caller's to open and close."""

    def __init__(self, repository: Repository, checks: Checks, alarms: Alarms) -> None:
        self.operations: Mapping[str, Operation] = operations(
            Schedules(repository, checks, alarms), Groups(repository, alarms)
        )
