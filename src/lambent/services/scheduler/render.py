"""What the Scheduler answers."""

from __future__ import annotations

from typing import Any

from lambent.services.scheduler.records import Group, Schedule


def schedule(found: Schedule) -> dict[str, Any]:
    """A schedule, whole."""
    shown: dict[str, Any] = {
        "Arn": found.arn,
        "GroupName": found.group,
        "Name": found.name,
        "ScheduleExpression": found.expression,
        "ScheduleExpressionTimezone": found.zone,
        "State": found.state,
        "CreationDate": found.created,
        "LastModificationDate": found.modified,
        "Target": found.target,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": found.after_completion,
    }
    if found.window_minutes:
        shown["FlexibleTimeWindow"] = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": found.window_minutes}
    for member, value in (("StartDate", found.start), ("EndDate", found.end), ("Description", found.description)):
        if value is not None:
            shown[member] = value
    return shown


def summary(found: Schedule) -> dict[str, Any]:
    """A schedule in a listing."""
    return {
        "Arn": found.arn,
        "Name": found.name,
        "GroupName": found.group,
        "State": found.state,
        "CreationDate": found.created,
        "LastModificationDate": found.modified,
        "Target": {"Arn": found.target["Arn"]},
    }


def group(found: Group) -> dict[str, Any]:
    """A group."""
    shown: dict[str, Any] = {"Arn": found.arn, "Name": found.name, "State": found.state}
    if found.created:
        shown |= {"CreationDate": found.created, "LastModificationDate": found.modified}
    return shown


def tags(found: Group) -> list[dict[str, str]]:
    """The tags of a group."""
    return [{"Key": key, "Value": value} for key, value in found.tags.items()]
