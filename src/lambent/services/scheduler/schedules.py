"""Schedules: made, shown, changed, listed, deleted. What they do when they are due is `timekeeper`'s."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.schedules.alarms import Alarms
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.scheduler import errors, limits, pages, render, timing
from lambent.services.scheduler.checks import Checks
from lambent.services.scheduler.groups import DELETING
from lambent.services.scheduler.records import DEFAULT_GROUP, Schedule
from lambent.services.scheduler.repository import AT_ONCE, Kept, Repository, key_of
from lambent.store.base import Conflict

_SEPARATOR = "/"


class Schedules:
    """CreateSchedule, GetSchedule, UpdateSchedule, DeleteSchedule, ListSchedules."""

    def __init__(self, repository: Repository, checks: Checks, alarms: Alarms) -> None:
        self._repository = repository
        self._checks = checks
        self._alarms = alarms

    @operation("CreateSchedule")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a schedule; the same token and request make the same one."""
        at = Place(ctx.account, ctx.region)
        asked = await self._checks.schedule(ctx, params)
        await self._check_group(at, asked.group)
        kept = await self._repository.schedule(at, asked.group, asked.name)
        if kept is not None:
            return _again(kept.schedule, asked)
        if await self._repository.count(at, "schedule") >= limits.SCHEDULES:
            raise errors.quota("schedules", limits.SCHEDULES)
        made = timing.begun(asked, ctx.clock.now())
        try:
            await self._repository.put(made)
        except Conflict:
            raise errors.schedule_exists(made.name) from None
        try:
            await self._check_group(at, made.group)
        except ApiError:  # it went meanwhile, perhaps without having seen this schedule
            await self._repository.drop([made])
            raise
        self._alarms.set(key_of(made), timing.due(made))
        return {"ScheduleArn": made.arn}

    @operation("GetSchedule")
    async def get(self, ctx: Context, params: Params) -> Result:
        """A schedule."""
        return render.schedule((await self._kept(ctx, params)).schedule)

    @operation("UpdateSchedule")
    async def update(self, ctx: Context, params: Params) -> Result:
        """Replace a schedule: what the request leaves out is as if it had never been set."""
        asked = await self._checks.schedule(ctx, params)
        kept = await self._kept(ctx, params)
        changed = timing.going_on(asked, kept.schedule, ctx.clock.now())
        changed = msgspec.structs.replace(
            changed,
            created=kept.schedule.created,
            token=kept.schedule.token,
            request=kept.schedule.request,
        )
        try:
            await self._repository.put(changed, kept)
        except Conflict:
            raise errors.changed_meanwhile(f"Schedule {changed.name}") from None
        self._alarms.set(key_of(changed), timing.due(changed))
        return {"ScheduleArn": changed.arn}

    @operation("DeleteSchedule")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a schedule. What it has begun goes on."""
        schedule = (await self._kept(ctx, params)).schedule
        await self._repository.drop([schedule])
        self._alarms.set(key_of(schedule), None)
        return {}

    @operation("ListSchedules")
    async def list_schedules(self, ctx: Context, params: Params) -> Result:
        """A page of schedules, of one group or of all."""
        at, group, size = Place(ctx.account, ctx.region), params.get("GroupName") or "", pages.size(params)
        if group:
            await self._check_group(at, group, deleting=True)
        after = tuple(pages.position(params).split(_SEPARATOR, 1))
        found: list[Schedule] = []
        position: tuple[str, str] | None = (after[0], after[1]) if len(after) == 2 else None
        while len(found) <= size:
            page = await self._repository.schedules(at, group, after=position)
            found += [each for each in page if _wanted(each, params)]
            if len(page) < AT_ONCE:
                break
            position = page[-1].group, page[-1].name
        result: dict[str, Any] = {"Schedules": [render.summary(each) for each in found[:size]]}
        if len(found) > size:
            last = found[size - 1]
            result["NextToken"] = pages.token(f"{last.group}{_SEPARATOR}{last.name}")
        return result

    async def _kept(self, ctx: Context, params: Params) -> Kept:
        at, group = Place(ctx.account, ctx.region), params.get("GroupName") or DEFAULT_GROUP
        kept = await self._repository.schedule(at, group, params["Name"])
        if kept is None:
            raise errors.no_such_schedule(params["Name"])
        return kept

    async def _check_group(self, at: Place, name: str, *, deleting: bool = False) -> None:
        group = await self._repository.group(at, name)
        if group is None:
            raise errors.no_such_group(name)
        if group.state == DELETING and not deleting:
            raise errors.group_deleting(name)


def _again(known: Schedule, asked: Schedule) -> Result:
    """A request for a schedule that is there: answered as before if it is the same request."""
    if asked.token and (known.token, known.request) == (asked.token, asked.request):
        return {"ScheduleArn": known.arn}
    raise errors.schedule_exists(asked.name)


def _wanted(schedule: Schedule, params: Params) -> bool:
    state = params.get("State")
    return schedule.name.startswith(params.get("NamePrefix") or "") and state in (None, schedule.state)
