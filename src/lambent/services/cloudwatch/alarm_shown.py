"""Alarms as answers, topics and functions are shown them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from lambent.services.cloudwatch.records import Alarm, AlarmState, HistoryItem

_REGIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "eu-west-3": "EU (Paris)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-north-1": "EU (Stockholm)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "ap-south-1": "Asia Pacific (Mumbai)",
    "sa-east-1": "South America (Sao Paulo)",
    "ca-central-1": "Canada (Central)",
}
"""Regions by the names that mails about alarms use; others go by their code."""

_ACTION_OF = {
    AlarmState.OK: "OKActions",
    AlarmState.ALARM: "AlarmActions",
    AlarmState.INSUFFICIENT: "InsufficientDataActions",
}


def described(alarm: Alarm) -> dict[str, Any]:
    """For DescribeAlarms."""
    shown = {
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured,
        "StateValue": alarm.state.value,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": alarm.updated,
        "StateTransitionedTimestamp": alarm.transitioned,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
    }
    if alarm.rule is None and "Metrics" not in alarm.settings:
        shown["Dimensions"] = []
    if alarm.reason_data:
        shown["StateReasonData"] = alarm.reason_data
    return {**shown, **alarm.settings}


def actions(alarm: Alarm) -> list[str]:
    """Where it is told that the alarm has come to its state."""
    return list(alarm.settings[_ACTION_OF[alarm.state]]) if _ACTION_OF[alarm.state] in alarm.settings else []


def message(alarm: Alarm, before: AlarmState) -> tuple[str, str]:
    """(subject, body) for a topic."""
    region = _REGIONS.get(alarm.region, alarm.region)
    body = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.settings.get("AlarmDescription"),
        "AWSAccountId": alarm.account,
        "AlarmConfigurationUpdatedTimestamp": _stamp(alarm.configured),
        "NewStateValue": alarm.state.value,
        "NewStateReason": alarm.reason,
        "StateChangeTime": _stamp(alarm.updated),
        "Region": region,
        "AlarmArn": alarm.arn,
        "OldStateValue": before.value,
        "OKActions": alarm.settings.get("OKActions", []),
        "AlarmActions": alarm.settings.get("AlarmActions", []),
        "InsufficientDataActions": alarm.settings.get("InsufficientDataActions", []),
    }
    if alarm.rule is None:
        body["Trigger"] = _trigger(alarm.settings)
    else:
        body["AlarmRule"] = alarm.rule
    subject = f'{alarm.state.value}: "{alarm.name}" in {region}'
    return subject[:100], msgspec.json.encode(body).decode()


def event(alarm: Alarm, before: Alarm) -> bytes:
    """For a function."""
    return msgspec.json.encode(
        {
            "source": "aws.cloudwatch",
            "alarmArn": alarm.arn,
            "accountId": alarm.account,
            "time": _stamp(alarm.updated),
            "region": alarm.region,
            "alarmData": {
                "alarmName": alarm.name,
                "state": _state(alarm),
                "previousState": _state(before),
                "configuration": _configuration(alarm),
            },
        }
    )


def changed(alarm: Alarm, before: Alarm) -> HistoryItem:
    """A change of state, for the history."""
    data = {"version": "1.0", "oldState": _old(before), "newState": _old(alarm)}
    summary = f"Alarm updated from {before.state.value} to {alarm.state.value}"
    return HistoryItem(alarm.updated, "StateUpdate", summary, msgspec.json.encode(data).decode()[:4095])


def acted(at: float, target: str, failure: str | None) -> HistoryItem:
    """An action that was carried out, or could not be."""
    how = "Successfully executed" if failure is None else "Failed to execute"
    data: dict[str, Any] = {"actionState": "Succeeded" if failure is None else "Failed", "notificationResource": target}
    if failure is not None:
        data["error"] = failure
    return HistoryItem(at, "Action", f"{how} action {target}"[:255], msgspec.json.encode(data).decode()[:4095])


def _old(alarm: Alarm) -> dict[str, Any]:
    return {"stateValue": alarm.state.value, "stateReason": alarm.reason}


def _state(alarm: Alarm) -> dict[str, Any]:
    told = {"value": alarm.state.value, "reason": alarm.reason, "timestamp": _stamp(alarm.updated)}
    return told | ({"reasonData": alarm.reason_data} if alarm.reason_data else {})


def _configuration(alarm: Alarm) -> dict[str, Any]:
    settings = alarm.settings
    described = {"description": settings["AlarmDescription"]} if "AlarmDescription" in settings else {}
    if alarm.rule is not None:
        return described | {"alarmRule": alarm.rule}
    if "Metrics" in settings:
        return described | {"metrics": settings["Metrics"]}
    stat = {
        "metric": {
            "namespace": settings["Namespace"],
            "name": settings["MetricName"],
            "dimensions": {each["Name"]: each["Value"] for each in settings.get("Dimensions", [])},
        },
        "period": settings["Period"],
        "stat": settings.get("Statistic", settings.get("ExtendedStatistic")),
    }
    return described | {"metrics": [{"id": "m1", "metricStat": stat, "returnData": True}]}


def _trigger(settings: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "Period": settings.get("Period"),
        "EvaluationPeriods": settings["EvaluationPeriods"],
        "DatapointsToAlarm": settings.get("DatapointsToAlarm", settings["EvaluationPeriods"]),
        "ComparisonOperator": settings["ComparisonOperator"],
        "Threshold": settings["Threshold"],
        "TreatMissingData": settings.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": settings.get("EvaluateLowSampleCountPercentile", ""),
    }
    if "Metrics" in settings:
        return shown | {"Metrics": settings["Metrics"]}
    return shown | {
        "MetricName": settings["MetricName"],
        "Namespace": settings["Namespace"],
        "StatisticType": "Statistic" if "Statistic" in settings else "ExtendedStatistic",
        "Statistic": settings.get("Statistic", settings.get("ExtendedStatistic", "")).upper(),
        "Unit": settings.get("Unit"),
        "Dimensions": [{"value": each["Value"], "name": each["Name"]} for each in settings.get("Dimensions", [])],
    }


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
