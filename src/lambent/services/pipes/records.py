"""Pipes as they are stored. Times in seconds since the epoch."""

from __future__ import annotations

from typing import Any

import msgspec

RUNNING, STOPPED, DELETED = "RUNNING", "STOPPED", "DELETED"
"""What may be desired."""


class Pipe(msgspec.Struct, frozen=True, kw_only=True):
    """A pipe. Parameters are as the model has them; `enrichment` may be empty.

    `desired` is what was asked for, `current` where the pipe stands; what ends in -ING ends by itself, but for RUNNING.
    `generation` grows with every change that somebody asks for.
    """

    account: str
    region: str
    name: str
    source: str
    target: str
    role: str
    desired: str
    current: str
    created: float
    modified: float
    enrichment: str = ""
    description: str = ""
    reason: str = ""
    source_parameters: dict[str, Any] = {}
    enrichment_parameters: dict[str, Any] = {}
    target_parameters: dict[str, Any] = {}
    tags: dict[str, str] = {}
    generation: int = 0

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:pipes:{self.region}:{self.account}:pipe/{self.name}"

    @property
    def settled(self) -> bool:
        """Whether nothing is being done about it."""
        return self.current in (RUNNING, STOPPED) or self.current.endswith("_FAILED")
