"""From a request to a schedule: what the model cannot say of it."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import msgspec

from lambent.context import Context
from lambent.schedules.errors import Malformed, UnknownZone
from lambent.schedules.expressions import Dialect, parse
from lambent.schedules.occurrences import zone
from lambent.services.operation import Params
from lambent.services.scheduler import errors, limits, targets, unsupported
from lambent.services.scheduler.access import SERVICE, Trusts
from lambent.services.scheduler.records import DEFAULT_GROUP, Schedule


class Checks:
    """Makes schedules of requests. `trusts` None: every role will do (no authentication)."""

    def __init__(self, trusts: Trusts | None, reaches: targets.Reaches) -> None:
        self._trusts = trusts
        self._reaches = reaches

    async def schedule(self, ctx: Context, params: Params) -> Schedule:
        """The schedule that a request asks for, not begun yet. Raises ApiError."""
        unsupported.check(params)
        now, target = ctx.clock.now(), params["Target"]
        where = params.get("ScheduleExpressionTimezone") or "UTC"
        _check_expression(params["ScheduleExpression"], where)
        start, end = _seconds(params.get("StartDate")), _seconds(params.get("EndDate"))
        _check_dates(start, end, now)
        targets.check(target, self._reaches)
        dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn") or ""
        if dead_letters.endswith(".fifo"):
            raise errors.bad_dead_letter_queue()
        if self._trusts is not None and not await self._trusts(target["RoleArn"], SERVICE):
            raise errors.role_not_assumable()
        policy = {"MaximumEventAgeInSeconds": limits.EVENT_AGE_SECONDS, "MaximumRetryAttempts": limits.RETRIES}
        return Schedule(
            account=ctx.account,
            region=ctx.region,
            group=params.get("GroupName") or DEFAULT_GROUP,
            name=params["Name"],
            expression=params["ScheduleExpression"],
            zone=where,
            target=target | {"RetryPolicy": policy | (target.get("RetryPolicy") or {})},
            created=now,
            modified=now,
            anchor=now,
            cursor=now,
            serial=ctx.ids.hex(16),
            start=start,
            end=end,
            description=params.get("Description"),
            state=params.get("State") or "ENABLED",
            window_minutes=_window(params["FlexibleTimeWindow"]),
            after_completion=params.get("ActionAfterCompletion") or "NONE",
            token=params.get("ClientToken") or "",
            request=_digest(params),
        )


def _check_expression(text: str, where: str) -> None:
    try:
        parse(text, Dialect.SCHEDULER)
    except Malformed:
        raise errors.bad_expression(text) from None
    try:
        zone(where)
    except UnknownZone:
        raise errors.bad_zone(where) from None


def _check_dates(start: float | None, end: float | None, now: float) -> None:
    if start is not None and start < now - limits.EARLIEST_START_SECONDS:
        raise errors.early_start()
    if end is not None and end <= now:
        raise errors.early_end()
    if start is not None and end is not None and end <= start:
        raise errors.end_before_start()


def _window(window: Params) -> int:
    """Minutes, 0 for none. Raises ApiError."""
    minutes = window.get("MaximumWindowInMinutes")
    if window["Mode"] == "OFF":
        if minutes is not None:
            raise errors.size_without_window()
        return 0
    if minutes is None:
        raise errors.window_without_size()
    return int(minutes)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _digest(params: Params) -> str:
    """The same for the same request, whatever its token."""
    told = {name: value for name, value in params.items() if name != "ClientToken"}
    return sha256(msgspec.json.encode(told, order="sorted")).hexdigest()
