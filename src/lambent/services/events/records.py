"""Buses, rules, archives and replays as they are stored. Times in seconds since the epoch."""

from __future__ import annotations

import msgspec

DEFAULT = "default"
"""The bus that every account has in every region."""


class Bus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event bus. `policy` is its document; `dead_letters` the ARN of a queue."""

    name: str
    account: str
    region: str
    created: float = 0.0
    modified: float = 0.0
    description: str | None = None
    policy: str | None = None
    dead_letters: str | None = None
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:events:{self.region}:{self.account}:event-bus/{self.name}"


class Target(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a rule sends events. At most one of `input` (JSON), `path` and `template` (with its `variables`)."""

    id: str
    arn: str
    role: str | None = None
    input: str | None = None
    path: str | None = None
    template: str | None = None
    variables: dict[str, str] = {}
    group: str | None = None
    attempts: int | None = None
    age: int | None = None
    dead_letters: str | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule with its targets. `managed_by` names the service that made it, which alone may change it; `archive` is
    the name by which the shelf knows the archive that did."""

    name: str
    bus: str
    account: str
    region: str
    created_by: str
    pattern: str | None = None
    schedule: str | None = None
    enabled: bool = True
    description: str | None = None
    role: str | None = None
    managed_by: str | None = None
    tags: dict[str, str] = {}
    targets: tuple[Target, ...] = ()
    archive: str | None = None
    changed: float = 0.0
    """When the schedule, or whether it is enabled, was set: from then on `rate` counts."""

    @property
    def arn(self) -> str:
        """Its ARN."""
        path = self.name if self.bus == DEFAULT else f"{self.bus}/{self.name}"
        return f"arn:aws:events:{self.region}:{self.account}:rule/{path}"


class Archive(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An archive of the events of `bus` (an ARN). `days` 0: they are kept for good. `generation` tells it from one of
    the same name that was there before."""

    name: str
    account: str
    region: str
    bus: str
    generation: str
    created: float
    description: str | None = None
    pattern: str | None = None
    days: int = 0

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:events:{self.region}:{self.account}:archive/{self.name}"


class Replay(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A replay of the events of `archive` (an ARN) from `first` to `last`, to `bus` (an ARN) or some of its rules.
    `position` is the number of the last archived event that was replayed, `reached` its time."""

    name: str
    account: str
    region: str
    archive: str
    bus: str
    first: float
    last: float
    started: float
    state: str = "STARTING"
    why: str | None = None
    description: str | None = None
    rules: tuple[str, ...] = ()
    ended: float | None = None
    reached: float | None = None
    position: int = 0

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:events:{self.region}:{self.account}:replay/{self.name}"
