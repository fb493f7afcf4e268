"""An event: the envelope around somebody's detail, and its JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event. `detail` is the JSON that was given, as it was given; `time` in seconds since the epoch.

    `replay` names the replay that sent it. `came_by` is the ARN of the bus that sent it on.
    """

    id: str
    detail_type: str
    source: str
    account: str
    time: float
    region: str
    detail: str
    resources: tuple[str, ...] = ()
    replay: str | None = None
    came_by: str | None = None
    trace: str | None = None

    def encoded(self) -> bytes:
        """Its JSON, with the members in AWS's order."""
        return msgspec.json.encode(self._members(msgspec.Raw(self.detail.encode())))

    def tree(self) -> Mapping[str, Any]:
        """What patterns and paths look at."""
        return self._members(msgspec.json.decode(self.detail))

    def _members(self, detail: Any) -> dict[str, Any]:
        members = {
            "version": "0",
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": self.account,
            "time": stamp(self.time),
            "region": self.region,
            "resources": list(self.resources),
            "detail": detail,
        }
        return members if self.replay is None else {**members, "replay-name": self.replay}


def stamp(seconds: float) -> str:
    """A time as events tell it: `2026-11-28T17:35:00Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
