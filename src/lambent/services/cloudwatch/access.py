"""What calls of CloudWatch need: its metrics are guarded as a whole, alarms and dashboards one by one."""

from __future__ import annotations

from collections.abc import Sequence

from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.cloudwatch.records import Alarm, Dashboard
from lambent.services.cloudwatch.repository import Repository
from lambent.services.operation import Params


class CloudWatchAccess:
    """How calls are judged."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on each alarm or dashboard that it names, else on everything."""
        action = f"cloudwatch:{operation}"
        arns: list[str] = []
        if isinstance(name := params.get("DashboardName"), str):
            arns = [f"arn:aws:cloudwatch::{at.account}:dashboard/{name}"]
        elif isinstance(names := params.get("DashboardNames"), list):
            arns = [f"arn:aws:cloudwatch::{at.account}:dashboard/{each}" for each in names]
        elif isinstance(arn := params.get("ResourceARN"), str) and arn.startswith("arn:"):
            arns = [arn]
        else:
            named = params.get("AlarmNames") or [params.get("AlarmName")]
            arns = [
                f"arn:aws:cloudwatch:{at.region}:{at.account}:alarm:{each}" for each in named if isinstance(each, str)
            ]
        return [Need(action, arn, at.account) for arn in arns] or [Need(action, "*", at.account)]

    async def guard(self, need: Need) -> Guarded:
        """The tags of an alarm or a dashboard; neither has a policy."""
        parts = need.resource.split(":", 6)
        found: Alarm | Dashboard | None = None
        if len(parts) == 7 and parts[5] == "alarm":
            found = await self._repository.alarm(Place(parts[4], parts[3]), parts[6])
        elif len(parts) == 6 and parts[5].startswith("dashboard/"):
            found = await self._repository.dashboard(parts[4], parts[5].removeprefix("dashboard/"))
        return UNGUARDED if found is None else Guarded(None, found.tags)
