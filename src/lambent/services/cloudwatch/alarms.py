"""Alarms: put, told, switched, tried out, deleted."""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.cloudwatch import alarm_checks, errors, pages
from lambent.services.cloudwatch.alarm_rule import BadRule, ParsedRule
from lambent.services.cloudwatch.alarm_shown import described
from lambent.services.cloudwatch.alarm_watch import AlarmWatch
from lambent.services.cloudwatch.data import dimensions
from lambent.services.cloudwatch.records import Alarm, AlarmState, HistoryItem
from lambent.services.cloudwatch.repository import Repository
from lambent.services.operation import Params, Result, operation

_DEFAULTS: dict[str, Any] = {"ActionsEnabled": True}
_KINDS = ("MetricAlarm", "CompositeAlarm")


class Alarms:
    """PutMetricAlarm, PutCompositeAlarm, DescribeAlarms, DescribeAlarmsForMetric, DescribeAlarmHistory, DeleteAlarms,
    EnableAlarmActions, DisableAlarmActions, SetAlarmState."""

    def __init__(self, repository: Repository, watch: AlarmWatch) -> None:
        self._repository = repository
        self._watch = watch

    @operation("PutMetricAlarm")
    async def put(self, ctx: Context, params: Params) -> Result:
        """Make or replace an alarm; it keeps its state."""
        alarm_checks.check_metric_alarm(_at(ctx), params)
        await self._put(ctx, params, None)
        return {}

    @operation("PutCompositeAlarm")
    async def put_composite(self, ctx: Context, params: Params) -> Result:
        """Make or replace an alarm over others, which must be there."""
        alarm_checks.check_common(params)
        name = params["AlarmName"]
        for other in sorted(_parsed(params["AlarmRule"]).names):
            found = await self._repository.alarm(_at(ctx), other)
            if other == name or (found is not None and name in await self._looks_at(_at(ctx), other)):
                raise errors.bad_rule(f"it looks at itself through {other}")
            if found is None:
                raise errors.bad_rule(f"the alarm {other} does not exist")
        await self._put(ctx, params, params["AlarmRule"])
        return {}

    @operation("DescribeAlarms")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """Alarms by what they are and how they stand; metric alarms alone unless other kinds are asked for."""
        if "AlarmNames" in params and "AlarmNamePrefix" in params:
            raise errors.combination("AlarmNames and AlarmNamePrefix must not be given together.")
        kinds = params.get("AlarmTypes") or ["MetricAlarm"]
        found = await self._repository.alarms(_at(ctx), params.get("AlarmNamePrefix", ""))
        if (parent := params.get("ChildrenOfAlarmName")) is not None:
            names = await self._looks_at(_at(ctx), parent, once=True)
            found, kinds = [alarm for alarm in found if alarm.name in names], list(_KINDS)
        if (child := params.get("ParentsOfAlarmName")) is not None:
            found = [alarm for alarm in found if alarm.rule and child in _parsed(alarm.rule).names]
            kinds = list(_KINDS)
        matching = [alarm for alarm in found if alarm.kind in kinds and _wanted(alarm, params)]
        page, token = pages.page(matching, params.get("NextToken"), params.get("MaxRecords", 50))
        return {
            "MetricAlarms": [described(alarm) for alarm in page if alarm.rule is None],
            "CompositeAlarms": [described(alarm) for alarm in page if alarm.rule is not None],
            **({"NextToken": token} if token else {}),
        }

    @operation("DescribeAlarmsForMetric")
    async def for_metric(self, ctx: Context, params: Params) -> Result:
        """The alarms that look at one metric."""
        wanted = {name: value for name, value in params.items() if name != "Dimensions"}
        asked = dimensions(params.get("Dimensions", []))
        found = [
            alarm
            for alarm in await self._repository.alarms(_at(ctx))
            if all(alarm.settings.get(name) == value for name, value in wanted.items())
            and dimensions(alarm.settings.get("Dimensions", [])) == asked
        ]
        return {"MetricAlarms": [described(alarm) for alarm in found]}

    @operation("DescribeAlarmHistory")
    async def history(self, ctx: Context, params: Params) -> Result:
        """What has happened, the newest first unless asked otherwise."""
        if "AlarmContributorId" in params:
            raise errors.unsupported("AlarmContributorId", "alarms have no contributors")
        start = params["StartDate"].timestamp() if "StartDate" in params else 0.0
        end = params["EndDate"].timestamp() if "EndDate" in params else float("inf")
        kinds = params.get("AlarmTypes")
        composite = {alarm.name for alarm in await self._repository.alarms(_at(ctx)) if alarm.rule is not None}
        items = [
            {
                "AlarmName": name,
                "AlarmType": kind,
                "Timestamp": item.at,
                "HistoryItemType": item.kind,
                "HistorySummary": item.summary,
                "HistoryData": item.data,
            }
            for name, item in await self._repository.history(_at(ctx), params.get("AlarmName"))
            if start <= item.at <= end
            and params.get("HistoryItemType", item.kind) == item.kind
            and (kind := "CompositeAlarm" if name in composite else "MetricAlarm") in (kinds or (kind,))
        ]
        if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            items.reverse()
        page, token = pages.page(items, params.get("NextToken"), params.get("MaxRecords", 100))
        return {"AlarmHistoryItems": page, **({"NextToken": token} if token else {})}

    @operation("DeleteAlarms")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete alarms; those that are not there do not matter. One that another looks at stays."""
        names = params["AlarmNames"]
        found = [alarm for name in names if (alarm := await self._repository.alarm(_at(ctx), name)) is not None]
        for other in await self._repository.alarms(_at(ctx)):
            if other.rule is not None and other.name not in names:
                for name in sorted(_parsed(other.rule).names & set(names)):
                    raise errors.in_use(name, other.name)
        await self._repository.delete(_at(ctx), [alarm.name for alarm in found])
        for alarm in found:
            self._watch.forget(alarm)
        return {}

    @operation("EnableAlarmActions")
    async def enable(self, ctx: Context, params: Params) -> Result:
        """Let alarms act again."""
        return await self._switch(ctx, params, on=True)

    @operation("DisableAlarmActions")
    async def disable(self, ctx: Context, params: Params) -> Result:
        """Let alarms change without acting."""
        return await self._switch(ctx, params, on=False)

    @operation("SetAlarmState")
    async def set_state(self, ctx: Context, params: Params) -> Result:
        """Bring an alarm to a state, to try out its actions; it is looked at again when it is due."""
        alarm = await self._repository.alarm(_at(ctx), params["AlarmName"])
        if alarm is None:
            raise errors.no_such_alarm(params["AlarmName"])
        state = AlarmState(params["StateValue"])
        await self._watch.set(alarm, state, params["StateReason"], params.get("StateReasonData", ""))
        return {}

    async def _put(self, ctx: Context, params: Params, rule: str | None) -> None:
        name, now = params["AlarmName"], ctx.clock.now()
        old = await self._repository.alarm(_at(ctx), name)
        tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}
        settings = {**_DEFAULTS, **{key: value for key, value in params.items() if key != "Tags"}}
        if old is None:
            alarm = Alarm(ctx.account, ctx.region, name, settings, rule, now, tags=tags, updated=now, transitioned=now)
        else:
            if (old.rule is None) != (rule is None):
                raise errors.validation(f"An alarm of another type has the name {name}.")
            alarm = msgspec.structs.replace(old, settings=settings, rule=rule, configured=now)
        what = "created" if old is None else "updated"
        await self._repository.keep(alarm, HistoryItem(now, "ConfigurationUpdate", f'Alarm "{name}" {what}', "{}"))
        self._watch.watch(alarm)

    async def _switch(self, ctx: Context, params: Params, *, on: bool) -> Result:
        for name in params["AlarmNames"]:
            if (alarm := await self._repository.alarm(_at(ctx), name)) is not None:
                await self._repository.keep(
                    msgspec.structs.replace(alarm, settings={**alarm.settings, "ActionsEnabled": on})
                )
        return {}

    async def _looks_at(self, at: Place, name: str, *, once: bool = False) -> set[str]:
        """The alarms that a composite alarm looks at; unless `once`, through others, too."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            alarm = await self._repository.alarm(at, waiting.pop())
            if alarm is None or alarm.rule is None:
                continue
            new = _parsed(alarm.rule).names - seen
            seen |= new
            if once:
                break
            waiting += new
        return seen


def _at(ctx: Context) -> Place:
    return Place(ctx.account, ctx.region)


def _parsed(rule: str) -> ParsedRule:
    try:
        return ParsedRule(rule)
    except BadRule as bad:
        raise errors.bad_rule(str(bad)) from None


def _wanted(alarm: Alarm, params: Params) -> bool:
    if "AlarmNames" in params and alarm.name not in params["AlarmNames"]:
        return False
    if params.get("StateValue", alarm.state.value) != alarm.state.value:
        return False
    prefix = params.get("ActionPrefix")
    every = [
        arn for kind in ("OKActions", "AlarmActions", "InsufficientDataActions") for arn in alarm.settings.get(kind, ())
    ]
    return prefix is None or any(arn.startswith(prefix) for arn in every)
