"""What is kept of alarms and dashboards. Times in seconds since the epoch."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class AlarmState(StrEnum):
    """How an alarm stands."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT = "INSUFFICIENT_DATA"


class HistoryItem(msgspec.Struct, frozen=True):
    """Something that happened to an alarm. `kind` is AWS's: ConfigurationUpdate, StateUpdate, Action."""

    at: float
    kind: str
    summary: str
    data: str


class Alarm(msgspec.Struct, frozen=True):
    """An alarm over a metric, or over other alarms (`rule`). `settings` are as they were asked for, by the names of
    PutMetricAlarm or PutCompositeAlarm."""

    account: str
    region: str
    name: str
    settings: dict[str, Any]
    rule: str | None
    configured: float
    tags: dict[str, str] = {}
    state: AlarmState = AlarmState.INSUFFICIENT
    reason: str = "Unchecked: Initial alarm creation"
    reason_data: str = ""
    updated: float = 0.0
    transitioned: float = 0.0

    @property
    def arn(self) -> str:
        """AWS's form."""
        return f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm:{self.name}"

    @property
    def kind(self) -> str:
        """AWS's name for the kind."""
        return "MetricAlarm" if self.rule is None else "CompositeAlarm"


class Dashboard(msgspec.Struct, frozen=True):
    """A dashboard; `body` is its JSON text."""

    account: str
    name: str
    body: str
    modified: float
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """AWS's form: dashboards are of no region."""
        return f"arn:aws:cloudwatch::{self.account}:dashboard/{self.name}"
