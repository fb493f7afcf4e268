"""What is kept of groups and sampling rules. Times in seconds since the epoch."""

from __future__ import annotations

import msgspec

from lambent.observe.traces.sampling import DEFAULT_RATE, DEFAULT_RESERVOIR


class Group(msgspec.Struct, frozen=True):
    """Traces that a filter finds, under a name."""

    account: str
    region: str
    name: str
    id: str
    filter: str = ""
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """AWS's form."""
        return f"arn:aws:xray:{self.region}:{self.account}:group/{self.name}/{self.id}"


class Rule(msgspec.Struct, frozen=True):
    """A sampling rule; texts may hold `*` and `?`."""

    account: str
    region: str
    name: str
    created: float
    modified: float
    resource: str = "*"
    priority: int = 10_000
    rate: float = DEFAULT_RATE
    reservoir: int = DEFAULT_RESERVOIR
    service: str = "*"
    kind: str = "*"
    host: str = "*"
    method: str = "*"
    path: str = "*"
    attributes: dict[str, str] = {}
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """AWS's form."""
        return f"arn:aws:xray:{self.region}:{self.account}:sampling-rule/{self.name}"


DEFAULT = "Default"
"""The rule that is always there, and matches what no other does."""
