"""What EventBridge shows of its resources."""

from __future__ import annotations

from typing import Any

from lambent.services.events.records import Archive, Bus, Replay, Rule, Target


def bus(found: Bus) -> dict[str, Any]:
    """A bus, as listings and DescribeEventBus show it."""
    shown: dict[str, Any] = {"Name": found.name, "Arn": found.arn}
    if found.created:
        shown |= {"CreationTime": found.created, "LastModifiedTime": found.modified}
    return shown | _given(Description=found.description, Policy=found.policy)


def bus_options(found: Bus) -> dict[str, Any]:
    """What a bus was told, besides its name."""
    shown = _given(Description=found.description)
    return shown | ({} if found.dead_letters is None else {"DeadLetterConfig": {"Arn": found.dead_letters}})


def rule(found: Rule) -> dict[str, Any]:
    """A rule without its targets."""
    return {
        "Name": found.name,
        "Arn": found.arn,
        "State": "ENABLED" if found.enabled else "DISABLED",
        "EventBusName": found.bus,
    } | _given(
        EventPattern=found.pattern,
        ScheduleExpression=found.schedule,
        Description=found.description,
        RoleArn=found.role,
        ManagedBy=found.managed_by,
    )


def target(found: Target) -> dict[str, Any]:
    """A target, as it was put."""
    shown = {"Id": found.id, "Arn": found.arn} | _given(RoleArn=found.role, Input=found.input, InputPath=found.path)
    if found.template is not None:
        shown["InputTransformer"] = {"InputTemplate": found.template}
        if found.variables:
            shown["InputTransformer"]["InputPathsMap"] = dict(found.variables)
    if found.group is not None:
        shown["SqsParameters"] = {"MessageGroupId": found.group}
    if found.dead_letters is not None:
        shown["DeadLetterConfig"] = {"Arn": found.dead_letters}
    retries = _given(MaximumRetryAttempts=found.attempts, MaximumEventAgeInSeconds=found.age)
    return shown | ({"RetryPolicy": retries} if retries else {})


def archive(found: Archive, size: int, count: int) -> dict[str, Any]:
    """An archive, as listings show it, with how many bytes and events it holds."""
    return {
        "ArchiveName": found.name,
        "EventSourceArn": found.bus,
        "State": "ENABLED",
        "RetentionDays": found.days,
        "SizeBytes": size,
        "EventCount": count,
        "CreationTime": found.created,
    }


def archive_options(found: Archive) -> dict[str, Any]:
    """What DescribeArchive tells besides."""
    return {"ArchiveArn": found.arn} | _given(Description=found.description, EventPattern=found.pattern)


def replay(found: Replay) -> dict[str, Any]:
    """A replay, as listings show it."""
    return {
        "ReplayName": found.name,
        "EventSourceArn": found.archive,
        "State": found.state,
        "EventStartTime": found.first,
        "EventEndTime": found.last,
        "ReplayStartTime": found.started,
    } | _given(StateReason=found.why, EventLastReplayedTime=found.reached, ReplayEndTime=found.ended)


def replay_options(found: Replay) -> dict[str, Any]:
    """What DescribeReplay tells besides."""
    destination = {"Arn": found.bus} | ({"FilterArns": list(found.rules)} if found.rules else {})
    return {"ReplayArn": found.arn, "Destination": destination} | _given(Description=found.description)


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
