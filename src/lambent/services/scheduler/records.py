"""Schedules and groups as they are stored. Times in seconds since the epoch."""

from __future__ import annotations

from typing import Any

import msgspec

DEFAULT_GROUP = "default"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group of schedules. `created` 0: the default group, which nobody made. `token` is the creator's."""

    account: str
    region: str
    name: str
    created: float = 0.0
    modified: float = 0.0
    state: str = "ACTIVE"
    token: str = ""
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:scheduler:{self.region}:{self.account}:schedule-group/{self.name}"


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule. `target` as the model has it; `window_minutes` 0: no flexible window.

    A rate counts from `anchor`. Occurrences up to `cursor` have been dealt with. `request` is a digest of what was
    asked for with `token`, `serial` tells this schedule from others that had, or will have, its name.
    """

    account: str
    region: str
    group: str
    name: str
    expression: str
    zone: str
    target: dict[str, Any]
    created: float
    modified: float
    anchor: float
    cursor: float
    serial: str
    start: float | None = None
    end: float | None = None
    description: str | None = None
    state: str = "ENABLED"
    window_minutes: int = 0
    after_completion: str = "NONE"
    token: str = ""
    request: str = ""

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:scheduler:{self.region}:{self.account}:schedule/{self.group}/{self.name}"

    @property
    def event_age_seconds(self) -> int:
        """For how long an execution is tried."""
        return int((self.target.get("RetryPolicy") or {}).get("MaximumEventAgeInSeconds", 86_400))
