"""What CloudWatch Logs keeps about groups, besides their events. Times in milliseconds since the epoch."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """What was said about a group. That it is there, and since when, its files tell."""

    retention_days: int | None = None
    tags: dict[str, str] = {}
    protected: bool = False


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Events of `group` that match go to the function `destination`, or in a `role` to a Kinesis stream."""

    group: str
    name: str
    pattern: str
    destination: str
    made_ms: int
    distribution: str = "ByLogStream"
    role: str = ""


class MetricFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Events of `group` that match give a value of a metric. `value` is a number, or a selector (`$.bytes`)."""

    group: str
    name: str
    pattern: str
    made_ms: int
    metric: str
    namespace: str
    value: str
    unit: str = "None"
    default: float | None = None
    dimensions: dict[str, str] = {}


class QueryDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A query that somebody wants to ask again."""

    id: str
    name: str
    text: str
    groups: tuple[str, ...]
    modified_ms: int


class ResourcePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Who else may write: to `resource` (a group's ARN), or to all groups of the account if that is empty."""

    name: str
    document: str
    modified_ms: int
    resource: str = ""
    revision: str = ""


class ExportTask(msgspec.Struct, frozen=True, kw_only=True):
    """Events of a time that are written to a bucket."""

    id: str
    name: str
    group: str
    prefix: str
    from_ms: int
    to_ms: int
    bucket: str
    key: str
    made_ms: int
    status: str = "PENDING"
    message: str = ""
    ended_ms: int = 0
