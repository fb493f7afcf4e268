"""What calls of the Scheduler need. Schedules have no policies; groups have tags."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from lambent.services.access import UNGUARDED, Guarded, Need, Place
from lambent.services.operation import Params
from lambent.services.scheduler.records import DEFAULT_GROUP
from lambent.services.scheduler.repository import Repository

SERVICE = "scheduler.amazonaws.com"
"""Who assumes the roles of schedules."""

Trusts = Callable[[str, str], Awaitable[bool]]
"""Whether a role (by ARN) exists and lets a service assume it."""

_OF_SCHEDULES = frozenset({"CreateSchedule", "GetSchedule", "UpdateSchedule", "DeleteSchedule"})


class SchedulerAccess:
    """How calls of the Scheduler are judged."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def needs(self, operation: str, at: Place, params: Params) -> Sequence[Need]:
        """The operation on its schedule or group; for a role that is passed, that too."""
        target = params.get("Target")
        role = target.get("RoleArn") if isinstance(target, dict) else None
        own = Need(f"scheduler:{operation}", _resource(operation, at, params), at.account, _tag_keys(params))
        if isinstance(role, str) and role:
            return own, Need("iam:PassRole", role, at.account, {"iam:passedtoservice": (SERVICE,)})
        return (own,)

    async def guard(self, need: Need) -> Guarded:
        """The tags of a group: of its own, and for its schedules."""
        parts = need.resource.split(":")
        if len(parts) != 6 or "/" not in parts[5]:
            return UNGUARDED
        group = await self._repository.group(Place(parts[4], parts[3]), parts[5].split("/")[1])
        return UNGUARDED if group is None or not group.tags else Guarded(tags=group.tags)


def _resource(operation: str, at: Place, params: Params) -> str:
    """The ARN of what a call is about; `*` for listings."""
    if isinstance(arn := params.get("ResourceArn"), str):
        return arn
    name = params.get("Name")
    if not isinstance(name, str):
        return "*"
    place = f"arn:aws:scheduler:{at.region}:{at.account}"
    if operation in _OF_SCHEDULES:
        return f"{place}:schedule/{params.get('GroupName') or DEFAULT_GROUP}/{name}"
    return f"{place}:schedule-group/{name}"


def _tag_keys(params: Params) -> dict[str, Sequence[str]]:
    """The condition keys of the tags that a call sets or takes away."""
    tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or () if isinstance(tag, dict) and len(tag) == 2}
    names = [*tags, *(params.get("TagKeys") or ())]
    keys: dict[str, Sequence[str]] = {f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.items()}
    return keys | ({"aws:tagkeys": names} if names else {})
